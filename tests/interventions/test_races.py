"""Intervened against at a random moment of a sign-in, a redemption and a refresh: nothing is issued after it (I-03,
F-24).

Each person of a crowd is one trial of a round. What came before the act committed is dead once it has; what was asked
for after it is refused; and nothing that was made beside it is left alive.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.interventions.crowd import ORDERS, SCOPE, WAYS, Crowd
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.served import served

FEW, MANY = (6, len(ORDERS)), (40, 125)
"""People, and rounds, on each of two engines: ten thousand trials in all with full counts."""


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


@pytest.mark.parametrize(("people", "rounds"), [FEW, pytest.param(*MANY, marks=pytest.mark.long)])
def test_nothing_is_issued_after_it(racing: Provider, people: int, rounds: int) -> None:
    portal = racing.portal(minimum_level=1, refresh="offline", scope=SCOPE)
    crowd = Crowd(racing, portal, [racing.newcomer() for _ in range(people)])
    let_in = dict.fromkeys(WAYS, 0)
    for number in range(rounds):
        order = ORDERS[number % len(ORDERS)]
        outcome = crowd.round(order)
        assert outcome.too_late == [], order.act
        assert crowd.living() == [0, 0, 0], order.act
        crowd.undo(order, crowd.job_id)
        for way, count in outcome.let_in.items():
            let_in[way] += count
    trials = rounds * people
    tried = {way: (count, trials) for way, count in let_in.items()}
    if (people, rounds) != MANY:
        # In a few trials chance may let nobody in by one of the ways; in thousands it does not.
        tried = {"any": (sum(let_in.values()), trials * len(WAYS))}
    assert all(0 < count < of for count, of in tried.values()), f"no race at all: {let_in} of {trials}"
