"""Whoever runs a portal of the old interface is reminded before its day, and where that was registered it ends then."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from idp.notices.drivers import sandbox_messages
from idp.notices.upkeep import run_once
from idp.portals import registering
from idp.signals.leaving_letters import LeavingLetters
from tests.legacy.test_vnconnect_client import Old
from tests.support.clock import ManualClock
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

READER = "van-hanh@dvc.example"


class Office:
    """Looks after portals as the timers do, on a day of the test's choice; the provider's clock stands still."""

    def __init__(self, provider: Provider) -> None:
        parts = provider.parts
        self.provider = provider
        self.letters = LeavingLetters(parts.database, parts.keyring, parts.portals, parts.settings.issuer)

    def looks(self, now: datetime) -> None:
        parts, then = self.provider.parts, ManualClock(now)
        self.provider.run(self.letters.run_once(now=now))
        self.provider.run(run_once(parts.database, parts.keyring, parts.mailer, clock=then, channel="email"))
        self.provider.run(parts.portals.refresh(parts.database, now=now))

    def subjects(self, portal: Portal) -> list[str]:
        """Of the letters about it."""
        parts = self.provider.parts
        found = self.provider.run(sandbox_messages(parts.database, parts.keyring))
        mine = [each["text"] for each in found if each["to"] == READER and f"({portal.client_id})" in each["text"]]
        return [text.partition("\n")[0] for text in mine]


@pytest.fixture
def office(provider: Provider) -> Iterator[Office]:
    yield Office(provider)


def day(provider: Provider, days: int) -> str:
    return (provider.clock.now() + timedelta(days=days, hours=7)).date().isoformat()


def is_in_use(provider: Provider, portal: Portal) -> bool:
    known = provider.run(provider.parts.database.read(registering.find, portal.client_id))
    return known.disabled_at is None


def test_four_letters_and_no_more(provider: Provider, old_portal: Old, office: Office) -> None:
    portal, now = old_portal(leave_by=day(provider, 100), contacts=[READER, "+84 24 1234 5678"]), provider.clock.now()
    written = []
    for days in (0, 9, 10, 11, 69, 70, 71, 93, 94, 100, 101, 150):
        office.looks(now + timedelta(days=days))
        written.append(len(office.subjects(portal)))
    assert written == [0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4]
    assert all(
        " / " in subject and "is the last day to leave the old interface" in subject
        for subject in office.subjects(portal)
    )
    assert is_in_use(provider, portal)


def test_another_day_begins_anew(provider: Provider, old_portal: Old, office: Office) -> None:
    portal, now = old_portal(leave_by=day(provider, 20), contacts=[READER]), provider.clock.now()
    office.looks(now)
    provider.register({**portal.members, "leave_by": day(provider, 500)}, replace=True)
    office.looks(now)
    assert len(office.subjects(portal)) == 1
    office.looks(now + timedelta(days=420))
    assert len(office.subjects(portal)) == 2


def test_who_moved_on_is_left_in_peace(provider: Provider, old_portal: Old, office: Office) -> None:
    portal = old_portal(leave_by=day(provider, 20), contacts=[READER], after_leave_by="disable")
    strict = {name: value for name, value in portal.members.items() if name not in ("leave_by", "after_leave_by")}
    provider.register({**strict, "profile": "web"}, replace=True)
    office.looks(provider.clock.now() + timedelta(days=30))
    assert (office.subjects(portal), is_in_use(provider, portal)) == ([], True)


def test_after_its_day_a_portal_is_disabled_where_that_was_registered(
    provider: Provider, visitor: Visitor, old_portal: Old, office: Office
) -> None:
    portal = old_portal(leave_by=day(provider, 5), contacts=[READER], after_leave_by="disable")
    other, now = old_portal(leave_by=day(provider, 5)), provider.clock.now()
    tokens = portal.tokens(visitor.signs_in_at(portal))
    office.looks(now + timedelta(days=5))
    assert is_in_use(provider, portal)
    assert "is the last day for the old interface" in office.subjects(portal)[0]
    office.looks(now + timedelta(days=6))
    assert (is_in_use(provider, portal), is_in_use(provider, other)) == (False, True)
    assert portal.userinfo(tokens.access_token).status_code == 401
    page = visitor.goes_to(portal)
    assert page.element("error").attributes["data-code"] == "portal_unknown"
