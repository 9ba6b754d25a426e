"""Fifty at once with what is good once: one wins, on SQLite and on PostgreSQL with two workers (I-01, I-02, I-20)."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import bindparam, func, select

from idp.consent import agreements
from idp.storage import Statement, Unit
from idp.tokens import access
from idp.tokens.tables import grants, refresh_tokens
from tests.support.at_once import at_once, opened_at_once
from tests.support.fapi_portal import fapi_portal
from tests.support.forging import claims_of
from tests.support.portal import ASSERTION_TYPE, Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.raw_http import Answer
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.served import served
from tests.support.visitor import Visitor

AT_ONCE = 50
FEW, MANY = 3, 100
ROUNDS = pytest.mark.parametrize("rounds", [FEW, pytest.param(MANY, marks=pytest.mark.long)])

GENERATIONS = Statement(
    select(func.count().label("number"))
    .where(refresh_tokens.c.grant_id == bindparam("grant"))
    .select_from(refresh_tokens)
)
GRANTS = Statement(select(func.count().label("number")).where(grants.c.account_id == bindparam("account")))


@pytest.fixture(scope="module", params=["sqlite", "postgresql with two workers"])
def racing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider to race against."""
    folder = tmp_path_factory.mktemp("racing")
    if request.param == "sqlite":
        url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), folder)
        with running_provider(url, folder) as running:
            yield running
    else:
        databases = cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases"))
        with databases.lend() as url, served(url, folder, workers=2) as running:
            yield running


@pytest.fixture(scope="module")
def track(racing: Provider) -> Portal:
    return racing.portal(minimum_level=1, refresh="offline", scope="openid offline_access")


@pytest.fixture
def runner(racing: Provider, track: Portal) -> Iterator[Visitor]:
    visitor = racing.visitor()
    visitor.signs_in_at(track, scope="openid offline_access")
    yield visitor
    racing.close_browsers()


def fifty(portal: Portal, endpoint: str, fields: dict[str, str]) -> list[Answer]:
    more, headers = portal.proof()
    answers = at_once(portal.provider[f"{endpoint}_endpoint"], fields | more, headers=headers, times=AT_ONCE)
    assert {answer.status for answer in answers} <= {200, 400, 401}
    return answers


def good(answers: list[Answer]) -> list[dict[str, str]]:
    return [json.loads(answer.body) for answer in answers if answer.status == 200]


def count(racing: Provider, statement: Statement, **values: object) -> int:
    def unit(db: Unit) -> int:
        row = db.one(statement, **values)
        return int(row.number) if row else 0

    return racing.run(racing.parts.database.read(unit))


@ROUNDS
def test_of_fifty_that_bring_one_code_one_gets_tokens(
    racing: Provider, track: Portal, runner: Visitor, rounds: int
) -> None:
    """T-01. And since a second use may be a thief's, what that one got is worth nothing (ASVS V10.4.2)."""
    before = count(racing, GRANTS, account=runner.citizen.account_id)
    for number in range(1, rounds + 1):
        page = runner.goes_to(track, scope="openid offline_access")
        asked = track.last
        fields = {
            "grant_type": "authorization_code",
            "code": track.code(page),
            "redirect_uri": asked.redirect_uri,
            "code_verifier": str(asked.verifier),
        }
        winners = good(fifty(track, "token", fields))
        assert len(winners) == 1
        assert track.userinfo(winners[0]["access_token"]).status_code == 401
        assert error_of(track.refresh(winners[0]["refresh_token"])) == "invalid_grant"
        assert count(racing, GRANTS, account=runner.citizen.account_id) == before + number


@ROUNDS
def test_of_fifty_that_bring_one_refresh_token_all_get_the_one_successor(
    racing: Provider, track: Portal, runner: Visitor, rounds: int
) -> None:
    """T-02, I-20: one generation is added, one family lives on."""
    tokens: Tokens = track.tokens(runner.goes_to(track, scope="openid offline_access"))
    grant = access.grant_of(claims_of(tokens.access_token)["jti"])
    token = str(tokens.refresh_token)
    for generation in range(1, rounds + 1):
        answers = good(fifty(track, "token", {"grant_type": "refresh_token", "refresh_token": token}))
        assert len(answers) == AT_ONCE
        successors = {answer["refresh_token"] for answer in answers}
        assert len(successors) == 1
        assert count(racing, GENERATIONS, grant=grant) == generation + 1
        token = successors.pop()
    assert track.introspect(token)["active"] is True


@ROUNDS
def test_of_fifty_that_bring_one_client_assertion_one_is_believed(racing: Provider, rounds: int) -> None:
    keyed = racing.portal(token_endpoint_auth_method="private_key_jwt")
    for _ in range(rounds):
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": keyed.assertion()}
        address = keyed.provider["introspection_endpoint"]
        answers = at_once(address, {"token": "x", **proof}, headers={}, times=AT_ONCE)
        assert sorted(answer.status for answer in answers) == [200] + [401] * (AT_ONCE - 1)


@ROUNDS
def test_of_fifty_that_bring_one_proof_one_is_told_anything(racing: Provider, rounds: int) -> None:
    """RFC 9449 §11.1, I-01."""
    portal, visitor = fapi_portal(racing, minimum_level=1), racing.visitor()
    visitor.browser.open(portal.pushes())
    token = portal.redeem(visitor.goes_on()).json()["access_token"]
    address = portal.provider["userinfo_endpoint"]
    assert portal.call(address, token).status_code == 200  # and there is a nonce now
    for _ in range(rounds):
        proof = portal.proof("GET", address, token=token)
        headers = {"authorization": f"DPoP {token}", "dpop": proof}
        answers = opened_at_once(address, headers=headers, times=AT_ONCE)
        assert sorted(answer.status for answer in answers) == [200] + [401] * (AT_ONCE - 1)
    racing.close_browsers()


@ROUNDS
def test_of_fifty_that_bring_one_pushed_request_one_gets_a_code(racing: Provider, rounds: int) -> None:
    """RFC 9126 §7.3, I-01: all of one signed-in browser, as if it had reloaded the address fifty times."""
    portal, visitor = fapi_portal(racing, minimum_level=1), racing.visitor()
    visitor.browser.open(portal.pushes())
    visitor.goes_on()
    headers = {"cookie": visitor.browser.cookies.header(racing.issuer)}
    for _ in range(rounds):
        answers = opened_at_once(portal.pushes(), headers=headers, times=AT_ONCE)
        places = [dict(answer.headers).get("location", "") for answer in answers]
        assert sum("code=c_" in place for place in places) == 1
        assert sum("pushed_request_unknown" in place for place in places) == AT_ONCE - 1
    racing.close_browsers()


@ROUNDS
def test_of_fifty_that_bring_one_code_from_an_sms_one_signs_in(racing: Provider, rounds: int) -> None:
    """ASVS V6.5.1."""
    portal = racing.portal()
    for _ in range(rounds):
        visitor = racing.visitor()
        visitor.goes_to(portal)
        visitor.gives_password()
        code = sent_to(racing, visitor)
        form = visitor.browser.page.form("otp-form")
        fields = dict(form.filled({"otp": code}, None))
        cookies = visitor.browser.cookies.header(racing.issuer)
        answers = at_once(form.action, fields, headers={"cookie": cookies}, times=AT_ONCE)
        assert max(answer.status for answer in answers) < 500
        sessions = [answer for answer in answers if any("__Host-session=" in value for _, value in answer.headers)]
        assert len(sessions) == 1
        assert len(racing.audit(visitor.citizen, "session_opened")) == 1
        racing.close_browsers()


def sent_to(racing: Provider, visitor: Visitor) -> str:
    """Have a code sent, wait for it on the phone, and leave the browser at the form that takes it."""
    attempt = visitor.browser.page.query["attempt"]
    visitor.browser.open(f"{racing.issuer}/sign-in/sms?attempt={attempt}")
    visitor.browser.submit("sms-form")
    for _ in range(100):
        for text in racing.texts(visitor.citizen):
            if found := re.search(r"\b\d{6}\b", text):
                return found[0]
        racing.clock.advance(seconds=0.1)
    raise AssertionError("no text came")


@ROUNDS
def test_nothing_outlives_a_withdrawal_that_races_with_what_the_portal_does(racing: Provider, rounds: int) -> None:
    """P-12: a code that is redeemed, and one that is asked for, in the moment of the withdrawal."""
    scope = "openid offline_access"
    asking = racing.portal(minimum_level=1, consent="ask", refresh="offline", scope=scope)
    portal, database, visitor = racing.parts.portals.get(asking.client_id), racing.parts.database, racing.visitor()
    assert portal is not None
    for _ in range(rounds):
        code = asking.code(visitor.signs_in_at(asking, scope=scope))
        redeemed, silent = asking.last, asking.ask(prompt="none", scope=scope)
        headers = {"cookie": visitor.browser.cookies.header(racing.issuer)}
        person, now = visitor.citizen.account_id, racing.clock.now()
        with ThreadPoolExecutor(3) as together:
            answers = [
                together.submit(asking.redeem, code, asked=redeemed),
                together.submit(asking.http.get, silent, headers=headers),
            ]
            withdrawn = together.submit(racing.run, database.run(agreements.withdraw, person, portal.id, now=now))
            tokens, back = (answer.result() for answer in answers)
        assert withdrawn.result()
        if tokens.status_code == 200:
            assert asking.userinfo(tokens.json()["access_token"]).status_code == 401
            assert error_of(asking.refresh(tokens.json()["refresh_token"])) == "invalid_grant"
        query = dict(parse_qsl(urlsplit(back.headers["location"]).query))
        if "code" in query:
            assert error_of(asking.redeem(query["code"])) == "invalid_grant"
    racing.close_browsers()
