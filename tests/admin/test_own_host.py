"""The console on a host of its own: what answers where, and the way from one host to the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest

from idp.admin import staff
from idp.admin.handing_over import LIFETIME
from idp.admin.roles import Role
from idp.admin.staff_sessions import COOKIE
from idp.audit import LOCAL_OPERATOR
from tests.admin.test_entrance import held, refused
from tests.support.officials import Official, employ, open_console
from tests.support.ports import free_port
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.visitor import Visitor

# Another host than localhost, and one that every machine knows: to browsers they have nothing in common.
HOST = "127.0.0.1"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def apart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider whose console has a host of its own, on the same port."""
    folder, port = tmp_path_factory.mktemp("apart"), free_port()
    settings: dict[str, Any] = {"port": port, "admin_url": f"http://{HOST}:{port}"}
    if request.param == "sqlite":
        url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), folder)
        with running_provider(url, folder, **settings) as running:
            yield running
        return
    databases = cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases"))
    with databases.lend() as url, running_provider(url, folder, **settings) as running:
        yield running


def console(apart: Provider) -> str:
    return apart.parts.settings.admin_url


def asks(official: Official, apart: Provider) -> str:
    """Open the console as far as the provider's host; the address there."""
    page = official.visitor.browser.open(f"{console(apart)}/admin/staff")
    assert page.has("sign-in-form")
    assert urlsplit(page.url).hostname == "localhost"
    return page.url


def is_given_a_code(official: Official, apart: Provider, address: str) -> str:
    """Sign in for that address, and do not follow the last step; its link with the code."""
    visitor = official.visitor
    visitor.browser.location_stops_at(f"{console(apart)}/admin/arrive")
    visitor.browser.open(address)
    page = visitor.goes_on()
    assert page.stopped, page.url
    return page.url


def follows(apart: Provider, visitor: Visitor, link: str) -> httpx.Response:
    """Open a link with the cookies of that browser, and follow nothing."""
    cookies = visitor.browser.cookies.header(link)
    return apart.http.get(link, headers={"cookie": cookies}, follow_redirects=False)


def code_of(answer: httpx.Response) -> str:
    """The code of a refusal's page."""
    return answer.text.partition('data-code="')[2].partition('"')[0]


def test_each_host_answers_its_own_paths_alone(apart: Provider) -> None:
    for path in ("/admin", "/admin/staff", "/admin/arrive", "/admin/signed-out", "/admin/api/openapi.json"):
        assert apart.get(path).status_code == 404, path
    for path in ("/.well-known/openid-configuration", "/jwks", "/account", "/sign-in/password", "/staff/hand-over/x"):
        assert apart.http.get(f"{console(apart)}{path}").status_code == 404, path
    assert apart.http.get(f"{console(apart)}/admin/signed-out").status_code == 200
    assert apart.http.get(f"{console(apart)}/").headers["location"] == "/admin"


def test_the_host_header_makes_no_link(apart: Provider) -> None:
    for host in ("evil.example", "evil.example:80", f"{HOST}.evil.example", HOST.upper()):
        assert apart.get("/admin", headers={"host": host}).status_code in (303, 404)
    answer = apart.http.get(f"{console(apart)}/admin", headers={"host": HOST, "x-forwarded-host": "evil.example"})
    assert answer.headers["location"].startswith(f"{apart.issuer}/staff/hand-over/")


def test_staff_come_over_and_to_the_page_they_asked_for(apart: Provider) -> None:
    official = employ(apart, Role.NATIONAL_ADMIN)
    page = official.opens("/admin/staff")
    assert (page.status, page.url) == (200, f"{console(apart)}/admin/staff")
    hosts = {each.name: each.host for each in official.visitor.browser.cookies.held.values()}
    assert (hosts[COOKIE.name], hosts["__Host-session"]) == (HOST, "localhost")


def test_signing_out_there_signs_out_here_too(apart: Provider) -> None:
    official = open_console(apart, Role.NATIONAL_ADMIN)
    assert official.submits("sign-out-form").has("signed-out")
    assert asks(official, apart)


def test_who_is_no_staff_gets_no_code(apart: Provider) -> None:
    visitor = apart.visitor()
    visitor.browser.open(f"{console(apart)}/admin")
    assert refused(visitor.goes_on()) == (403, "not_staff")


def test_a_code_is_spent_once(apart: Provider) -> None:
    official = employ(apart, Role.AUDITOR)
    link = is_given_a_code(official, apart, asks(official, apart))
    first = follows(apart, official.visitor, link)
    assert (first.status_code, first.headers["location"]) == (303, "/admin/staff")
    second = follows(apart, official.visitor, link)
    assert (second.status_code, code_of(second)) == (410, "staff_arrival_refused")
    assert "set-cookie" not in second.headers or COOKIE.name not in second.headers["set-cookie"]


def test_a_code_lives_a_minute(apart: Provider) -> None:
    official = employ(apart, Role.AUDITOR)
    link = is_given_a_code(official, apart, asks(official, apart))
    apart.clock.advance(seconds=LIFETIME.total_seconds())
    assert code_of(follows(apart, official.visitor, link)) == "staff_arrival_refused"


def test_nobody_is_led_in_as_somebody_else_by_a_code(apart: Provider) -> None:
    attacker, victim = employ(apart, Role.AUDITOR), employ(apart, Role.NATIONAL_ADMIN)
    link = is_given_a_code(attacker, apart, asks(attacker, apart))
    asks(victim, apart)
    assert code_of(follows(apart, victim.visitor, link)) == "staff_arrival_refused"
    assert code_of(follows(apart, apart.visitor(), link)) == "staff_arrival_refused"


def test_an_address_asked_for_by_another_browser_opens_nothing(apart: Provider) -> None:
    attacker, victim = employ(apart, Role.AUDITOR), employ(apart, Role.NATIONAL_ADMIN)
    lured = asks(attacker, apart)
    # The victim signs in for it: the code is good in the attacker's browser alone, and never reaches it.
    link = is_given_a_code(victim, apart, lured)
    assert code_of(follows(apart, victim.visitor, link)) == "staff_arrival_refused"


def test_who_was_removed_before_the_code_was_spent_stays_out(apart: Provider) -> None:

    official = employ(apart, Role.AUDITOR)
    link = is_given_a_code(official, apart, asks(official, apart))
    apart.run(
        apart.parts.database.run(
            staff.remove, official.staff.id, actor=LOCAL_OPERATOR, why="Thôi việc", now=apart.clock.now()
        )
    )
    assert code_of(follows(apart, official.visitor, link)) == "not_staff"


def test_a_forged_asking_cookie_is_none(apart: Provider) -> None:
    official = employ(apart, Role.AUDITOR)
    link = is_given_a_code(official, apart, asks(official, apart))
    answer = apart.http.get(link, headers={"cookie": "__Host-staff_asking=forged"}, follow_redirects=False)
    assert code_of(answer) == "staff_arrival_refused"
    assert held(official, "__Host-staff_asking") not in link
