"""What operators do to the trust list: each act a new version, signed with their key."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idp.approvals import Submitted
from idp.audit import LOCAL_OPERATOR
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUntrusted
from idp.pki.trust_chain import digest_of
from idp.pki.trust_document import BadTrustList, read, sign, written
from idp.pki.trust_list import TrustList
from idp.pki.trust_proposing import Version, submit_version
from idp.pki.trust_store import look
from idp.pki.weak_keys import refuse_weak, refuse_weak_key
from idp.storage import Database

Alter = Callable[[TrustList], TrustList]


@dataclass(frozen=True, slots=True)
class Signed:
    """A new version, and whether it is in force or waits for another person."""

    trust: TrustList
    submitted: Submitted[TrustList]


async def change(
    database: Database,
    alter: Alter,
    *,
    key: Ed25519PrivateKey,
    keys: Iterable[Ed25519PublicKey],
    why: str = "idp pki trust",
    glass: str | None = None,
    now: datetime,
) -> Signed:
    """Add the version that `alter` makes of the newest; where four eyes hold, propose it (`approvals.submit`).

    Raises `ProposalWithoutReason`, and `BadTrustList`: `earlier_version` where one of those there are does not hold,
    `nothing_changed`, `does_not_follow` where somebody else was faster, `not_signed_by_us` for a key that is none of
    `keys`.
    """
    known = tuple(keys)
    before, digest = await _newest(database, known)
    before = before or TrustList(version=0, made_at=now)
    altered = alter(before)
    if altered == before:
        raise BadTrustList("nothing_changed")
    return await _add(database, altered.after(digest=digest, now=now), key, known, why=why, glass=glass, now=now)


async def resign(
    database: Database,
    *,
    key: Ed25519PrivateKey,
    keys: Iterable[Ed25519PublicKey],
    why: str = "idp pki trust resign",
    glass: str | None = None,
    now: datetime,
) -> Signed:
    """Add or propose a version that says what the newest does, signed with this key: the one that signed that may be
    retired once it is in force.

    Raises `BadTrustList` as `change` does; `no_trust_list` where there is nothing to sign.
    """
    known = tuple(keys)
    before, digest = await _newest(database, known)
    if before is None:
        raise BadTrustList("no_trust_list")
    return await _add(database, before.after(digest=digest, now=now), key, known, why=why, glass=glass, now=now)


async def _newest(database: Database, keys: tuple[Ed25519PublicKey, ...]) -> tuple[TrustList | None, str]:
    """The newest, and its digest. What is signed after it vouches for it: so only where every version holds."""
    versions = await database.read(look, keys)
    if versions.first_bad is not None:
        raise BadTrustList("earlier_version")
    if not versions.newest:
        return None, ""
    return read(versions.document), digest_of(versions.document)


async def _add(
    database: Database,
    trust: TrustList,
    key: Ed25519PrivateKey,
    keys: tuple[Ed25519PublicKey, ...],
    *,
    why: str,
    glass: str | None,
    now: datetime,
) -> Signed:
    document = written(trust)
    version = Version(document, sign(document, key))
    submitted = await database.run(submit_version, version, keys, actor=LOCAL_OPERATOR, why=why, glass=glass, now=now)
    return Signed(trust, submitted)


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
