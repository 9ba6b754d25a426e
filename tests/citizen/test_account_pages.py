"""A person's own pages: what they show, to whom, and what they end."""

import pytest

from idp.accounts.levels import raise_level
from idp.audit import record
from idp.audit.events import CATALOGUE, NationalNumberReleased, RefreshRotated, RegisteredText
from idp.storage.identifiers import new_id
from idp.web.template_folder import template_folder
from idp.web.translations import Translations
from tests.citizen.applicants import error_on
from tests.citizen.at_home import AtHome
from tests.support.clock import ManualClock
from tests.support.html_page import NotOnPage, Page
from tests.support.provider import Provider

PATHS = ("", "/consents", "/activity", "/second-factors", "/password", "/sessions", "/devices")
CHANGES = ("/second-factors/app", "/second-factors/remove-app", "/second-factors/recovery-codes")


@pytest.fixture
def home(provider: Provider) -> AtHome:
    provider.clock.advance(minutes=1)
    return AtHome.signed_in(provider)


@pytest.mark.parametrize("path", [*PATHS, *CHANGES])
def test_whoever_is_not_signed_in_signs_in_and_comes_back(provider: Provider, path: str) -> None:
    visitor = provider.visitor()
    address = f"{provider.issuer}/account{path}"
    page = visitor.browser.open(address)
    assert (page.status, page.url) == (200, address)
    assert page.has("sign-in-form")
    page = visitor.goes_on()
    assert (page.url, page.status) == (address, 200), "without the attempt in the address"
    assert not [name for _, _, name in visitor.browser.cookies.held if "attempt" in name]


@pytest.mark.parametrize("path", [*PATHS, *CHANGES])
def test_a_password_alone_is_not_enough(provider: Provider, path: str) -> None:
    visitor = provider.visitor()
    easy = provider.portal(minimum_level=1)
    assert visitor.signs_in_at(easy).stopped
    page = visitor.browser.open(f"{provider.issuer}/account{path}")
    assert page.has("otp-form") and not page.has("sign-in-form")
    assert visitor.gives_code().url == f"{provider.issuer}/account{path}"


@pytest.mark.parametrize("path", [*PATHS, *CHANGES])
def test_every_page_can_be_left_and_names_nobody_in_its_title(home: AtHome, path: str) -> None:
    page = home.opens(path)
    assert page.status == 200
    assert page.link("sign-out-link") == f"{home.provider.issuer}/sign-out"
    title = next(each.text for each in page.elements if each.tag == "title")
    assert home.citizen.number not in title + page.url
    assert home.citizen.number not in page.html and home.citizen.phone not in page.html
    assert page.headers["cache-control"] == "no-store"


def test_the_front_page_shows_the_ways_in_and_out(home: AtHome) -> None:
    page = home.browser.open(f"{home.provider.issuer}/")
    assert page.link("my-account").endswith("/account") and page.link("sign-out-link").endswith("/sign-out")
    stranger = home.provider.browser().open(f"{home.provider.issuer}/")
    assert stranger.link("my-account").endswith("/account")
    assert stranger.link("activate").endswith("/activate") and stranger.link("recover").endswith("/recover")
    assert not stranger.has("sign-out-link")


def test_signing_out_is_one_link_and_one_button_away(home: AtHome) -> None:
    home.opens("/consents")
    home.browser.click("sign-out-link")
    assert home.browser.submit("sign-out-form").has("signed-out")
    assert home.opens("").has("sign-in-form")


def test_the_overview_says_whose_account_it_is(home: AtHome, provider: Provider) -> None:
    page = home.opens("")
    person = provider.run(provider.parts.register.find(home.citizen.number))
    assert person and person.full_name in page.text
    assert f"•••• •••• {home.citizen.number[-4:]}" in page.text
    assert home.citizen.phone[-3:] in page.text
    assert "Mức độ 1" in page.text
    now = provider.clock.now()
    provider.run(provider.parts.database.run(raise_level, home.citizen.account_id, reason="TK01-1", now=now))
    assert "Mức độ 2" in home.opens("").text


def test_sessions_are_listed_and_ended_one_by_one(home: AtHome) -> None:
    other = AtHome.signed_in(home.provider, home.citizen)
    page = home.opens("/sessions")
    assert page.text.count("Trình duyệt khác") == 1 and page.text.count("Trình duyệt này") >= 1
    (form,) = [each.id for each in page.elements if each.tag == "form" and "Kết thúc phiên này" in each.text]
    assert home.browser.submit(form).url == f"{home.provider.issuer}/account/sessions"
    assert "Trình duyệt khác" not in home.browser.page.text
    assert other.opens("").has("sign-in-form")
    assert home.opens("").status == 200


def test_all_others_are_ended_by_one_button(home: AtHome) -> None:
    others = [AtHome.signed_in(home.provider, home.citizen) for _ in range(2)]
    home.opens("/sessions")
    page = home.browser.submit("end-others-form", button="end-others")
    assert not page.has("end-others")
    assert all(other.opens("").has("sign-in-form") for other in others)
    assert not home.opens("").has("sign-in-form")


def test_ending_this_session_signs_out(home: AtHome) -> None:
    page = home.opens("/sessions")
    form = next(each.id for each in page.elements if each.tag == "form" and each.id.startswith("end-"))
    assert home.browser.submit(form).has("signed-out")
    assert home.opens("").has("sign-in-form")


def test_nobody_ends_somebody_elses_session(home: AtHome) -> None:
    other = AtHome.signed_in(home.provider)
    theirs = other.opens("/sessions")
    form = next(each.id for each in theirs.elements if each.tag == "form" and each.id.startswith("end-"))
    session = dict(theirs.form(form).fields)["session"]
    page = home.opens("/sessions")
    mine = next(each.id for each in page.elements if each.tag == "form" and each.id.startswith("end-"))
    home.browser.submit(mine, {"session": session})
    assert not other.opens("").has("sign-in-form")
    assert not home.opens("").has("sign-in-form")


def test_a_session_nobody_uses_is_not_listed(home: AtHome, now: ManualClock) -> None:
    AtHome.signed_in(home.provider, home.citizen)
    now.advance(minutes=20)
    home.opens("")
    now.advance(minutes=20)
    assert not home.opens("/sessions").has("end-others")


def test_ending_a_session_ends_what_portals_hold_from_it(home: AtHome) -> None:
    portal = home.provider.portal(refresh="session")
    other = AtHome.signed_in(home.provider, home.citizen)
    tokens = portal.tokens(other.visitor.signs_in_at(portal))
    assert portal.userinfo(tokens.access_token).status_code == 200
    home.opens("/sessions")
    home.browser.submit("end-others-form")
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert portal.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"


def test_devices_are_listed_and_forgotten(home: AtHome) -> None:
    AtHome.signed_in(home.provider, home.citizen)
    page = home.opens("/devices")
    assert [page.has(f"forget-{n}") for n in (1, 2, 3)] == [True, True, False]
    home.browser.submit("forget-1")
    page = home.browser.submit("forget-1")
    assert page.has("no-devices")
    assert not home.opens("").has("sign-in-form"), "a forgotten device stays signed in"


def test_nobody_forgets_somebody_elses_device(home: AtHome) -> None:
    other = AtHome.signed_in(home.provider)
    theirs = dict(other.opens("/devices").form("forget-1").fields)["device"]
    home.opens("/devices")
    home.browser.submit("forget-1", {"device": theirs})
    assert other.opens("/devices").has("forget-1") and home.opens("/devices").has("forget-1")


def test_a_consent_is_shown_in_words_and_taken_back_at_once(home: AtHome) -> None:
    portal = home.provider.portal(consent="ask", refresh="offline", scope="openid profile phone offline_access")
    page = home.visitor.signs_in_at(portal, scope="openid profile phone offline_access")
    tokens = portal.tokens(page)
    assert portal.claims(tokens)["phone_number"] == home.citizen.phone
    page = home.opens("/consents")
    assert f"Cổng {portal.client_id}" in page.text
    assert "Họ, chữ đệm và tên" in page.text and "Số điện thoại" in page.text
    listed = [each.attributes["data-scope"] for each in page.elements if "data-scope" in each.attributes]
    assert listed == ["profile", "phone", "offline_access"]
    page = home.browser.submit(f"withdraw-form-{portal.client_id}", button=f"withdraw-{portal.client_id}")
    assert page.has("no-consents")
    assert portal.userinfo(tokens.access_token).status_code == 401
    assert portal.refresh(tokens.refresh_token).json()["error"] == "invalid_grant"
    assert not portal.introspect(tokens.access_token)["active"]
    assert home.visitor.goes_to(portal, scope="openid profile").has("consent-form"), "asked again"


def test_a_consent_of_somebody_else_is_not_taken_back(home: AtHome) -> None:
    portal = home.provider.portal(consent="ask", scope="openid profile")
    other = AtHome.signed_in(home.provider)
    tokens = portal.tokens(other.visitor.signs_in_at(portal, scope="openid profile"))
    home.visitor.signs_in_at(portal, scope="openid profile")
    home.opens("/consents")
    home.browser.submit(f"withdraw-form-{portal.client_id}")
    assert portal.userinfo(tokens.access_token).status_code == 200
    assert other.opens("/consents").has(f"withdraw-{portal.client_id}")


def happenings(page: Page) -> list[str]:
    return [each.attributes["data-event"] for each in page.elements if "data-event" in each.attributes]


def test_the_history_shows_what_happened_and_for_whom(home: AtHome) -> None:
    portal = home.provider.portal(consent="ask", scope="openid profile")
    home.provider.clock.advance(minutes=1)
    home.visitor.signs_in_at(portal, scope="openid profile")
    page = home.opens("/activity")
    assert {"consent_given", "code_issued", "session_opened", "sign_in_succeeded", "account_activated"} <= set(
        happenings(page)
    )
    assert f"Cổng {portal.client_id}" in page.text
    assert "Họ, chữ đệm và tên" in page.text


def test_the_history_shows_what_staff_did(home: AtHome) -> None:
    parts, now = home.provider.parts, home.provider.clock.advance(seconds=1)
    home.provider.run(parts.database.run(raise_level, home.citizen.account_id, reason="TK01-1", now=now))
    page = home.opens("/activity")
    assert happenings(page)[0] == "account_level_raised"
    assert "Do cán bộ hoặc người vận hành thực hiện" in page.text


def test_the_history_shows_the_legal_basis_of_a_released_number(home: AtHome) -> None:
    parts = home.provider.parts
    portal = home.provider.portal()
    registered = parts.portals.get(portal.client_id)
    assert registered
    released = NationalNumberReleased(legal_basis=RegisteredText("Nghị định 69/2024/NĐ-CP"), released_in="userinfo")
    home.provider.run(
        parts.database.run(
            record, released, account_id=home.citizen.account_id, portal_id=registered.id, now=home.provider.clock.now()
        )
    )
    assert "Nghị định 69/2024/NĐ-CP" in home.opens("/activity").text


def test_the_history_is_ones_own(home: AtHome) -> None:
    other = AtHome.signed_in(home.provider)
    before = happenings(home.opens("/activity"))
    other.opens("/sessions")
    assert happenings(home.opens("/activity")) == before


def test_the_history_goes_on_page_by_page(home: AtHome) -> None:
    parts, clock = home.provider.parts, home.provider.clock
    for generation in range(120):
        event = RefreshRotated(grant_id=new_id(clock.now()), generation=generation)
        clock.advance(seconds=0.01)
        home.provider.run(parts.database.run(record, event, account_id=home.citizen.account_id, now=clock.now()))
    page = home.opens("/activity")
    assert happenings(page) == ["refresh_rotated"] * 50 and not page.has("newest")
    page = home.browser.click("older")
    assert happenings(page) == ["refresh_rotated"] * 50
    page = home.browser.click("older")
    assert happenings(page)[:20] == ["refresh_rotated"] * 20 and "account_activated" in happenings(page)
    assert not page.has("older")
    assert home.browser.click("newest").has("older")


@pytest.mark.parametrize("before", ["x", "", "0" * 32, "f" * 32, "-1", "%F0%9F%90%98", "1" * 400])
def test_a_made_up_place_in_the_history_is_no_fault(home: AtHome, before: str) -> None:
    assert home.opens(f"/activity?before={before}").status == 200


@pytest.mark.parametrize("name", sorted(name for name, event in CATALOGUE.items() if event.shown))
def test_every_event_for_citizens_has_a_sentence(name: str) -> None:
    assert Translations.load(template_folder() / "translations").has(f"citizen.event.{name}")


def test_both_languages_are_spoken_everywhere(home: AtHome) -> None:
    home.browser.headers["Accept-Language"] = "en"
    for path in PATHS:
        page = home.opens(path)
        assert page.elements[0].attributes["lang"] == "en", path
        assert "Sign out" in page.text


def test_a_post_of_somebody_signed_out_leads_to_the_sign_in(home: AtHome) -> None:
    page = home.opens("/sessions")
    for key in [key for key in home.browser.cookies.held if key[2] == "__Host-session"]:
        del home.browser.cookies.held[key]
    form = next(each.id for each in page.elements if each.tag == "form" and each.id.startswith("end-"))
    assert home.browser.submit(form).has("sign-in-form")


@pytest.mark.parametrize("path", ["/sessions", "/devices", "/consents", "/password", *CHANGES])
def test_every_form_needs_its_token(home: AtHome, path: str) -> None:
    page = home.opens(path)
    answer = home.provider.http.post(
        page.url,
        data={"session": "x", "device": "x", "portal": "x", "csrf": "forged"},
        headers={"cookie": home.browser.cookies.header(page.url)},
    )
    assert answer.status_code == 403
    assert 'data-code="stale_form"' in answer.text


def test_the_form_of_another_page_is_not_there(home: AtHome) -> None:
    with pytest.raises(NotOnPage):
        home.opens("").form("end-others-form")
    assert error_on(home.browser.page) is None
