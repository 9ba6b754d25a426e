"""What operators do to the trust list: each act a new version, signed with their key."""

from collections.abc import Callable, Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUntrusted
from idp.pki.trust_document import BadTrustList, read, sign, written
from idp.pki.trust_list import TrustList
from idp.pki.trust_store import add, first_bad, newest
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
    if await database.read(first_bad, known) is not None:
        raise BadTrustList("earlier_version")
    version, digest, document = await database.read(newest)
    before = read(document) if version else TrustList(version=0, made_at=now)
    altered = alter(before)
    if altered == before:
        raise BadTrustList("nothing_changed")
    following = written(altered.after(digest=digest, now=now))
    return await database.run(add, following, sign(following, key), known, now=now)


def refuse_as_authority(certificate: Certificate, *, is_anchor: bool, now: datetime) -> None:
    """Raise `CertificateUntrusted` or `CertificateWeak` for one that could vouch for nobody."""
    constraints = certificate.extension(x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise CertificateUntrusted("not_an_authority")
    if now > certificate.parsed.not_valid_after_utc:
        raise CertificateUntrusted("authority_expired")
    (refuse_weak_key if is_anchor else refuse_weak)(certificate)
