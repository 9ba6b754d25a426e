"""An initial access token is good so often, so long, for what its agency settled; nobody can see it again."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from idp.audit.tables import audit_events
from idp.portals import Profile, RegistrationRefused, initial_tokens
from idp.portals.bounds import USUAL_SCOPES, Bounds
from idp.portals.initial_tokens import InitialToken, InitialTokenRefused
from idp.portals.tables import initial_tokens as rows
from idp.portals.token_commands import group
from idp.sealing import Secret
from idp.storage import Database, Statement, Unit
from tests.support.clock import ManualClock

BOUNDS = Bounds(agency="UBND tỉnh Lào Cai")
EVERYTHING = Statement(select(rows))
AUDIT = Statement(select(audit_events).order_by(audit_events.c.id))


async def made(database: Database, clock: ManualClock, *, most_uses: int = 1) -> tuple[InitialToken, str]:
    expires_at = clock.now() + timedelta(days=1)
    token, value = await database.run(
        initial_tokens.make, BOUNDS, most_uses=most_uses, expires_at=expires_at, now=clock.now()
    )
    return token, value.reveal()


async def is_good(database: Database, clock: ManualClock, value: str) -> bool:
    """Whether it is let through, by looking at it and by using it."""
    try:
        await database.read(initial_tokens.look, value, now=clock.now())
    except InitialTokenRefused:
        with pytest.raises(InitialTokenRefused):
            await database.run(initial_tokens.use, value, now=clock.now())
        return False
    await database.run(initial_tokens.use, value, now=clock.now())
    return True


@pytest.mark.anyio
async def test_it_is_good_as_often_as_was_said(database: Database, clock: ManualClock) -> None:
    _, value = await made(database, clock, most_uses=2)
    assert [await is_good(database, clock, value) for _ in range(4)] == [True, True, False, False]
    for stranger in ("", "i_", value[:-1], value + "x", "\ud800", "đ\0"):
        assert not await is_good(database, clock, stranger)


@pytest.mark.anyio
async def test_of_many_at_once_so_many_are_let_through(database: Database, clock: ManualClock) -> None:
    _, value = await made(database, clock, most_uses=3)

    async def use() -> bool:
        try:
            await database.run(initial_tokens.use, value, now=clock.now())
        except InitialTokenRefused:
            return False
        return True

    assert sum(await asyncio.gather(*(use() for _ in range(40)))) == 3
    [token] = await database.read(initial_tokens.every)
    assert (token.used, token.state(now=clock.now())) == (3, "used up")


@pytest.mark.anyio
async def test_it_ends_by_itself_and_by_an_operator(database: Database, clock: ManualClock) -> None:
    _, late = await made(database, clock)
    clock.advance(seconds=1)
    ended, value = await made(database, clock)
    told = await database.run(initial_tokens.end, ended.id, now=clock.advance(seconds=1))
    assert told.state(now=clock.now()) == "ended"
    again = await database.run(initial_tokens.end, ended.id, now=clock.advance(seconds=1))
    assert again.ended_at == told.ended_at
    assert not await is_good(database, clock, value)
    clock.advance(days=1)
    assert not await is_good(database, clock, late)
    assert [token.state(now=clock.now()) for token in await database.read(initial_tokens.every)] == ["expired", "ended"]
    events = [row.event for row in await database.read(_all, AUDIT)]
    assert events == ["initial_token_made", "initial_token_made", "initial_token_ended"]


@pytest.mark.anyio
async def test_only_a_digest_is_kept(database: Database, clock: ManualClock) -> None:
    _, value = await made(database, clock)
    kept = repr([tuple(row) for each in (EVERYTHING, AUDIT) for row in await database.read(_all, each)])
    assert value not in kept


@pytest.mark.anyio
async def test_one_of_somebody_elses_making_is_kept_once(database: Database, clock: ManualClock) -> None:
    value, expires_at = Secret("a-token-that-is-good-for-many"), clock.now() + timedelta(days=1)
    for agency in ("One", "Two"):
        bounds = Bounds(agency=agency, opens_at_once=True, minimum_level=1, step_up=False)
        await database.run(initial_tokens.keep, value, bounds, expires_at=expires_at, now=clock.advance(seconds=1))
        for _ in range(5):
            assert await is_good(database, clock, value.reveal())
    [token] = await database.read(initial_tokens.every)
    assert (token.bounds, token.used) == (bounds, 10)
    assert len(await database.read(_all, AUDIT)) == 1


def test_what_an_agency_settles_comes_back_as_it_was() -> None:
    bounds = Bounds.read(
        {
            "agency": "Bộ Y tế",
            "sector": "moh.gov.vn",
            "profiles": ["web", "service"],
            "scopes": ["openid", "citizen_number"],
            "resources": ["https://api.example/b", "https://api.example/a"],
            "legal_basis": "Nghị định 59/2022",
            "province": None,
        }
    )
    assert bounds.profiles == (Profile.WEB, Profile.SERVICE)
    assert Bounds.from_json(json.loads(json.dumps(bounds.to_json()))) == bounds
    assert bounds.resources == {"https://api.example/a", "https://api.example/b"}
    of_an_older_version = {name: value for name, value in bounds.to_json().items() if name != "resources"}
    assert Bounds.from_json(of_an_older_version) == replace(bounds, resources=frozenset())
    least = Bounds.read({"agency": "Bộ Y tế"})
    assert (least.profiles, least.scopes, least.opens_at_once) == ((Profile.FAPI2,), frozenset(USUAL_SCOPES), False)


@pytest.mark.parametrize(
    ("given", "members"),
    [
        ({"agency": None}, {"agency"}),
        ({"agency": " "}, {"agency"}),
        ({"sector": "a", "sector_prefix": "a/"}, {"sector_prefix"}),
        ({"sector": "Hà Nội"}, {"sector"}),
        ({"sector_prefix": "/"}, {"sector_prefix"}),
        ({"sector_prefix": "x" * 41}, {"sector_prefix"}),
        ({"province": "1"}, {"province"}),
        ({"profiles": ["lax"]}, {"profiles"}),
        ({"scopes": ["openid", "everything"]}, {"scopes"}),
        ({"scopes": ["openid", "citizen_number"]}, {"legal_basis"}),
        ({"resources": ["http://api.example/"]}, {"resources"}),
        ({"resources": ["https://api.example/#part"]}, {"resources"}),
        ({"minimum_level": 1}, {"minimum_level"}),
        ({"opens_at_once": True}, {"opens_at_once"}),
    ],
    ids=str,
)
def test_what_it_cannot_settle(given: dict[str, Any], members: set[str]) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        Bounds.read({"agency": "Bộ Y tế", **given})
    assert {fault.member for fault in refused.value.faults} == members


def tokens(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(group, ["tokens", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_an_operator_makes_lists_and_ends_them(file: Path) -> None:
    assert file.exists()
    code, said = tokens("new", "--agency", "Bộ Y tế", "--sector-prefix", "moh/", "--uses", "3", "--json")
    assert code == 0
    new = json.loads(said)
    assert (new["most_uses"], new["sector_prefix"], new["profiles"]) == (3, "moh/", ["fapi2"])
    assert new["token"].startswith("i_")
    words = ["--profile", "web", "--profile", "fapi2", "--days", "2", "--resource", "https://api.example"]
    code, said = tokens("new", "--agency", "Bộ Y tế", *words)
    assert (code, "token: i_" in said) == (0, True)
    [first, second] = json.loads(tokens("list", "--json")[1])
    assert (first["id"], first["state"], first["used"]) == (new["id"], "good", 0)
    assert (second["profiles"], second["most_uses"]) == (["web", "fapi2"], 1)
    assert (first["resources"], second["resources"]) == ([], ["https://api.example"])
    assert new["token"] not in tokens("list")[1]
    assert "good  0 of 3  moh/…  Bộ Y tế" in tokens("list")[1]
    assert tokens("end", new["id"]) == (0, f"{new['id']} is ended.\n")
    assert json.loads(tokens("list", "--json")[1])[0]["state"] == "ended"
    code, said = tokens("end", "0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10")
    assert (code, "idp portals tokens list" in said) == (1, True)


@pytest.mark.parametrize(
    "words",
    [["--uses", "0"], ["--days", "0"], ["--days", "367"], ["--sector", "Hà Nội"], ["--scope", "citizen_number"]],
)
def test_bad_words_make_none(file: Path, words: list[str]) -> None:
    assert file.exists()
    assert tokens("new", "--agency", "Bộ Y tế", *words)[0] != 0
    assert json.loads(tokens("list", "--json")[1]) == []


@pytest.mark.parametrize("command", ["new", "list", "end"])
def test_each_command_shows_an_example(command: str) -> None:
    assert "Example: idp portals tokens" in tokens(command, "--help")[1]


def _all(db: Unit, statement: Statement) -> list[Any]:
    return list(db.all(statement))
