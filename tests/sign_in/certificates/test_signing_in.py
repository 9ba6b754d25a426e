"""Signing in with a certificate, through the front door: over mutual TLS behind a proxy, and by a signed challenge."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from idp.accounts import certificates
from idp.accounts.certificates import ProvedBy
from idp.pki.certificate import Certificate
from idp.register.names import fold
from idp.register.person import Person
from idp.register.port import RegisterUnavailable
from tests.sign_in.certificates.holder import Holder
from tests.sign_in.people import code_of, event_shown, in_state, without_app, without_phone
from tests.support.authorities import Authorities
from tests.support.citizens import Citizen
from tests.support.html_page import Page
from tests.support.pki import name
from tests.support.portal import Portal
from tests.support.provider import Provider

WAYS: Final = ("tls", "challenge")


def sign_in(holder: Holder, portal: Portal, way: str = "tls") -> Page:
    return holder.signs_in_by_tls(portal) if way == "tls" else holder.signs_in_by_challenge(portal)


def reason(provider: Provider, page: Page) -> str:
    """Why a certificate was turned away, by the one audit row that has the page's reference."""
    event, details, _ = event_shown(provider, page)
    assert event == "certificate_turned_away"
    return str(details["reason"])


def full_name(provider: Provider, citizen: Citizen) -> str:
    person = provider.run(provider.parts.register.find(citizen.number))
    assert person is not None
    return person.full_name


def link(provider: Provider, holder: Holder) -> None:
    """As the person does it on their account page."""
    provider.run(
        provider.parts.database.run(
            certificates.link,
            holder.visitor.citizen.account_id,
            Certificate.read(holder.card.der),
            issuer_name="CA",
            proof=ProvedBy.ENROLMENT,
            now=provider.clock.now(),
        )
    )


def official(provider: Provider, trusted: Authorities, **said: Any) -> Holder:
    """Somebody with a certificate of the government, which has no number in it."""
    citizen = provider.newcomer()
    subject = name(full_name(provider, citizen), organisation="ỦY BAN NHÂN DÂN TỈNH X")
    return Holder(provider, provider.visitor(citizen), trusted.issue(subject, by="government", **said))


def with_another_browser(holder: Holder) -> Holder:
    return replace(holder, visitor=holder.provider.visitor(holder.visitor.citizen))


@pytest.mark.parametrize("way", WAYS)
def test_a_number_and_a_name_sign_their_person_in(provider: Provider, portal: Portal, holder: Holder, way: str) -> None:
    sign_in(holder, portal, way)
    claims = portal.tokens(holder.page).claims
    assert (claims["acr"], claims["amr"]) == ("urn:vn:eid:auth-level:2", ["swk", "pop"])
    [accepted] = provider.audit(holder.visitor.citizen, "certificate_accepted")
    assert (accepted["way"], accepted["purpose"]) == (way, "sign_in")
    assert accepted["fingerprint"] == Certificate.read(holder.card.der).fingerprint
    assert accepted["fingerprint"] not in str(claims)
    # Its first use is news to the person: it opens the account from now on.
    assert "cách xác thực vừa thay đổi" in provider.texts(holder.visitor.citizen)[0]
    assert len(provider.texts(holder.visitor.citizen)) == 1


def test_a_renewed_certificate_needs_no_new_enrolment(
    provider: Provider, portal: Portal, holder: Holder, trusted: Authorities
) -> None:
    assert sign_in(holder, portal).stopped
    renewed = replace(with_another_browser(holder), card=trusted.card(provider, holder.visitor.citizen))
    assert sign_in(renewed, portal).stopped


def test_a_name_in_capitals_without_accents_is_the_same_name(
    provider: Provider, portal: Portal, trusted: Authorities
) -> None:
    citizen = provider.newcomer()
    spelled = fold(full_name(provider, citizen)).upper()
    card = trusted.issue(name(spelled, "MST:0100000000-001", f"CCCD:{citizen.number}", organisation="CÔNG TY Z"))
    assert sign_in(Holder(provider, provider.visitor(citizen), card), portal).stopped


@pytest.mark.parametrize("way", WAYS)
def test_a_government_certificate_signs_in_once_it_is_linked(
    provider: Provider, portal: Portal, trusted: Authorities, way: str
) -> None:
    holder = official(provider, trusted)
    page = sign_in(holder, portal, way)
    assert (code_of(page), reason(provider, page)) == ("certificate_unknown", "no_number")
    link(provider, holder)
    assert sign_in(with_another_browser(holder), portal, way).stopped


def test_a_government_certificate_is_known_by_its_key_and_its_serial_number_together(
    provider: Provider, portal: Portal, trusted: Authorities
) -> None:
    holder = official(provider, trusted)
    link(provider, holder)
    subject = holder.card.certificate.subject
    for card in (
        trusted.issue(subject, by="government"),  # the same subject, another key
        trusted.issue(subject, by="government", key=holder.card.key),  # renewed: it may be the successor's by now
        trusted.issue(subject, by="ca"),  # the same subject from another authority
    ):
        page = sign_in(replace(with_another_browser(holder), card=card), portal)
        assert (code_of(page), reason(provider, page)) == ("certificate_unknown", "no_number")


def test_another_name_with_the_same_number_is_nobody(provider: Provider, portal: Portal, trusted: Authorities) -> None:
    citizen = provider.newcomer()
    card = trusted.issue(name("Người Khác Hẳn", f"CCCD:{citizen.number}"))
    page = sign_in(Holder(provider, provider.visitor(citizen), card), portal)
    assert (code_of(page), reason(provider, page)) == ("certificate_unknown", "nobody")


def test_a_person_without_an_account_is_told_to_activate(
    provider: Provider, portal: Portal, trusted: Authorities
) -> None:
    known = provider.newcomer()
    entry = provider.somebody_without_account()
    card = trusted.issue(name(entry.full_name, f"CCCD:{entry.number}"))
    page = sign_in(Holder(provider, provider.visitor(known), card), portal)
    assert (code_of(page), reason(provider, page)) == ("certificate_unknown", "no_account")


def test_an_organisation_is_no_person(provider: Provider, portal: Portal, holder: Holder, trusted: Authorities) -> None:
    seal = trusted.issue(name("CÔNG TY Z", "MST:0100000000", organisation="CÔNG TY Z"))
    page = sign_in(replace(holder, card=seal), portal)
    assert code_of(page) == "certificate_names_nobody"
    assert reason(provider, page) == "seal_of_an_organisation"


def test_what_its_person_removed_signs_nobody_in(provider: Provider, portal: Portal, holder: Holder) -> None:
    assert sign_in(holder, portal).stopped
    account, parts, now = holder.visitor.citizen.account_id, provider.parts, provider.clock.now()
    [linked] = provider.run(parts.database.read(certificates.list_of, parts.keyring, account))
    assert provider.run(parts.database.run(certificates.remove, account, linked.id, now=now))
    page = sign_in(with_another_browser(holder), portal)
    assert code_of(page) == "certificate_removed"


def test_a_suspended_account_stays_closed(provider: Provider, portal: Portal, holder: Holder) -> None:
    in_state(provider, holder.visitor.citizen, "suspended")
    page = sign_in(holder, portal)
    assert (code_of(page), reason(provider, page)) == ("account_unusable", "suspended")


def test_what_was_used_before_needs_no_register(
    provider: Provider, portal: Portal, holder: Holder, trusted: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sign_in(holder, portal).stopped
    other = provider.newcomer()
    card = trusted.card(provider, other)
    monkeypatch.setattr(provider.parts.register, "find", _away)
    assert sign_in(with_another_browser(holder), portal).stopped
    page = sign_in(Holder(provider, provider.visitor(other), card), portal)
    assert (page.status, code_of(page)) == (503, "register_unavailable")
    assert reason(provider, page) == "register_unavailable"


def test_a_register_that_mixes_people_up_makes_nobody_somebody_else(
    provider: Provider, portal: Portal, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = provider.run(provider.parts.register.find(holder.visitor.citizen.number))
    assert right is not None
    monkeypatch.setattr(provider.parts.register, "find", _always(replace(right, number="003090000009")))
    page = sign_in(holder, portal)
    assert (code_of(page), reason(provider, page)) == ("certificate_unknown", "nobody")
    known_by = replace(right, number="003090000009", previous_numbers=(holder.visitor.citizen.number,))
    monkeypatch.setattr(provider.parts.register, "find", _always(known_by))
    assert sign_in(with_another_browser(holder), portal).stopped


def test_nobody_is_signed_in_as_somebody_who_has_died(
    provider: Provider, portal: Portal, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = provider.run(provider.parts.register.find(holder.visitor.citizen.number))
    assert person is not None
    monkeypatch.setattr(provider.parts.register, "find", _always(replace(person, status="deceased")))
    page = sign_in(holder, portal)
    assert (code_of(page), reason(provider, page)) == ("account_unusable", "deceased")


def test_after_a_password_only_the_same_persons_certificate_counts(
    provider: Provider, portal: Portal, holder: Holder, trusted: Authorities
) -> None:
    assert sign_in(holder, portal).stopped
    with_password = with_another_browser(holder)
    with_password.visitor.goes_to(portal)
    with_password.visitor.gives_password()
    with_password.visitor.browser.click("use-challenge")
    other = trusted.card(provider, provider.newcomer())
    page = replace(with_password, card=other).answers()
    assert (code_of(page), reason(provider, page)) == ("certificate_of_another", "attempt_of_another")
    with_password.answers()
    assert portal.tokens(with_password.page).claims["amr"] == ["pwd", "swk", "pop", "mfa"]


def test_whoever_has_nothing_but_a_certificate_is_asked_for_it(
    provider: Provider, portal: Portal, holder: Holder
) -> None:
    assert sign_in(holder, portal).stopped
    citizen = without_phone(provider, without_app(provider, holder.visitor.citizen))
    with_password = replace(holder, visitor=provider.visitor(citizen))
    with_password.visitor.goes_to(portal)
    assert with_password.visitor.gives_password().has("challenge-form")
    assert with_password.answers().stopped


def test_both_ways_are_offered_where_certificates_are_taken(provider: Provider, portal: Portal, holder: Holder) -> None:
    page = holder.visitor.goes_to(portal)
    assert page.has("certificate")
    assert page.has("challenge")


def _always(person: Person) -> Callable[[str], Awaitable[Person]]:
    async def find(_: str) -> Person:
        return person

    return find


async def _away(number: str) -> None:
    raise RegisterUnavailable
