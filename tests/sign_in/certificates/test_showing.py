"""What happens between the page and the sign-in: no certificate, another browser, a second time, too late."""

from copy import copy, deepcopy
from typing import Any

import pytest

from idp.attempts.pending import Attempt
from idp.sign_in.certificates.errands import Errand
from tests.sign_in.certificates.holder import Holder
from tests.sign_in.people import code_of, event_shown
from tests.support.authorities import HOST, client_cert
from tests.support.clock import ManualClock
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.signed_answers import cms, web_eid


def why(provider: Provider, holder: Holder) -> tuple[str, str]:
    """What the person is told, and what is written down."""
    event, details, _ = event_shown(provider, holder.page)
    assert event == "certificate_turned_away"
    return code_of(holder.page), str(details["reason"])


def test_the_way_to_the_host_names_nobody(provider: Provider, portal: Portal, holder: Holder) -> None:
    address = holder.goes_to_the_host(portal)
    assert address.startswith(f"{HOST}/sign-in/certificate/show?for=")
    attempt = holder.visitor.browser.history[-1].url.partition("attempt=")[2]
    assert attempt not in address
    assert len(address) < 1000


def test_without_a_certificate_there_is_a_page_to_try_again_from(
    provider: Provider, portal: Portal, holder: Holder
) -> None:
    path = holder.goes_to_the_host(portal).removeprefix(HOST)
    answer = provider.get(path)
    assert answer.status_code == 200
    assert answer.headers["connection"] == "close"
    for link in (f'href="{path}"', 'id="again"', f'href="{provider.issuer}/authorize'):
        assert link in answer.text


def test_whoever_goes_on_without_one_is_where_they_were(provider: Provider, portal: Portal, holder: Holder) -> None:
    address = holder.goes_to_the_host(portal)
    sealed = address.partition("for=")[2]
    errand = Errand.open(sealed, provider.parts.keyring, now=provider.clock.now())
    page = holder.visitor.browser.open(f"{provider.issuer}{errand.without}")
    assert page.has("sign-in-form")


def test_a_ticket_is_good_once(provider: Provider, portal: Portal, holder: Holder) -> None:
    back = holder.shows(holder.goes_to_the_host(portal)).headers["location"]
    before = deepcopy(holder.visitor.browser.cookies)
    assert holder.visitor.browser.open(back).stopped
    holder.visitor.browser.cookies = before
    holder.visitor.browser.open(back)
    assert why(provider, holder) == ("certificate_ticket_gone", "certificate_ticket_gone")


def test_a_ticket_is_good_for_a_minute(provider: Provider, portal: Portal, holder: Holder, now: ManualClock) -> None:
    back = holder.shows(holder.goes_to_the_host(portal)).headers["location"]
    now.advance(seconds=60)
    page = holder.visitor.browser.open(back)
    assert (page.status, code_of(page)) == (410, "certificate_ticket_gone")


def test_a_ticket_in_another_browser_is_nothing(provider: Provider, portal: Portal, holder: Holder) -> None:
    back = holder.shows(holder.goes_to_the_host(portal)).headers["location"]
    assert code_of(provider.visitor().browser.open(back)) == "attempt_missing"
    # It was not spent there either.
    assert holder.visitor.browser.open(back).stopped


def test_a_ticket_is_for_its_attempt_alone(provider: Provider, portal: Portal, holder: Holder) -> None:
    back = holder.shows(holder.goes_to_the_host(portal)).headers["location"]
    other = provider.visitor()
    other.goes_to(portal)
    name = dict(other.browser.page.form("sign-in-form").fields)["attempt"]
    stolen = back.partition("ticket=")[2]
    page = other.browser.open(f"{provider.issuer}/sign-in/certificate/take?attempt={name}&ticket={stolen}")
    assert code_of(page) == "certificate_ticket_gone"


def test_a_ticket_is_for_its_path_alone(provider: Provider, portal: Portal, holder: Holder) -> None:
    """Whoever shows a certificate to sign in has not said that it is to be added to an account."""
    back = holder.shows(holder.goes_to_the_host(portal)).headers["location"]
    holder.visitor.goes_to(portal)
    holder.visitor.goes_on()
    page = holder.visitor.browser.open(back.replace("/sign-in/certificate/take", "/account/certificates/take"))
    assert page.element("error")


@pytest.mark.parametrize("query", ["", "?for=", "?for=x", "?for=%FF", "?for=a&for=b", f"?for={'A' * 5000}"])
def test_the_host_takes_nobody_who_was_not_sent(provider: Provider, holder: Holder, query: str) -> None:
    answer = provider.get(f"/sign-in/certificate/show{query}", headers=client_cert(holder.card.der))
    assert answer.status_code in (400, 410)


def test_the_host_takes_nobody_who_was_sent_long_ago(provider: Provider, holder: Holder, now: ManualClock) -> None:
    attempt = Attempt.begin(then="/authorize", now=now.now())
    sealed = Errand.to(attempt, "/sign-in/certificate/take", now=now.now()).seal(provider.parts.keyring)
    now.advance(minutes=5)
    assert holder.shows(f"{HOST}/sign-in/certificate/show?for={sealed}").status_code == 410


def test_a_challenge_is_answered_once(provider: Provider, portal: Portal, holder: Holder) -> None:
    nonce = holder.goes_to_the_challenge(portal)
    token = web_eid(holder.card, nonce=nonce, origin=holder.origin)
    before = copy(holder.visitor.browser)
    before.cookies = deepcopy(before.cookies)
    assert holder.gives(token).stopped
    holder.visitor.browser = before
    holder.gives(token)
    assert why(provider, holder) == ("challenge_gone", "answered_before")


def test_a_challenge_is_for_one_browser(provider: Provider, portal: Portal, holder: Holder) -> None:
    other = Holder(provider, provider.visitor(), holder.card)
    nonce = other.goes_to_the_challenge(portal)
    holder.goes_to_the_challenge(portal)
    token = web_eid(holder.card, nonce=nonce, origin=holder.origin)
    holder.visitor.browser.submit("challenge-form", {"token": token, "nonce": nonce})
    assert why(provider, holder) == ("challenge_gone", "of_another")


def test_an_answer_for_another_form_is_refused(provider: Provider, portal: Portal, holder: Holder) -> None:
    """Whoever signs to add a certificate to their account has not said that they want to sign in."""
    assert holder.signs_in_by_tls(portal).stopped
    browser = holder.visitor.browser
    nonce = dict(browser.open(f"{provider.issuer}/account/certificates/add").form("challenge-form").filled({}, None))[
        "nonce"
    ]
    token = web_eid(holder.card, nonce=nonce, origin=holder.origin)
    attempt = dict(browser.page.form("challenge-form").fields)["attempt"]
    browser.open(f"{provider.issuer}/sign-in/challenge?attempt={attempt}")
    browser.submit("challenge-form", {"token": token, "nonce": nonce})
    assert why(provider, holder) == ("challenge_gone", "of_another")


def test_a_challenge_is_good_for_five_minutes(
    provider: Provider, portal: Portal, holder: Holder, now: ManualClock
) -> None:
    nonce = holder.goes_to_the_challenge(portal)
    now.advance(minutes=5)
    holder.answers(nonce)
    assert why(provider, holder) == ("challenge_gone", "too_old")
    assert holder.nonce != nonce
    assert holder.answers().stopped


def test_what_was_signed_for_another_origin_is_refused(provider: Provider, portal: Portal, holder: Holder) -> None:
    nonce = holder.goes_to_the_challenge(portal)
    holder.gives(web_eid(holder.card, nonce=nonce, origin="https://phishing.example"))
    assert why(provider, holder)[0] == "answer_not_signed"


def test_another_nonce_than_the_forms_is_refused(provider: Provider, portal: Portal, holder: Holder) -> None:
    before = holder.goes_to_the_challenge(portal)
    holder.gives("")
    assert holder.nonce != before
    holder.gives(web_eid(holder.card, nonce=before, origin=holder.origin))
    assert why(provider, holder)[0] == "answer_not_signed"


def test_a_cms_message_is_an_answer_too(provider: Provider, portal: Portal, holder: Holder) -> None:
    nonce = holder.goes_to_the_challenge(portal)
    assert holder.gives(cms(holder.card, nonce=nonce)).stopped


@pytest.mark.parametrize("changed", [{"token": None}, {"nonce": None}, {"token": ""}, {"token": "x" * 70_000}])
def test_what_is_no_answer_gets_the_page_again(
    provider: Provider, portal: Portal, holder: Holder, changed: dict[str, Any]
) -> None:
    holder.goes_to_the_challenge(portal)
    page = holder.visitor.browser.submit("challenge-form", {"token": "x"} | changed)
    assert page.has("error")
    assert page.status in (400, 410, 413)
