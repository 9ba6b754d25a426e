"""What a serving provider writes down for its operators holds nobody's name and opens nothing (I-15)."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import quote, quote_plus, urlencode

import orjson
import pytest

from idp.register.personas import persona
from tests.sign_in.people import types
from tests.support.citizens import Citizen
from tests.support.portal import Portal
from tests.support.schema import sqlite_copy
from tests.support.served import Served, served
from tests.support.visitor import Visitor

TYPED_WRONG = "sai-mà-vẫn-bí-mật"


@pytest.fixture
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """As it is run in earnest, saying as much as it can be made to say."""
    url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), tmp_path)
    with served(url, tmp_path, log_level="info") as running:
        yield running


def whole_visit(provider: Served, portal: Portal, visitor: Visitor) -> set[str]:
    """Everything a person and a portal do, right and wrong; what nobody else may read of it."""
    person, issuer = visitor.citizen, provider.issuer
    visitor.goes_to(portal, state="a-state-of-the-portal", login_hint=person.number)
    types(visitor, password=TYPED_WRONG)
    visitor.gives_password()
    visitor.browser.submit("otp-form", {"otp": "000000"})
    typed = person.code(visitor.clock)
    page = visitor.browser.submit("otp-form", {"otp": typed})
    code, first = portal.code(page), portal.tokens(page)
    second = portal.refreshed(first)
    portal.claims(second)
    portal.introspect(second.access_token)
    portal.revoke(second.access_token)
    portal.redeem(code)
    portal.post("token", b"grant_type=refresh_token&refresh_token=%ff" + code.encode())
    session = str(visitor.browser.cookies.get("localhost", "__Host-session"))
    provider.get(f"/userinfo?{urlencode({'access_token': second.access_token})}")
    provider.get(f"/{quote(person.number)}?{urlencode({'phone': person.phone})}")
    visitor.browser.open(portal.sign_out_url(id_token_hint=first.id_token))
    begun = _begins_again(visitor, issuer)
    assert first.refresh_token and second.refresh_token and portal.members["client_secret"]
    return {
        *(person.number, person.phone, person.phone[3:], person.password, TYPED_WRONG, typed, session, code, *begun),
        *(first.access_token, first.id_token, first.refresh_token, second.access_token, second.refresh_token),
        *(portal.members["client_secret"], first.claims["sub"], "a-state-of-the-portal"),
    }


def _begins_again(visitor: Visitor, issuer: str) -> tuple[str, ...]:
    """Asks for a new password, as far as the message with the code."""
    name = persona("ordinary-woman").entry.full_name
    visitor.browser.open(f"{issuer}/recover")
    stated = {"citizen_number": visitor.citizen.number, "full_name": name, "birth_date": "30/04/1980"}
    visitor.browser.submit("recovery-start-form", stated)
    visitor.browser.submit("recovery-code-form", {"code": "987654"})
    return (name, "30/04/1980", "987654")


def test_no_line_holds_a_person_or_a_secret(provider: Served) -> None:
    """ASVS 16.2.5, T-06."""
    portal = provider.portal(refresh="session", scope="openid profile phone")
    person: Citizen = provider.newcomer()
    secret = whole_visit(provider, portal, provider.visitor(person))
    provider.tick()
    written = provider.program.said()
    lines = [orjson.loads(line) for line in written.splitlines() if line.startswith("{")]
    routes = {line.get("route") for line in lines}
    assert {"/authorize", "/sign-in/password", "/sign-in/otp", "/token", "/userinfo", "/recover", None} <= routes
    ways = (str, quote, quote_plus, lambda text: orjson.dumps(text).decode()[1:-1])
    spelled = {way(text) for text in secret for way in ways}
    assert [text for text in spelled if text in written] == []
