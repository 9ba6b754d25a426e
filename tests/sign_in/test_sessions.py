"""The session that a sign-in makes: a new secret at every rise, and nothing left of the old one."""

from tests.sign_in.people import events
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

SESSION = "__Host-session"
DEVICE = "__Host-device"


def cookie(visitor: Visitor, name: str = SESSION) -> str | None:
    return visitor.browser.cookies.get("localhost", name)


def is_signed_in(provider: Provider, portal: Portal, secret: str | None) -> bool:
    """Whether a browser with this cookie and no other gets through without a question."""
    browser = provider.browser()
    browser.cookies.take(provider.issuer, f"{SESSION}={secret}; Path=/; Secure")
    return browser.open(portal.ask()).stopped


def test_the_password_alone_gives_no_cookie_that_lets_in(portal: Portal, visitor: Visitor) -> None:
    visitor.goes_to(portal)
    visitor.gives_password()
    assert cookie(visitor) is None
    assert visitor.goes_to(portal).has("sign-in-form")


def test_the_cookies_are_the_browsers_own_and_the_session_goes_with_it(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    visitor.goes_to(portal)
    visitor.gives_password()
    form = visitor.browser.page.form("otp-form")
    filled = form.filled({"otp": visitor.citizen.code(visitor.clock)}, None)
    headers = {"cookie": visitor.browser.cookies.header(form.action)}
    answer = provider.http.post(form.action, data=dict(filled), headers=headers)
    lines = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert lines[SESSION].partition("; ")[2] == "Path=/; Secure; HttpOnly; SameSite=Lax"
    assert lines[DEVICE].partition("; ")[2] == "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"
    assert answer.headers["location"].startswith("/authorize/continue?attempt=")
    assert answer.headers["cache-control"] == "no-store"


def test_a_cookie_from_before_is_worth_nothing_after_each_rise(
    provider: Provider, portal: Portal, easy_portal: Portal, visitor: Visitor
) -> None:
    assert visitor.signs_in_at(easy_portal).stopped
    level_1 = cookie(visitor)
    assert is_signed_in(provider, easy_portal, level_1)
    assert visitor.signs_in_at(portal).stopped
    level_2 = cookie(visitor)
    assert not is_signed_in(provider, easy_portal, level_1)
    assert is_signed_in(provider, portal, level_2)
    visitor.clock.advance(seconds=1)
    visitor.goes_to(portal, prompt="login")
    assert visitor.goes_on().stopped
    assert cookie(visitor) not in (level_1, level_2)
    assert not is_signed_in(provider, portal, level_2)


def test_a_cookie_brought_along_is_not_taken_up(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    planted = "s_" + "x" * 43
    visitor.browser.cookies.take(provider.issuer, f"{SESSION}={planted}; Path=/; Secure")
    assert visitor.signs_in_at(portal).stopped
    assert cookie(visitor) != planted
    assert not is_signed_in(provider, portal, planted)


def test_the_session_of_whoever_sat_there_before_ends(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    assert visitor.signs_in_at(portal).stopped
    first = cookie(visitor)
    second = Visitor(provider.newcomer(), visitor.browser, visitor.clock)
    visitor.clock.advance(seconds=1)
    second.goes_to(portal, prompt="login")
    assert second.goes_on().stopped
    assert not is_signed_in(provider, portal, first)
    assert "session_ended" in {name for name, _ in events(provider, visitor.citizen.account_id)}


def test_an_attempt_belongs_to_its_browser(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    visitor.goes_to(portal)
    page = visitor.gives_password()
    thief = provider.browser()
    assert thief.open(page.url).element("error").attributes["data-code"] == "attempt_missing"


def test_the_device_keeps_its_value_over_sign_ins(portal: Portal, visitor: Visitor) -> None:
    assert visitor.signs_in_at(portal).stopped
    device = cookie(visitor, DEVICE)
    visitor.clock.advance(seconds=1)
    visitor.goes_to(portal, prompt="login")
    assert visitor.goes_on().stopped
    assert cookie(visitor, DEVICE) == device


def test_a_device_value_that_is_not_ours_is_replaced(provider: Provider, portal: Portal, visitor: Visitor) -> None:
    visitor.browser.cookies.take(provider.issuer, f"{DEVICE}=short; Path=/; Secure")
    assert visitor.signs_in_at(portal).stopped
    assert (cookie(visitor, DEVICE) or "").startswith("d_")


def test_nothing_personal_is_in_an_address(portal: Portal, visitor: Visitor) -> None:
    assert visitor.signs_in_at(portal).stopped
    addresses = " ".join(visit.url for visit in visitor.browser.history)
    for secret in (visitor.citizen.number, visitor.citizen.phone, cookie(visitor), cookie(visitor, DEVICE)):
        assert secret
        assert secret not in addresses
