"""Staff end all sessions of somebody, and nothing else (OWASP ASVS 5.0 §7.4.5)."""

from idp.admin.roles import Role
from tests.admin.people.desk import ELSEWHERE, HERE, Desk, Town, meets
from tests.citizen.applicants import error_on
from tests.support.provider import Provider

OUT = "https://portal.example/out"


def test_every_session_ends_and_the_person_signs_in_again(provider: Provider, desk: Desk) -> None:
    citizen, portal = provider.newcomer(), provider.portal(backchannel_logout_uri=OUT, refresh="session")
    browsers = [meets(provider, citizen, portal) for _ in range(2)]
    tokens = portal.tokens(browsers[0].signs_in_at(portal))
    desk.finds(citizen)
    page = desk.submits("sign-out-everywhere-form", button="sign-out-everywhere")
    assert page.has("no-sessions") and not page.has("sign-out-everywhere")
    assert not page.has("standing"), "nothing is held against them"
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert portal.refresh(tokens.refresh_token).status_code == 400
    assert all(browser.goes_to(portal).has("sign-in-form") for browser in browsers)
    [told] = provider.audit(citizen, "person_signed_out")
    assert (told["sessions"], told["role"]) == (2, "national-admin")
    assert {each["how"] for each in provider.audit(citizen, "session_ended")} == {"ended_by_staff"}
    assert browsers[0].goes_on().stopped
    page = browsers[0].browser.open(f"{provider.issuer}/account/activity")
    assert "Cán bộ đã đăng xuất bạn ở mọi nơi" in page.text


def test_helpdesk_may_and_an_auditor_may_not(provider: Provider) -> None:
    citizen = provider.newcomer()
    visitor = meets(provider, citizen, provider.portal())
    auditor = Desk.of(provider, Role.AUDITOR)
    assert not auditor.finds(citizen).has("sign-out-everywhere")
    helper = Desk.of(provider, Role.HELPDESK)
    shown = helper.finds(citizen)
    forged = auditor.official.visitor.browser.submit("uncover-form", tab=auditor.posing(shown, "uncover", "sign-out"))
    assert error_on(forged) == "not_permitted"
    assert not visitor.browser.open(f"{provider.issuer}/account").has("sign-in-form")
    assert helper.submits("sign-out-everywhere-form").has("no-sessions")
    assert visitor.browser.open(f"{provider.issuer}/account").has("sign-in-form")


def test_nobody_of_another_province_is_signed_out(provider: Provider, desk: Desk, town: Town) -> None:
    citizen = town.resident(HERE)
    visitor = meets(provider, citizen, provider.portal())
    provincial = Desk.of(provider, Role.PROVINCIAL_ADMIN, ELSEWHERE)
    assert provincial.finds_nobody(citizen)
    shown = desk.finds(citizen)
    tab = provincial.posing(shown, "uncover", "sign-out")
    assert provincial.official.visitor.browser.submit("uncover-form", tab=tab).status == 404
    assert not visitor.browser.open(f"{provider.issuer}/account").has("sign-in-form")
