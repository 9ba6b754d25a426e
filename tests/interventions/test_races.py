"""Suspended at a random moment of a sign-in, a redemption and a refresh: nothing is issued after it (I-03, F-24)."""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import bindparam, func, select

from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason
from idp.sessions.tables import sessions
from idp.storage import Statement, Unit
from idp.tokens.tables import codes, grants
from tests.support.citizens import Citizen
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.served import served

FEW, MANY = 3, 5000
"""On each of two engines."""

LONGEST_WAIT = 0.04
"""Seconds; everything that races is over by then."""

SCOPE = "openid offline_access"

_LIVING = tuple(
    Statement(select(func.count().label("number")).where(table.c.account_id == bindparam("account"), open_))
    for table, open_ in (
        (sessions, sessions.c.ended_at.is_(None)),
        (grants, grants.c.ended_at.is_(None)),
        (codes, codes.c.spent_at.is_(None)),
    )
)


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
    return racing.portal(minimum_level=1, refresh="offline", scope=SCOPE)


def acts(racing: Provider, citizen: Citizen, what: Act) -> None:
    order = Order(what, Reason.OWN_REQUEST, "Phiếu TK03", "staff")
    parts = racing.parts
    racing.run(parts.database.run(intervene, parts.keyring, citizen.account_id, order, now=racing.clock.now()))


def living(racing: Provider, citizen: Citizen) -> list[int]:
    """How many sessions, grants and codes of the account are not ended."""

    def unit(db: Unit) -> list[int]:
        rows = [db.one(statement, account=citizen.account_id) for statement in _LIVING]
        return [row.number for row in rows if row]

    return racing.run(racing.parts.database.read(unit))


@pytest.mark.parametrize("rounds", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_nothing_is_issued_after_it(racing: Provider, track: Portal, rounds: int) -> None:
    citizen = racing.newcomer()
    for _ in range(rounds):
        won = race(racing, track, citizen)
        assert living(racing, citizen) == [0, 0, 0]
        for tokens in won:
            assert track.userinfo(tokens["access_token"]).status_code == 401
            assert track.refresh(tokens["refresh_token"]).status_code == 400
        acts(racing, citizen, Act.RESTORE)
        racing.close_browsers()


def race(racing: Provider, track: Portal, citizen: Citizen) -> list[dict[str, Any]]:
    """The tokens that were got while the account was being suspended."""
    at_home, elsewhere = racing.visitor(citizen), racing.visitor(citizen)
    tokens = track.tokens(at_home.signs_in_at(track, scope=SCOPE))
    code, asked = track.code(at_home.goes_to(track, scope=SCOPE)), track.last
    link = track.ask(scope=SCOPE)
    elsewhere.browser.open(track.ask(scope=SCOPE))

    def suspend() -> None:
        time.sleep(secrets.randbelow(1000) / 1000 * LONGEST_WAIT)
        acts(racing, citizen, Act.SUSPEND)

    with ThreadPoolExecutor(5) as together:
        suspended = together.submit(suspend)
        answers = [
            together.submit(track.redeem, code, asked=asked),
            together.submit(track.refresh, tokens.refresh_token),
        ]
        others = [together.submit(at_home.browser.open, link), together.submit(elsewhere.goes_on)]
    suspended.result()
    for other in others:
        other.result()
    said = [answer.result() for answer in answers]
    assert {answer.status_code for answer in said} <= {200, 400}
    return [{"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}] + [
        answer.json() for answer in said if answer.status_code == 200
    ]
