"""Fifty at once with one proof: one signs in, on SQLite and on PostgreSQL with two workers (I-01, I-03)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from idp.accounts import State, certificates
from tests.sign_in.certificates.holder import Holder
from tests.support.at_once import at_once, opened_at_once
from tests.support.authorities import Authorities
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.raw_http import Answer
from tests.support.schema import PostgresqlDatabases, sqlite_copy
from tests.support.served import served
from tests.support.signed_answers import web_eid

AT_ONCE = 50
FEW, MANY = 2, 100
ROUNDS = pytest.mark.parametrize("rounds", [FEW, pytest.param(MANY, marks=pytest.mark.long)])


@pytest.fixture(scope="module", params=["sqlite", "postgresql with two workers"])
def racing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, trusted: Authorities
) -> Iterator[Provider]:
    """A provider to race against, that trusts the tests' authorities."""
    folder = tmp_path_factory.mktemp("racing")
    if request.param == "sqlite":
        url = sqlite_copy(cast(Path, request.getfixturevalue("_sqlite_template")), folder)
        with running_provider(url, folder, **trusted.settings) as running:
            trusted.introduce(running)
            yield running
        return
    databases = cast(PostgresqlDatabases, request.getfixturevalue("_postgresql_databases"))
    settings: dict[str, Any] = {
        name: " ".join([value] if isinstance(value, str) else value) for name, value in trusted.settings.items()
    }
    with databases.lend() as url, served(url, folder, workers=2, **settings) as running:
        trusted.introduce(running)
        # Each worker looks for a newer trust list each second.
        running.clock.advance(seconds=1.5)
        yield running


@pytest.fixture(scope="module")
def track(racing: Provider) -> Portal:
    return racing.portal()


def somebody(racing: Provider, trusted: Authorities) -> Holder:
    citizen = racing.newcomer()
    return Holder(racing, racing.visitor(citizen), trusted.card(racing, citizen))


def signed_in(answers: list[Answer]) -> list[Answer]:
    assert max(answer.status for answer in answers) < 500
    return [answer for answer in answers if any("__Host-session=" in value for _, value in answer.headers)]


@ROUNDS
def test_of_fifty_that_bring_one_ticket_one_signs_in(
    racing: Provider, track: Portal, trusted: Authorities, rounds: int
) -> None:
    for _ in range(rounds):
        holder = somebody(racing, trusted)
        back = holder.shows(holder.goes_to_the_host(track)).headers["location"]
        cookies = holder.visitor.browser.cookies.header(racing.issuer)
        assert len(signed_in(opened_at_once(back, headers={"cookie": cookies}, times=AT_ONCE))) == 1
        assert len(racing.audit(holder.visitor.citizen, "session_opened")) == 1
        racing.close_browsers()


@ROUNDS
def test_of_fifty_that_bring_one_answer_one_signs_in(
    racing: Provider, track: Portal, trusted: Authorities, rounds: int
) -> None:
    for _ in range(rounds):
        holder = somebody(racing, trusted)
        nonce = holder.goes_to_the_challenge(track)
        token = web_eid(holder.card, nonce=nonce, origin=holder.origin)
        form = holder.page.form("challenge-form")
        fields = dict(form.filled({"token": token}, None))
        cookies = holder.visitor.browser.cookies.header(racing.issuer)
        assert len(signed_in(at_once(form.action, fields, headers={"cookie": cookies}, times=AT_ONCE))) == 1
        assert len(racing.audit(holder.visitor.citizen, "certificate_accepted")) == 1
        racing.close_browsers()


@ROUNDS
@pytest.mark.parametrize("stopped_by", ["removing it", "suspending the account"])
def test_nothing_is_opened_after_it_was_stopped(
    racing: Provider, track: Portal, trusted: Authorities, rounds: int, stopped_by: str
) -> None:
    """Whichever comes first: a session that is there was opened before, and nobody gets in afterwards."""
    for _ in range(rounds):
        holder = somebody(racing, trusted)
        assert holder.signs_in_by_tls(track).stopped
        citizen = holder.visitor.citizen
        again = Holder(racing, racing.visitor(citizen), holder.card)
        back = again.shows(again.goes_to_the_host(track)).headers["location"]
        headers = {"cookie": again.visitor.browser.cookies.header(racing.issuer)}
        with ThreadPoolExecutor(2) as together:
            opened = together.submit(opened_at_once, back, headers=headers, times=4)
            stop = _remove if stopped_by == "removing it" else _suspend
            together.submit(stop, racing, holder).result()
        assert len(signed_in(opened.result())) <= 1
        late = Holder(racing, racing.visitor(citizen), holder.card)
        assert not late.signs_in_by_tls(track).stopped
        racing.close_browsers()


def _remove(racing: Provider, holder: Holder) -> None:
    parts, account = racing.parts, holder.visitor.citizen.account_id
    [linked] = racing.run(parts.database.read(certificates.list_of, parts.keyring, account))
    assert racing.run(parts.database.run(certificates.remove, account, linked.id, now=racing.clock.now()))


def _suspend(racing: Provider, holder: Holder) -> None:
    racing.set_state(holder.visitor.citizen, State.SUSPENDED)
