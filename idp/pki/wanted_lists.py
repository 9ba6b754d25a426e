"""Which revocation lists a version of the trust list will need, as far as can be told beforehand."""

from collections import defaultdict

from cryptography.exceptions import InvalidSignature

from idp.pki import where_to_ask
from idp.pki.certificate import Certificate
from idp.pki.trust_list import AnchorPolicy, NamedList, TrustList


class WantedLists:
    """The lists that are named, and those about the authorities between people and anchors; none without a version.

    `named` are addresses by the digest of their authority's key; `addresses` all of them, with who signs what is there.
    """

    def __init__(self, trust: TrustList | None) -> None:
        self.trust = trust
        gone = {each.certificate.key_digest for each in trust.distrusted} if trust else set()
        anchors = [each for each in trust.anchors if each.certificate.key_digest not in gone] if trust else []
        issuers = [each for each in trust.issuers if each.key_digest not in gone] if trust else []
        authorities = [*(anchor.certificate for anchor in anchors), *issuers]
        self.issuer_keys = frozenset(each.key_digest for each in authorities)
        self.longest_age = min((anchor.policy.longest_age for anchor in anchors), default=AnchorPolicy().longest_age)
        lists = [each for each in trust.lists if each.issuer.key_digest in self.issuer_keys] if trust else []
        self.named = _by_key(lists)
        about_authorities = (pair for each in issuers for pair in _about(each, authorities))
        self.addresses = tuple(dict.fromkeys((*((each.url, each.issuer) for each in lists), *about_authorities)))


def _by_key(lists: list[NamedList]) -> dict[bytes, tuple[str, ...]]:
    urls: defaultdict[bytes, list[str]] = defaultdict(list)
    for each in lists:
        urls[each.issuer.key_digest].append(each.url)
    return {key: tuple(several) for key, several in urls.items()}


def _about(authority: Certificate, others: list[Certificate]) -> list[tuple[str, Certificate]]:
    """Where its own certificate says that one can ask about it, with whoever issued it."""
    urls = (*where_to_ask.lists(authority), *where_to_ask.changes(authority))
    return [(url, issuer) for issuer in others if _issued(authority, issuer) for url in urls]


def _issued(authority: Certificate, issuer: Certificate) -> bool:
    if authority.parsed.issuer != issuer.parsed.subject:
        return False
    try:
        authority.parsed.verify_directly_issued_by(issuer.parsed)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
