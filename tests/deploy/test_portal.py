"""The demo's portals: what a person sees, and that a portal believes only genuine answers."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from joserfc.jwk import ECKey

from deploy.demo.portal_settings import BadPortalSettings, PortalSettings
from tests.deploy.lying_provider import KEY, LyingProvider, lying_provider
from tests.support.plain_browser import PlainBrowser
from tests.support.ports import free_port
from tests.support.processes import answers_at, running


@dataclass(frozen=True)
class Portal:
    """A running portal and the provider that it relies on."""

    url: str
    provider: LyingProvider


@contextmanager
def portal_of(provider: LyingProvider, folder: Path, *, name: str = "national") -> Iterator[Portal]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = folder / f"{name}.json"
    told = {"portal": name, "url": url, "issuer": provider.issuer, "client_id": "p", "client_secret": "x" * 40}
    config.write_text(json.dumps({**told, "other_portal_url": "http://other.localhost:9"}))
    command = [sys.executable, "-m", "deploy.demo.portal", "--config", str(config)]
    with running(command, log=folder / f"{name}.log", ready=answers_at(url)):
        yield Portal(url, provider)


@pytest.fixture(scope="module")
def running_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with lying_provider() as provider, portal_of(provider, tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture
def portal(running_portal: Portal) -> Portal:
    """The portal, its provider honest again."""
    running_portal.provider.lies.clear()
    running_portal.provider.key = KEY
    running_portal.provider.token_status = 200
    return running_portal


@pytest.fixture
def browser() -> Iterator[PlainBrowser]:
    with PlainBrowser() as browser:
        yield browser


def test_a_stranger_is_shown_a_way_in_and_no_claims(portal: Portal, browser: PlainBrowser) -> None:
    assert browser.open(portal.url).link("sign-in") == f"{portal.url}/sign-in"
    assert browser.open(f"{portal.url}/me.json").status == 401


def test_a_person_is_known_after_sign_in(portal: Portal, browser: PlainBrowser) -> None:
    page = browser.open(f"{portal.url}/sign-in")
    assert page.element("person").text == "Nguyễn Thị Thử <b>"
    assert "Ngày sinh1950 (chỉ có năm)" in page.element("claims").text
    assert page.link("other-portal") == "http://other.localhost:9/sign-in"
    assert json.loads(browser.open(f"{portal.url}/me.json").html)["gender"] == "female"


def test_a_sign_in_is_asked_for_with_pkce_state_and_nonce(portal: Portal, browser: PlainBrowser) -> None:
    browser.open(f"{portal.url}/sign-in")
    seen = portal.provider.seen
    assert seen["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(seen)
    assert seen["ui_locales"] == "vi"


def test_sign_out_ends_the_session_here_and_asks_the_provider(portal: Portal, browser: PlainBrowser) -> None:
    browser.open(f"{portal.url}/sign-in")
    page = browser.open(f"{portal.url}/sign-out")
    assert page.has("signed-out")
    assert {"id_token_hint", "client_id", "state"} <= set(portal.provider.ended)
    assert browser.open(f"{portal.url}/me.json").status == 401


def test_the_session_gets_a_new_name_at_sign_in(portal: Portal, browser: PlainBrowser) -> None:
    browser.open(f"{portal.url}/?lang=en")
    planted = browser.cookies.get("127.0.0.1", "national-portal")
    assert browser.open(f"{portal.url}/sign-in").has("person")
    assert browser.cookies.get("127.0.0.1", "national-portal") not in (None, planted)
    with PlainBrowser() as thief:
        thief.cookies.take(portal.url, f"national-portal={planted}; Path=/")
        assert thief.open(f"{portal.url}/me.json").status == 401


def test_the_language_is_kept(portal: Portal, browser: PlainBrowser) -> None:
    assert "Sign in with Định Danh" in browser.open(f"{portal.url}/?lang=en").text
    assert "Sign in with Định Danh" in browser.open(portal.url).text
    assert "Đăng nhập bằng Định Danh" in browser.open(f"{portal.url}/?lang=vi").text


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"answer": {"iss": "http://evil.example"}}, "answer_not_genuine"),
        ({"answer": {"iss": None}}, "answer_not_genuine"),
        ({"answer": {"state": "another"}}, "answer_not_ours"),
        ({"answer": {"state": None}}, "answer_not_ours"),
        ({"answer": {"code": None, "error": "access_denied"}}, "access_denied"),
        ({"answer": {"code": None, "error": "invalid_scope"}}, "refused"),
        ({"answer": {"code": None, "error": "access_denied", "iss": "http://evil.example"}}, "answer_not_genuine"),
        ({"id_token": {"nonce": "another"}}, "answer_not_genuine"),
        ({"id_token": {"nonce": None}}, "answer_not_genuine"),
        ({"id_token": {"iss": "http://evil.example"}}, "answer_not_genuine"),
        ({"id_token": {"aud": "another-portal"}}, "answer_not_genuine"),
        ({"id_token": {"aud": ["another-portal"], "azp": "p"}}, "answer_not_genuine"),
        ({"id_token": {"exp": 1_000_000_000}}, "answer_not_genuine"),
        ({"id_token": {"sub": None}}, "answer_not_genuine"),
        ({"tokens": {"id_token": None}}, "answer_not_genuine"),
        ({"tokens": {"id_token": "not.a.token"}}, "answer_not_genuine"),
        ({"userinfo": {"sub": "somebody-else"}}, "answer_not_genuine"),
    ],
)
def test_an_answer_that_is_not_genuine_signs_nobody_in(
    portal: Portal, browser: PlainBrowser, lies: dict[str, dict[str, Any]], code: str
) -> None:
    portal.provider.lies.update(lies)
    page = browser.open(f"{portal.url}/sign-in")
    assert page.element("error").attributes["data-code"] == code
    assert page.status >= 400
    assert browser.open(f"{portal.url}/me.json").status == 401


def test_a_signature_by_another_key_signs_nobody_in(portal: Portal, browser: PlainBrowser) -> None:
    portal.provider.key = ECKey.generate_key("P-256", {"kid": "published"})
    assert browser.open(f"{portal.url}/sign-in").element("error").attributes["data-code"] == "answer_not_genuine"


def test_a_refused_code_is_told_with_its_error(portal: Portal, browser: PlainBrowser) -> None:
    portal.provider.token_status = 400
    page = browser.open(f"{portal.url}/sign-in")
    assert (page.status, page.element("oauth-error").text) == (502, "invalid_grant")


def test_an_answer_in_another_browser_signs_nobody_in(portal: Portal, browser: PlainBrowser) -> None:
    browser.location_stops_at(f"{portal.url}/callback")
    stolen = browser.open(f"{portal.url}/sign-in").url
    with PlainBrowser() as victim:
        assert victim.open(stolen).element("error").attributes["data-code"] == "answer_not_ours"


def test_an_answer_is_good_once(portal: Portal, browser: PlainBrowser) -> None:
    browser.open(f"{portal.url}/sign-in")
    used = next(visit.url for visit in browser.history if "/callback?" in visit.url)
    assert browser.open(used).element("error").attributes["data-code"] == "answer_not_ours"


def test_pages_let_nothing_from_elsewhere_in(portal: Portal, browser: PlainBrowser) -> None:
    headers = browser.open(portal.url).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_a_sign_in_that_somebody_else_asks_for_begins_at_a_provider_that_is_relied_on(
    portal: Portal, browser: PlainBrowser
) -> None:
    page = browser.open(
        f"{portal.url}/initiate-login?iss={portal.provider.issuer}&target_link_uri=https://evil.example"
    )
    assert (page.url, page.has("person")) == (f"{portal.url}/", True)


@pytest.mark.parametrize(
    "issuer",
    [
        *("", "https://evil.example", "{own}/portal-tests/", "{own}/portal-tests/../x"),
        "{own}.evil.example/portal-tests/aaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_a_sign_in_at_any_other_provider_is_not_begun(portal: Portal, browser: PlainBrowser, issuer: str) -> None:
    asked = quote(issuer.format(own=portal.provider.issuer), safe="")
    page = browser.open(f"{portal.url}/initiate-login?iss={asked}")
    assert (page.status, page.element("error").attributes["data-code"]) == (400, "provider_unknown")


def test_an_unknown_address_is_a_page(portal: Portal, browser: PlainBrowser) -> None:
    page = browser.open(f"{portal.url}/khong-co")
    assert (page.status, page.element("error").attributes["data-code"]) == (404, "not_found")


def test_a_provider_of_another_name_is_not_believed(tmp_path: Path, browser: PlainBrowser) -> None:
    with lying_provider() as provider, portal_of(provider, tmp_path, name="province") as portal:
        provider.lies["discovery"] = {"issuer": "http://evil.example"}
        page = browser.open(f"{portal.url}/sign-in")
        assert (page.status, page.element("error").attributes["data-code"]) == (503, "provider_unreachable")
        provider.lies.clear()
        assert browser.open(f"{portal.url}/sign-in").has("person")


def test_without_the_provider_a_person_is_told_so_and_can_still_sign_out_here(
    tmp_path: Path, browser: PlainBrowser
) -> None:
    with ExitStack() as stays:
        with lying_provider() as provider:
            portal = stays.enter_context(portal_of(provider, tmp_path))
            assert browser.open(f"{portal.url}/sign-in").has("person")
        page = browser.open(f"{portal.url}/sign-in")
        assert (page.status, page.element("error").attributes["data-code"]) == (503, "provider_unreachable")
        assert "phiên ở đó có thể vẫn còn" in browser.open(f"{portal.url}/sign-out").element("signed-out").text
        assert browser.open(f"{portal.url}/me.json").status == 401


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({}, "missing: client_id"),
        ({"portal": "ministry"}, "portal is one of"),
        ({"portal": "national", "secret": "x"}, "unknown: secret"),
    ],
)
def test_bad_settings_are_refused_with_every_fault_named(tmp_path: Path, told: dict[str, str], fault: str) -> None:
    (tmp_path / "portal.json").write_text(json.dumps(told))
    with pytest.raises(BadPortalSettings, match=fault):
        PortalSettings.read(tmp_path / "portal.json")
