"""Which certificate authorities a mass act can name: those of the trust list, distrusted ones among them."""

from collections.abc import Iterator

from cryptography.x509 import Name

from idp.errors import Kind, Refusal
from idp.pki import trust_store
from idp.pki.authority_names import called
from idp.pki.certificate import Certificate
from idp.pki.trust_document import read
from idp.pki.trust_list import TrustList
from idp.storage import Unit


class AuthorityUnknown(Refusal):
    """No authority of the trust list has this name.

    Operator: `idp pki trust list` shows the names. Of an authority that is on no list, its keys can be named.
    """

    code = "authority_unknown"
    kind = Kind.NOT_FOUND


def authorities(db: Unit) -> dict[str, Name]:
    """Their names as in certificates, by what people call them; what anybody signed the list with is not asked here."""
    document = trust_store.newest(db)[2]
    return {called(each.parsed.subject): each.parsed.subject for each in _all(read(document))} if document else {}


def authority(db: Unit, name: str) -> Name:
    """One of them by what people call it; raises `AuthorityUnknown`."""
    known = authorities(db)
    if name not in known:
        raise AuthorityUnknown
    return known[name]


def _all(trust: TrustList) -> Iterator[Certificate]:
    yield from (anchor.certificate for anchor in trust.anchors)
    yield from trust.issuers
    yield from (each.certificate for each in trust.distrusted)
