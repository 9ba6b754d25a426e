"""`idp staff …`, and what the commands that need four eyes do once two may approve."""

import asyncio
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from idp import accounts, approvals
from idp.accounts.command_line import open_parts
from idp.admin import staff
from idp.approvals import Kind, Proposal, State
from idp.audit.tables import audit_events
from idp.cli import build
from idp.keys import SigningKeys, rotation
from idp.register.person import Person
from idp.settings import Settings
from idp.storage import Statement, Unit
from tests.accounts.conftest import HASH, somebody

P = ParamSpec("P")
R = TypeVar("R")

EVENTS = Statement(select(audit_events.c.event, audit_events.c.actor).order_by(audit_events.c.at, audit_events.c.id))
FIRST, SECOND, THIRD = (somebody() for _ in range(3))


@pytest.fixture
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation in which three people have an account; nobody is staff."""
    for name, value in {
        "ISSUER": "https://id.example",
        "MODE": "demo",
        "ADMIN_URL": "https://console.example",
        "DATABASE_URL": database_url,
        "MASTER_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }.items():
        monkeypatch.setenv(f"IDP_{name}", value)
    chosen = Settings.from_environ()

    async def settle() -> None:
        async with open_parts(chosen) as parts:
            now = parts.clock.now()
            await SigningKeys.load(parts.database, parts.keyring, algorithms=["ES256"], now=now)
            for person in (FIRST, SECOND, THIRD):
                await parts.database.run(
                    accounts.create, parts.keyring, person, password_hash=HASH, phone=person.phone, now=now
                )

    asyncio.run(settle())
    return chosen


def idp(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def says(*words: str) -> Any:
    code, said = idp(*words, "--json")
    assert code == 0, said
    return json.loads(said)


def looked_at(settings: Settings, unit: Callable[Concatenate[Unit, P], R], *args: P.args, **named: P.kwargs) -> R:
    async def once() -> R:
        async with open_parts(settings) as parts:
            return await parts.database.read(unit, *args, **named)

    return asyncio.run(once())


def proposal(settings: Settings, shown: dict[str, Any]) -> Proposal:
    found = looked_at(settings, approvals.find, UUID(shown["proposal"]))
    assert found is not None
    return found


def employ(person: Person, role: str = "national-admin", *more: str) -> tuple[int, str]:
    return idp("staff", "add", person.number, "--role", role, *more)


@pytest.fixture
def two(settings: Settings) -> Settings:
    """The same, with two who may approve."""
    for person in (FIRST, SECOND):
        assert employ(person)[0] == 0
    return settings


def test_the_first_two_are_added_by_the_operator_alone(settings: Settings) -> None:
    assert "Nobody is staff yet" in idp("staff", "list")[1]
    for person in (FIRST, SECOND):
        code, said = employ(person)
        assert code == 0
        assert "Staff from now on" in said
        assert "alone" in said
    assert [row["role"] for row in says("staff", "list")] == ["national-admin", "national-admin"]
    assert FIRST.number not in idp("staff", "list")[1]
    events = [tuple(row) for row in looked_at(settings, lambda db: db.all(EVENTS))]
    assert events.count(("done_alone", "local_operator")) == 2
    assert events.count(("staff_added", "local_operator")) == 2


def test_the_third_is_only_proposed_and_the_sentence_says_how_it_goes_on(two: Settings) -> None:
    code, said = employ(THIRD, "provincial-admin", "--province", "22", "--why", "Quyết định 15")
    assert code == 0
    assert "Proposed, not done" in said
    assert "https://console.example/admin/approvals/" in said
    assert len(says("staff", "list")) == 2
    shown = says("staff", "add", THIRD.number, "--role", "helpdesk")
    found = proposal(two, shown)
    assert (found.kind, found.state, found.proposed_by) == (Kind.STAFF_ADDED, State.OPEN, "local_operator")
    assert shown["approve_at"] == f"https://console.example/admin/approvals/{found.id}"


def test_break_glass_adds_at_once_and_awaits_a_review(two: Settings) -> None:
    code, said = employ(THIRD, "helpdesk", "--break-glass", "Tổng đài quá tải đêm nay")
    assert code == 0
    assert "Staff from now on" in said
    assert "reviews it" in said
    assert len(says("staff", "list")) == 3
    (done,) = [each for each in looked_at(two, approvals.listed, now=clock_of(two)) if each.awaits_review]
    assert (done.kind, done.why) == (Kind.STAFF_ADDED, "Tổng đài quá tải đêm nay")


def clock_of(settings: Settings) -> datetime:
    async def now() -> datetime:
        async with open_parts(settings) as parts:
            return parts.clock.now()

    return asyncio.run(now())


def test_removing_is_proposed_too(two: Settings) -> None:
    shown = says("staff", "remove", SECOND.number)
    assert proposal(two, shown).kind is Kind.STAFF_REMOVED
    assert len(says("staff", "list")) == 2
    assert idp("staff", "remove", SECOND.number, "--break-glass", "Đã nghỉ việc")[0] == 0
    assert len(says("staff", "list")) == 1
    assert not looked_at(two, approvals.four_eyes_hold)


def test_another_role_replaces_the_one_before(settings: Settings) -> None:
    before = says("staff", "add", FIRST.number, "--role", "national-admin")
    after = says("staff", "add", FIRST.number, "--role", "auditor")
    assert after["id"] == before["id"]
    assert [row["role"] for row in says("staff", "list")] == ["auditor"]
    assert looked_at(settings, lambda db: len(staff.everybody(db))) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "003190999999", "--role", "auditor"), "No account"),
        (("add", FIRST.number, "--role", "provincial-admin"), "province"),
        (("add", FIRST.number, "--role", "auditor", "--province", "01"), "province"),
        (("add", "nobody", "--portal", "--role", "auditor"), "portal"),
        (("remove", FIRST.number), "no staff"),
    ],
    ids=["nobody", "no-province", "needless-province", "no-portal", "no-staff"],
)
def test_what_cannot_be_is_said(settings: Settings, words: tuple[str, ...], said: str) -> None:
    code, told = idp("staff", *words)
    assert code == 1
    assert said in told


def test_keys_are_only_proposed_and_broken_glass_rotates_them(two: Settings) -> None:
    def generations() -> int:
        return sum(key.algorithm == "ES256" for key in looked_at(two, rotation.every_key))

    before = generations()
    shown = says("keys", "rotate", "--algorithm", "ES256", "--now")
    found = proposal(two, shown)
    assert (found.kind, found.payload) == (Kind.KEY_ROTATION, {"algorithms": ["ES256"], "at_once": True})
    assert generations() == before
    code, said = idp("keys", "rotate", "--algorithm", "ES256", "--now", "--break-glass", "Khóa đã lộ")
    assert code == 0
    assert "signs from" in said
    assert "Another person reviews it" in said
    assert generations() == before + 1
    assert idp("keys", "rotate", "--break-glass", "")[0] == 1


@pytest.mark.parametrize("command", ["add", "remove", "list"])
def test_each_command_shows_an_example(command: str) -> None:
    assert "Example: idp staff" in idp("staff", command, "--help")[1]
