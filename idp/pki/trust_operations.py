"""What operators do to the trust list: each act a new version, signed with their key."""

from collections.abc import Callable, Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUntrusted
from idp.pki.trust_chain import digest_of
from idp.pki.trust_document import BadTrustList, read, sign, written
from idp.pki.trust_list import TrustList
from idp.pki.trust_store import add, look
from idp.pki.weak_keys import refuse_weak, refuse_weak_key
from idp.storage import Database

Alter = Callable[[TrustList], TrustList]


async def change(
    database: Database,
    alter: Alter,
    *,
    key: Ed25519PrivateKey,
    keys: Iterable[Ed25519PublicKey],
    now: datetime,
) -> TrustList:
    """Add the version that `alter` makes of the newest.

    Raises `BadTrustList`: `earlier_version` where one of those there are does not hold, `nothing_changed`,
    `does_not_follow` where somebody else was faster, `not_signed_by_us` for a key that is none of `keys`.
    """
    known = tuple(keys)
    before, digest = await _newest(database, known)
    before = before or TrustList(version=0, made_at=now)
    altered = alter(before)
    if altered == before:
        raise BadTrustList("nothing_changed")
    return await _add(database, altered.after(digest=digest, now=now), key, known, now)


async def resign(
    database: Database, *, key: Ed25519PrivateKey, keys: Iterable[Ed25519PublicKey], now: datetime
) -> TrustList:
    """Add a version that says what the newest does, signed with this key: the one that signed that may then be retired.

    Raises `BadTrustList` as `change` does; `no_trust_list` where there is nothing to sign.
    """
    known = tuple(keys)
    before, digest = await _newest(database, known)
    if before is None:
        raise BadTrustList("no_trust_list")
    return await _add(database, before.after(digest=digest, now=now), key, known, now)


async def _newest(database: Database, keys: tuple[Ed25519PublicKey, ...]) -> tuple[TrustList | None, str]:
    """The newest, and its digest. What is signed after it vouches for it: so only where every version holds."""
    versions = await database.read(look, keys)
    if versions.first_bad is not None:
        raise BadTrustList("earlier_version")
    if not versions.newest:
        return None, ""
    return read(versions.document), digest_of(versions.document)


async def _add(
    database: Database, trust: TrustList, key: Ed25519PrivateKey, keys: tuple[Ed25519PublicKey, ...], now: datetime
) -> TrustList:
    document = written(trust)
    return await database.run(add, document, sign(document, key), keys, now=now)


def is_authority(certificate: Certificate) -> bool:
    """Whether it says that it may vouch for others. Raises `CertificateUnreadable`."""
    constraints = certificate.extension(x509.BasicConstraints)
    return constraints is not None and bool(constraints.ca)


def refuse_as_authority(certificate: Certificate, *, is_anchor: bool, now: datetime) -> None:
    """Raise `CertificateUntrusted` or `CertificateWeak` for one that could vouch for nobody."""
    if not is_authority(certificate):
        raise CertificateUntrusted("not_an_authority")
    if now > certificate.parsed.not_valid_after_utc:
        raise CertificateUntrusted("authority_expired")
    (refuse_weak_key if is_anchor else refuse_weak)(certificate)
