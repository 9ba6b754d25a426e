"""What a person agrees to, at which portal, and that a no and a withdrawal count at once (P-12, ASVS V10.7)."""

import json

import pytest

from idp.consent import agreements
from tests.support.portal import Portal, error_of
from tests.support.portal_file import portal_members
from tests.support.provider import Provider
from tests.support.visitor import Visitor


@pytest.fixture
def asking(provider: Provider) -> Portal:
    return provider.portal(
        minimum_level=1, consent="ask", refresh="offline", scope="openid profile email phone offline_access"
    )


@pytest.fixture
def always(provider: Provider) -> Portal:
    return provider.portal(minimum_level=1, consent="always", scope="openid profile")


def is_asked(visitor: Visitor, portal: Portal, **asked: str) -> bool:
    page = visitor.goes_to(portal, **asked)
    if page.has("sign-in-form"):
        page = visitor.gives_password()
    return page.has("consent-form")


def test_the_first_time_a_person_is_asked_and_then_remembered(asking: Portal, visitor: Visitor) -> None:
    assert is_asked(visitor, asking, scope="openid profile")
    asking.tokens(visitor.goes_on())
    assert not is_asked(visitor, asking, scope="openid profile")
    assert not is_asked(visitor, asking, scope="openid")
    assert is_asked(visitor, asking, scope="openid profile email")
    asking.tokens(visitor.goes_on())
    assert not is_asked(visitor, asking, scope="openid profile email")


def test_the_page_says_who_wants_what(asking: Portal, visitor: Visitor) -> None:
    """ASVS V10.7.2."""
    is_asked(visitor, asking, scope="openid profile phone")
    assert asking.members["client_name#vi"] in visitor.browser.page.text


def test_a_no_goes_to_the_portal_and_is_no_yes_for_later(asking: Portal, visitor: Visitor) -> None:
    is_asked(visitor, asking)
    assert asking.error(visitor.browser.submit("consent-form", button="deny")) == "access_denied"
    assert asking.error(visitor.goes_to(asking, prompt="none")) == "login_required"
    assert is_asked(visitor, asking)


def test_a_no_leaves_what_was_agreed_before(asking: Portal, visitor: Visitor) -> None:
    asking.tokens(visitor.signs_in_at(asking, scope="openid profile"))
    is_asked(visitor, asking, scope="openid email")
    visitor.browser.submit("consent-form", button="deny")
    asking.tokens(visitor.goes_to(asking, prompt="none", scope="openid profile"))


def test_single_claims_are_asked_for_too(asking: Portal, visitor: Visitor) -> None:
    asking.tokens(visitor.signs_in_at(asking, scope="openid profile"))
    claims = json.dumps({"id_token": {"phone_number": None}})
    assert asking.error(visitor.goes_to(asking, prompt="none", claims=claims)) == "consent_required"
    assert is_asked(visitor, asking, claims=claims)
    assert "phone_number" in asking.tokens(visitor.goes_on()).claims


def test_in_silence_a_portal_learns_nothing_of_people_it_never_met(
    asking: Portal, visitor: Visitor, suite: Portal
) -> None:
    """P-18: whether somebody is signed in is told to nobody who was not let in before."""
    suite.tokens(visitor.signs_in_at(suite))
    assert asking.error(visitor.goes_to(asking, prompt="none")) == "login_required"
    asking.tokens(visitor.signs_in_at(asking))
    asking.tokens(visitor.goes_to(asking, prompt="none"))


def test_prompt_consent_asks_again(asking: Portal, visitor: Visitor) -> None:
    asking.tokens(visitor.signs_in_at(asking))
    visitor.clock.advance(seconds=1)
    assert is_asked(visitor, asking, prompt="consent")
    asking.tokens(visitor.goes_on())


def test_a_portal_may_have_to_ask_each_time(always: Portal, visitor: Visitor) -> None:
    """acceptance.md, point 4."""
    for _ in range(2):
        assert is_asked(visitor, always)
        always.tokens(visitor.goes_on())
        visitor.clock.advance(seconds=1)
    assert always.error(visitor.goes_to(always, prompt="none")) == "consent_required"
    assert is_asked(visitor, always)
    assert always.error(visitor.browser.submit("consent-form", button="deny")) == "access_denied"


def test_an_agreement_is_forgotten_after_a_year(asking: Portal, visitor: Visitor, provider: Provider) -> None:
    asking.tokens(visitor.signs_in_at(asking))
    provider.clock.advance(days=366)
    assert is_asked(visitor, asking)


def test_a_withdrawn_agreement_ends_what_the_portal_holds_at_once(
    asking: Portal, visitor: Visitor, provider: Provider, suite: Portal
) -> None:
    """P-12: userinfo and refresh stop from the next request on; other portals keep theirs."""
    scope = "openid profile offline_access"
    tokens = asking.tokens(visitor.signs_in_at(asking, scope=scope))
    elsewhere = suite.tokens(visitor.goes_to(suite))
    code = asking.code(visitor.goes_to(asking, scope=scope))
    portal = provider.parts.portals.get(asking.client_id)
    assert portal is not None
    database, now = provider.parts.database, provider.clock.now()
    assert provider.run(database.run(agreements.withdraw, visitor.citizen.account_id, portal.id, now=now))
    assert asking.userinfo(tokens.access_token).status_code == 401
    assert error_of(asking.refresh(tokens.refresh_token)) == "invalid_grant"
    assert error_of(asking.redeem(code)) == "invalid_grant"
    assert asking.error(visitor.goes_to(asking, prompt="none")) in ("consent_required", "login_required")
    assert suite.userinfo(elsewhere.access_token).status_code == 200
    assert is_asked(visitor, asking)


def test_a_page_shown_to_one_person_is_no_yes_of_another(
    asking: Portal, suite: Portal, visitor: Visitor, provider: Provider
) -> None:
    """I-07: between the question and the answer somebody else signed in, in another tab."""
    assert is_asked(visitor, asking)
    question = visitor.browser.page
    visitor.citizen = provider.newcomer()
    provider.clock.advance(seconds=1)
    suite.tokens(visitor.signs_in_at(suite, prompt="login"))
    visitor.browser._page = question
    page = visitor.browser.submit("consent-form", button="allow")
    assert page.has("consent-form")
    assert not page.stopped


def test_another_sites_form_agrees_to_nothing(asking: Portal, visitor: Visitor) -> None:
    is_asked(visitor, asking)
    form = dict(visitor.browser.page.form("consent-form").filled({}, None))
    cookie = visitor.browser.cookies.header(asking.issuer)
    for changed in ({"csrf": ""}, {"csrf": "x" * 43}):
        fields = {**form, **changed, "decision": "allow"}
        answer = asking.http.post(f"{asking.issuer}/consent", data=fields, headers={"cookie": cookie})
        assert answer.status_code == 403
    for decision in ("", "yes", "ALLOW", "allow deny"):
        fields = {**form, "decision": decision}
        answer = asking.http.post(f"{asking.issuer}/consent", data=fields, headers={"cookie": cookie})
        assert answer.headers["location"].startswith("/consent?")
    assert asking.error(visitor.goes_to(asking, prompt="none")) == "login_required"


def test_nobody_goes_around_the_question(asking: Portal, visitor: Visitor) -> None:
    """ASVS 2.3.1: the way on from the consent page leads back to it."""
    is_asked(visitor, asking)
    attempt = visitor.browser.page.query["attempt"]
    assert visitor.browser.open(f"{asking.issuer}/authorize/continue?attempt={attempt}").has("consent-form")


def test_more_is_asked_of_the_person_when_a_portal_is_registered_for_more(provider: Provider, visitor: Visitor) -> None:
    members = portal_members("growing", minimum_level=1, consent="ask", scope="openid profile")
    portal = provider.register(members)
    portal.tokens(visitor.signs_in_at(portal, scope="openid profile"))
    provider.register({**members, "scope": "openid profile email"}, replace=True)
    assert not is_asked(visitor, portal, scope="openid profile")
    assert is_asked(visitor, portal, scope="openid profile email")
