"""What makes the demo's certificates worth something: the signed trust list, and the official's enrolment."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from idp.accounts import certificates as linked
from idp.accounts.finding import find_by_number
from idp.accounts.issuing import Standing, judge
from idp.app.demo_certificates import DemoCertificates
from idp.pki import trust_store
from idp.pki.authority_names import called
from idp.pki.certificate import Certificate
from idp.pki.trust_document import read, sign, written
from idp.pki.trust_list import Anchor, TrustList
from idp.register.personas import persona
from idp.sealing import Keyring
from idp.storage import Unit

ENROLLED: Final = "official"
"""Whose certificate has no number in it."""


def keep_trust_list(db: Unit, certificates: DemoCertificates, *, now: datetime) -> bool:
    """Have the newest version name the demo's authorities: by another version, where it does not.

    What a person tried out stays: who is distrusted, and policies. False where the versions in the database are not
    this operator's, or were changed; then nobody is trusted, and that stays so, too.
    """
    key = certificates.trust_key
    keys = [key.public_key()]
    if trust_store.first_bad(db, keys) is not None:
        return False
    version, digest, document = trust_store.newest(db)
    trust = read(document) if version else TrustList(version=0, made_at=now)
    if all(_names(trust, anchor) for anchor in certificates.anchors):
        return True
    following = _with_ours(trust, certificates).after(digest=digest, now=now)
    document = written(following)
    trust_store.add(db, document, sign(document, key), keys, now=now)
    return True


def enrol_official(db: Unit, keyring: Keyring, certificates: DemoCertificates, *, now: datetime) -> None:
    """Link the certificate that does not say itself whose it is, unless its person has removed it."""
    certificate = certificates.of(ENROLLED)
    account = find_by_number(db, keyring, persona(ENROLLED).entry.number)
    if account is None or judge(account.state) is not Standing.USABLE:
        return
    if linked.was_removed(db, certificate, account.id):
        return
    issuer, proof = called(certificate.parsed.issuer), linked.ProvedBy.ENROLMENT
    newest = linked.link(db, account.id, certificate, issuer_name=issuer, proof=proof, now=now)
    for each in linked.list_of(db, keyring, account.id):
        # Authorities that were made anew have not issued what is from before.
        if each.issuer == issuer and each.id != newest:
            linked.remove(db, account.id, each.id, now=now)


def _names(trust: TrustList, anchor: Certificate) -> bool:
    return any(each.certificate == anchor for each in trust.anchors)


def _with_ours(trust: TrustList, certificates: DemoCertificates) -> TrustList:
    """With the authorities of now, and without those of the same name that were before them."""
    subjects = [each.parsed.subject for each in (*certificates.anchors, *certificates.issuers)]
    trust = replace(
        trust,
        anchors=tuple(each for each in trust.anchors if each.certificate.parsed.subject not in subjects),
        issuers=tuple(each for each in trust.issuers if each.parsed.subject not in subjects),
    )
    for anchor in certificates.anchors:
        trust = trust.with_anchor(Anchor(called(anchor.parsed.subject), anchor))
    for issuer in certificates.issuers:
        trust = trust.with_issuer(issuer)
    return trust
