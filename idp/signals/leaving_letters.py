"""Reminding a portal's contacts, by e-mail, of the day by which it must have left its profile, and what comes then.

Four letters at most for one day: 90, 30 and 7 days before, and when it has come. Each is taken in hand by one
statement, so that of several workers one writes it; a new day begins anew. A portal that is to be disabled after its
day is, by the first worker that looks once it is over; enabled again it is disabled again, unless it is given another
day.
"""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import or_

from idp.accounts.letters import letter
from idp.audit import record
from idp.audit.events import PortalToLeave
from idp.notices import queue
from idp.notices.mail_addresses import mail_address
from idp.portals import registering
from idp.portals.departures import Departure, departure_of
from idp.portals.leaving import LOUD_FROM, days_left
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.sealing import Keyring
from idp.signals.tables import leaving_letters
from idp.storage import Database, Statement, Unit
from idp.storage.upserts import upsert
from idp.web.languages import NAMES, Language
from idp.web.shown_times import day

STAGES: Final = (LOUD_FROM.days, 30, 7, 0)
"""Days that are left when somebody is told; 0 stands for the day and all that come after it."""

_NEWS: Final = "portal_to_leave"
_LETTERS: Final = {"warn": "portal_to_leave", "disable": "portal_to_be_disabled"}

_TAKE_IN_HAND: Final = Statement(
    upsert(
        leaving_letters,
        keys=["portal_id"],
        set_=lambda new: {"leave_by": new.leave_by, "stage": new.stage, "told_at": new.told_at},
        where=lambda new: or_(leaving_letters.c.leave_by != new.leave_by, leaving_letters.c.stage > new.stage),
    )
)

_log = structlog.get_logger()


class LeavingLetters:
    """One for a process."""

    def __init__(self, database: Database, keyring: Keyring, portals: Portals, issuer: str) -> None:
        self._database = database
        self._keyring = keyring
        self._portals = portals
        self._issuer = issuer

    async def run_once(self, *, now: datetime) -> None:
        """Do what is due for every portal whose day is near, and nothing when none is."""
        for portal in list(self._portals):
            if portal.leave_by is not None and days_left(portal.leave_by, now=now) <= LOUD_FROM.days:
                await self._database.run(self.remind, portal, now=now)

    def remind(self, db: Unit, portal: Portal, *, now: datetime) -> None:
        """Queue the letter in the transaction that takes it in hand; disable the portal where that was registered."""
        departure = departure_of(db, portal, now=now)
        stage = min((stage for stage in STAGES if departure and departure.days_left <= stage), default=None)
        if departure is None or stage is None:
            return
        taken = db.execute(_TAKE_IN_HAND, portal_id=portal.id, leave_by=departure.leave_by, stage=stage, told_at=now)
        if taken:
            record(db, PortalToLeave(stage), now=now, portal_id=portal.id)
            _log.warning("portal_to_leave", portal=portal.client_id, days=departure.days_left)
            self._write(db, portal, departure, now=now)
        if departure.is_over and departure.after_leave_by == "disable":
            registering.set_disabled(db, portal.client_id, True, now=now, actor=None)

    def _write(self, db: Unit, portal: Portal, departure: Departure, *, now: datetime) -> None:
        readers = [address for contact in portal.contacts if (address := mail_address(contact))]
        if not readers:
            _log.warning("portal_without_mail_contact", portal=portal.client_id)
        text = self._text(portal, departure)
        for reader in readers:
            # Nobody outside sets these off.
            queue(db, self._keyring, channel="email", to=reader, text=text, purpose=_NEWS, capped=False, now=now)

    def _text(self, portal: Portal, departure: Departure) -> str:
        """Every language in one letter, the country's own first: nobody knows who reads a shared mailbox."""
        letters = [self._in(language, portal, departure).partition("\n") for language in NAMES]
        subject = " / ".join(each[0] for each in letters)
        return subject + "\n" + "\n\n———\n\n".join(each[2].strip() for each in letters)

    def _in(self, language: Language, portal: Portal, departure: Departure) -> str:
        return letter(
            _LETTERS[departure.after_leave_by],
            language,
            portal=portal.name(language),
            client_id=portal.client_id,
            issuer=self._issuer,
            day=day(language, departure.day),
            laxities="\n".join(f"- {laxity}" for laxity, use in departure.laxities if use) or "–",
            unused=", ".join(laxity for laxity, use in departure.laxities if not use) or "–",
        )
