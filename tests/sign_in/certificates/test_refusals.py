"""Every bad certificate is refused in both ways: a few sentences for people, the exact reason in the record."""

import pytest

from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateRefused
from tests.sign_in.certificates.holder import Holder
from tests.sign_in.people import code_of, event_shown
from tests.support.authorities import Authorities
from tests.support.bad_certificates import bad_certificates
from tests.support.portal import Portal
from tests.support.provider import Provider


@pytest.mark.parametrize("way", ["tls", "challenge"])
def test_none_of_them_signs_in(provider: Provider, portal: Portal, trusted: Authorities, way: str) -> None:
    citizen = provider.newcomer()
    person = provider.run(provider.parts.register.find(citizen.number))
    assert person is not None
    outcomes, expected = {}, {}
    for bad in bad_certificates(trusted, person.full_name, citizen.number):
        holder = Holder(provider, provider.visitor(citizen), bad.issued)
        page = holder.signs_in_by_tls(portal) if way == "tls" else holder.signs_in_by_challenge(portal)
        assert not page.stopped, bad.what
        event, details, account = event_shown(provider, page)
        outcomes[bad.what] = (event, code_of(page), details["reason"], details["way"], details["fingerprint"], account)
        fingerprint = _fingerprint(bad.issued.der)
        expected[bad.what] = ("certificate_turned_away", bad.code, bad.reason, way, fingerprint, None)
        assert provider.run(provider.parts.register.find(citizen.number))
        assert citizen.number not in page.text
        assert person.full_name not in page.text
    assert outcomes == expected


def test_a_source_that_is_away_refuses_and_says_so(provider: Provider, portal: Portal, trusted: Authorities) -> None:
    citizen = provider.newcomer()
    away = Holder(provider, provider.visitor(citizen), trusted.card(provider, citizen, by="unreachable_ca"))
    page = away.signs_in_by_tls(portal)
    assert (page.status, code_of(page)) == (503, "certificate_not_checked")
    assert event_shown(provider, page)[1]["reason"] == "crl_unreachable"


def _fingerprint(der: bytes) -> str:
    try:
        return Certificate.read(der).fingerprint
    except CertificateRefused:
        return "unread"
