"""This process's copy of the signing keys."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import orjson
from sqlalchemy import bindparam, or_, select

from idp.keys import claims as claim_checks
from idp.keys import rotation
from idp.keys.algorithms import ALGORITHMS, Sign, Verify, signer, verifier
from idp.keys.claims import SKEW
from idp.keys.compact import Compact, encode
from idp.keys.key_material import KeyMaterial
from idp.keys.rotation import KeyLife, State
from idp.keys.tables import signing_keys
from idp.keys.token_invalid import TokenInvalid
from idp.sealing import Keyring
from idp.storage import Database, Row, Statement, Unit
from idp.storage.lists import among

# What changes in the life of a key, and nothing that is large: read every second.
STANDING = Statement(
    select(*(column for column in signing_keys.c if column.name not in ("sealed_private_key", "public_jwk")))
    .where(or_(signing_keys.c.dead_at.is_(None), signing_keys.c.dead_at > bindparam("now")))
    .order_by(signing_keys.c.algorithm, signing_keys.c.generation)
)
MATERIAL = Statement(
    select(signing_keys.c.id, signing_keys.c.kid, signing_keys.c.algorithm, signing_keys.c.sealed_private_key).where(
        among(signing_keys.c.kid, "kids"), signing_keys.c.sealed_private_key.is_not(None)
    )
)

_ORDER = (State.SIGNING, State.NEXT, State.RETIRED)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key ready for use. `heads` are the encoded headers it has signed under, by `typ`."""

    kid: str
    algorithm: str
    jwk: Mapping[str, Any]
    sign: Sign = field(repr=False)
    verify: Verify = field(repr=False)
    heads: dict[str | None, bytes]

    @classmethod
    def of(cls, material: KeyMaterial) -> Self:
        jwk, private_key = material.public_jwk(), material.private_key
        return cls(
            kid=jwk["kid"],
            algorithm=material.algorithm,
            jwk=jwk,
            sign=signer(material.algorithm, private_key),
            verify=verifier(material.algorithm, private_key.public_key()),
            heads={},
        )

    def head(self, typ: str | None) -> bytes:
        found = self.heads.get(typ)
        if found is None:
            header = {"alg": self.algorithm, "kid": self.kid} | ({"typ": typ} if typ else {})
            found = self.heads[typ] = encode(orjson.dumps(header)) + b"."
        return found


@dataclass(frozen=True, slots=True)
class _InUse:
    """What one moment's rows mean. Replaced as a whole: units sign on other threads meanwhile."""

    signing: Mapping[str, _Key]
    published: Mapping[str, _Key]
    jwks: bytes


class SigningKeys:
    """Signs, verifies what we signed, and has the JWKS document. `refresh` follows the database."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._states: tuple[tuple[str, State], ...] | None = None
        self._in_use = _InUse({}, {}, b"")

    @classmethod
    async def load(
        cls, database: Database, keyring: Keyring, *, algorithms: Sequence[str] = ALGORITHMS, now: datetime
    ) -> Self:
        """Every key; algorithms that never had one get their first. Any number of workers may start at once."""
        if absent := await database.read(rotation.missing, algorithms):
            fresh = [await asyncio.to_thread(KeyMaterial.make, algorithm) for algorithm in absent]
            await database.run(rotation.add_first, keyring, fresh, now=now)
        keys = cls(keyring)
        await keys.refresh(database, now=now)
        return keys

    async def refresh(self, database: Database, *, now: datetime) -> None:
        """Take up what changed: new keys, and keys whose time has come. One small SELECT when nothing did."""
        rows = await database.read(_standing, now=now)
        lives = [KeyLife.of(row) for row in rows]
        states = tuple((life.kid, life.state(now)) for life in lives)
        if states == self._states:
            return
        known = dict(self._in_use.published)
        if new := [life.kid for life in lives if life.kid not in known]:
            known |= self._open(await database.read(_material, new))
        # A worker whose clock is ahead may have destroyed the private part of one that is about to die.
        self._in_use = _in_use([life for life in lives if life.kid in known], known, now)
        self._states = states

    def _open(self, rows: list[Row]) -> dict[str, _Key]:
        return {
            row.kid: _Key.of(KeyMaterial.open(self._keyring, row.algorithm, row.sealed_private_key, row.id))
            for row in rows
        }

    @property
    def jwks(self) -> bytes:
        """The JWK set (RFC 7517 §5): keys that sign, that will, and whose tokens have not all died."""
        return self._in_use.jwks

    def sign(self, algorithm: str, claims: Mapping[str, Any], *, typ: str | None = None) -> str:
        """A compact JWS of the active key of `algorithm`. Blocks for 20 µs (ES256) to 250 µs (RSA)."""
        key = self._in_use.signing[algorithm]
        signed = key.head(typ) + encode(orjson.dumps(claims))
        return (signed + b"." + encode(key.sign(signed))).decode()

    def verify(
        self,
        token: str,
        *,
        typ: str | None,
        algorithms: Collection[str],
        issuer: str,
        audience: str | None,
        now: datetime,
        leeway: timedelta = SKEW,
        allow_expired: bool = False,
    ) -> dict[str, Any]:
        """The claims of a token that we signed, or raise `TokenInvalid`.

        `typ` None is for kinds that have none (an ID token). `audience` None leaves it to the caller to read `aud`.
        `allow_expired` is for a hint that says who a session is of, never for anything that gives access.
        """
        read = Compact.read(token)
        claim_checks.check_type(read.typ, typ)
        key = self._in_use.published.get(read.kid or "")
        if key is None or read.algorithm != key.algorithm or read.algorithm not in algorithms:
            raise TokenInvalid("key")
        read.check_signature(key.verify)
        claims: dict[str, Any] = orjson.loads(read.payload)  # we made it: no need to look for repeated members
        claim_checks.check_issuer(claims, issuer)
        if audience is not None and audience not in claim_checks.audiences(claims):
            raise TokenInvalid("audience")
        claim_checks.check_times(claims, now=now, leeway=leeway, allow_expired=allow_expired)
        return claims


def _standing(db: Unit, *, now: datetime) -> list[Row]:
    return db.all(STANDING, now=now)


def _material(db: Unit, kids: list[str]) -> list[Row]:
    return db.all(MATERIAL, kids=kids)


def _in_use(lives: list[KeyLife], known: Mapping[str, _Key], now: datetime) -> _InUse:
    signing: dict[str, _Key] = {}
    for life in lives:
        # The first one, too, when the clock was set back to before it was made: better than not signing.
        if life.state(now) is State.SIGNING or life.algorithm not in signing:
            signing[life.algorithm] = known[life.kid]
    ordered = sorted(lives, key=lambda life: _ORDER.index(life.state(now)))
    published = {life.kid: known[life.kid] for life in ordered}
    jwks = orjson.dumps({"keys": [key.jwk for key in published.values()]})
    return _InUse(signing, published, jwks)
