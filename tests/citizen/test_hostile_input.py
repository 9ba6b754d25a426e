"""Whatever is typed or forged: a refusal or a page of ours, never a fault, and nothing repeated that was sent."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.citizen.stated_identity import FullNameMissing, StatedIdentity
from idp.register.person import BirthDate
from tests.citizen.applicants import Applicants, error_on
from tests.citizen.at_home import AtHome
from tests.support.provider import Provider

NUMBER = "003190000001"
STEPS = (
    *(f"/{task}/{step}" for task in ("activate", "recover") for step in ("code", "password", "second-factor")),
    *("/lock", "/lock/code", "/unlock", "/unlock/code"),
)
FIELDS = (
    *("citizen_number", "full_name", "birth_date", "code", "otp", "choice", "password", "password_again"),
    *("current", "end_others", "session", "device", "portal"),
)
COOKIES = {
    "activation": "/activate/second-factor",
    "recovery": "/recover/second-factor",
    "app_offer": "/account",
    "lock": "/lock/code",
    "unlock": "/unlock/code",
}
ACCOUNT = (
    "/account/sessions",
    "/account/devices",
    "/account/consents",
    "/account/password",
    "/account/second-factors/app",
    "/account/second-factors/remove-app",
    "/account/second-factors/recovery-codes",
)
QUIETLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PAGES = ("/", "/activate", "/recover", "/account", "/account/activity", "/account/lock", *ACCOUNT, *STEPS)
# No control characters: forms refuse them before a page sees them (tests/web). No lone surrogates: no UTF-8.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=80)
DIGITS = st.text("0123456789０１２３./-– ", max_size=30)


class Poster:
    """One browser's cookies and form token, for many forms in a row."""

    def __init__(self, provider: Provider, cookies: str, token: str) -> None:
        self._provider = provider
        self._headers = {"cookie": cookies}
        self._token = token

    def post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        return self._provider.http.post(
            self._provider.issuer + path, data={**fields, "csrf": self._token}, headers=self._headers
        )

    def get(self, path: str) -> httpx.Response:
        return self._provider.get(path, headers=self._headers)


@pytest.fixture
def stranger(provider: Provider) -> Poster:
    browser = provider.browser()
    page = browser.open(f"{provider.issuer}/activate")
    token = dict(page.form("activation-form").fields)["csrf"]
    return Poster(provider, browser.cookies.header(page.url), token)


@pytest.fixture
def insider(provider: Provider) -> Iterator[Poster]:
    provider.clock.advance(minutes=1)
    home = AtHome.signed_in(provider)
    page = home.opens("/password")
    token = dict(page.form("password-form").fields)["csrf"]
    yield Poster(provider, home.browser.cookies.header(page.url), token)


@pytest.fixture
def stranger_at_code(provider: Provider) -> dict[str, Poster]:
    """Before the step with the code, as nobody."""
    return {
        path: _at_code(provider, path, form)
        for path, form in {"/activate": "activation-form", "/recover": "recovery-start-form"}.items()
    }


def _at_code(provider: Provider, path: str, form: str) -> Poster:
    browser = provider.browser()
    token = dict(browser.open(provider.issuer + path).form(form).fields)["csrf"]
    page = browser.submit(form, {"citizen_number": NUMBER, "full_name": "Hoa", "birth_date": "1990"})
    assert page.url.endswith(f"{path}/code")
    return Poster(provider, browser.cookies.header(page.url), token)


def is_ours(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text[:500]
    if answer.status_code in (302, 303, 307):
        assert answer.status_code == 303 and answer.headers["location"].startswith("/")
    else:
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/activate", "/recover"])
@QUIETLY
@given(number=DIGITS | TEXT, name=TEXT, birth=DIGITS | TEXT)
def test_anything_may_be_typed_as_a_person(stranger: Poster, path: str, number: str, name: str, birth: str) -> None:
    answer = stranger.post(path, {"citizen_number": number, "full_name": name, "birth_date": birth})
    is_ours(answer)
    if answer.status_code != 303:
        code = re.search(r'data-code="(\w+)"', answer.text)
        assert code and code[1] in ("bad_citizen_number", "full_name_missing", "bad_birth_date")


@QUIETLY
@given(day=st.dates(date(1880, 1, 1), date(2030, 12, 31)), sign=st.sampled_from(["/", ".", "-", " / ", "／"]))
def test_every_day_is_understood_as_people_write_it(day: date, sign: str) -> None:
    for width in (1, 2):
        spelled = f"{day.day:0{width}d}{sign}{day.month:0{width}d}{sign}{day.year}"
        stated = StatedIdentity.read({"citizen_number": NUMBER, "full_name": "Hoa", "birth_date": spelled})
        assert stated.birth == BirthDate(day.year, day.month, day.day)


@QUIETLY
@given(name=st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậắằẳẵặéèẻẽẹ ", min_size=1, max_size=40))
def test_all_spellings_of_a_name_count_as_one(name: str) -> None:
    spelled = [name, name.upper(), unicodedata.normalize("NFD", name), f"  {name.replace(' ', '   ')} "]
    counted = set()
    for each in spelled:
        fields = {"citizen_number": NUMBER, "full_name": each, "birth_date": "1990"}
        try:
            counted.add(StatedIdentity.read(fields).as_counted)
        except FullNameMissing:
            counted.add("")
    assert len(counted) == 1


@QUIETLY
@given(code=TEXT | DIGITS)
@pytest.mark.parametrize("path", ["/activate", "/recover"])
def test_anything_may_be_typed_as_a_code(stranger_at_code: dict[str, Poster], path: str, code: str) -> None:
    answer = stranger_at_code[path].post(f"{path}/code", {"code": code})
    is_ours(answer)
    assert answer.status_code == 400


@QUIETLY
@given(fields=st.dictionaries(st.sampled_from(FIELDS), TEXT), path=st.sampled_from(ACCOUNT + STEPS))
def test_any_form_may_be_sent_anywhere(insider: Poster, path: str, fields: dict[str, str]) -> None:
    is_ours(insider.post(path, fields))


@QUIETLY
@given(cookie=st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.", max_size=300))
def test_a_forged_cookie_is_no_progress(provider: Provider, cookie: str) -> None:
    for name, path in COOKIES.items():
        answer = provider.get(path, headers={"cookie": f"__Host-{name}={cookie}"})
        assert answer.status_code in (200, 410)
        assert 'id="totp-form"' not in answer.text


def test_a_changed_cookie_is_no_progress(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    held = somebody.browser.cookies.held
    (key,) = [key for key in held if key[2] == "__Host-activation"]
    value = held[key].value
    for place in range(0, len(value), 7):
        other = "A" if value[place] != "A" else "B"
        held[key] = replace(held[key], value=value[:place] + other + value[place + 1 :])
        assert error_on(somebody.browser.open(f"{somebody.provider.issuer}/activate/code")) == "activation_gone"


@QUIETLY
@given(query=st.text(st.characters(codec="utf-8"), max_size=120), path=st.sampled_from(PAGES))
def test_any_query_gets_a_page_of_ours(insider: Poster, path: str, query: str) -> None:
    is_ours(insider.get(f"{path}?{quote(query, safe='=&%')}"))


@pytest.mark.parametrize("body", [b"csrf=%ff", b"csrf=1&csrf=1", b"=&=&==", b"\x00", b"csrf=" + b"x" * 70_000])
@pytest.mark.parametrize("path", [*STEPS, *ACCOUNT, "/account/lock", "/activate", "/recover"])
def test_a_broken_form_is_refused(provider: Provider, path: str, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = provider.http.post(provider.issuer + path, content=body, headers=headers)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/account", "/activate", "/recover/code", "/account/sessions"])
def test_other_methods_are_not_there(provider: Provider, path: str, method: str) -> None:
    assert provider.http.request(method, provider.issuer + path).status_code == 405
