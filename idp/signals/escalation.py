"""Telling a portal's contacts, by e-mail, that it takes nothing of what it is told: once an outage, not a delivery.

Three letters at most: that it is not reachable, that deliveries were given up, that it takes them again. Each is taken
in hand by one statement, so that of several workers one writes it. They name portals and times, and no person.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, bindparam, func, or_, select, update

from idp.accounts.letters import letter
from idp.audit import record
from idp.audit.events import Event, PortalGivenUp, PortalReachableAgain, PortalUnreachable
from idp.notices import queue
from idp.notices.mail_addresses import mail_address
from idp.portals.portal import Portal
from idp.portals.portals import Portals
from idp.sealing import Keyring
from idp.signals.tables import deliveries, portal_health
from idp.storage import Database, Row, Statement, Unit
from idp.web.languages import NAMES, Language
from idp.web.shown_times import moment

News = Literal["portal_unreachable", "portal_given_up", "portal_reachable"]

_health = portal_health.c
_OUTAGE = _health.told_at.is_(None) & _health.unreachable_at.is_not(None)
_LOSS = _health.told_at.is_not(None) & _health.given_up_at.is_not(None) & _health.told_given_up_at.is_(None)
_END = _health.told_at.is_not(None) & _health.failing_since.is_(None)


def _taking_in_hand(which: ColumnElement[bool], **told: object) -> Statement:
    returned = (_health.portal_id, _health.failing_since, _health.reason)
    return Statement(update(portal_health).where(which).values(**told).returning(*returned))


_ANY: Final = Statement(
    select(func.count().label("number")).select_from(portal_health).where(or_(_OUTAGE, _LOSS, _END))
)
_ENDED: Final = _taking_in_hand(_END, told_at=None, told_given_up_at=None)
_LOST: Final = _taking_in_hand(_LOSS, told_given_up_at=bindparam("now"))
_BEGUN: Final = _taking_in_hand(_OUTAGE, told_at=bindparam("now"))
_WAITING: Final = Statement(
    select(func.count().label("number")).where(
        deliveries.c.portal_id == bindparam("portal"), deliveries.c.settled_at.is_(None)
    )
)

_log = structlog.get_logger()


class Escalation:
    """One for a process."""

    def __init__(self, database: Database, keyring: Keyring, portals: Portals, issuer: str) -> None:
        self._database = database
        self._keyring = keyring
        self._portals = portals
        self._issuer = issuer

    async def run_once(self, *, now: datetime) -> None:
        """Write every letter that is due, and nothing when none is."""
        if await self._database.read(_is_any_due):
            await self._database.run(self.tell, now=now)

    def tell(self, db: Unit, *, now: datetime) -> None:
        """Queue the letters in the transaction that takes them in hand."""
        of_each: tuple[tuple[Statement, News, Callable[[str, int], Event]], ...] = (
            (_ENDED, "portal_reachable", lambda _, waiting: PortalReachableAgain(waiting)),
            (_LOST, "portal_given_up", PortalGivenUp),
            (_BEGUN, "portal_unreachable", PortalUnreachable),
        )
        for statement, news, event in of_each:
            for row in db.all(statement, now=now):
                waiting = _number(db, row.portal_id)
                record(db, event(row.reason or "none", waiting), portal_id=row.portal_id, now=now)
                self._write(db, news, row, waiting, now=now)

    def _write(self, db: Unit, news: News, row: Row, waiting: int, *, now: datetime) -> None:
        portal = self._portals.by_id(row.portal_id)
        if portal is None:
            return  # not in use any more: nobody waits for it
        _log.warning(news, portal=portal.client_id, reason=row.reason, waiting=waiting)
        readers = [address for contact in portal.contacts if (address := mail_address(contact))]
        if not readers:
            _log.warning("portal_without_mail_contact", portal=portal.client_id)
        text = self._text(news, portal, row, waiting, now=now)
        for reader in readers:
            # Nobody outside sets these off, and one address may look after a hundred portals: so they are not capped.
            queue(db, self._keyring, channel="email", to=reader, text=text, purpose=news, capped=False, now=now)

    def _text(self, news: News, portal: Portal, row: Row, waiting: int, *, now: datetime) -> str:
        """Every language in one letter, the country's own first: nobody knows who reads a shared mailbox."""
        letters = [
            letter(
                news,
                language,
                portal=portal.name(language),
                client_id=portal.client_id,
                host=urlsplit(portal.backchannel_logout_uri or "").hostname or "–",
                issuer=self._issuer,
                since=_shown(language, row.failing_since or now),
                now=_shown(language, now),
                reason=row.reason or "–",
                waiting=str(waiting),
            ).partition("\n")
            for language in NAMES
        ]
        subject = " / ".join(each[0] for each in letters)
        return subject + "\n" + "\n\n———\n\n".join(each[2].strip() for each in letters)


def _is_any_due(db: Unit) -> bool:
    row = db.one(_ANY)
    return row is not None and row.number > 0


def _number(db: Unit, portal_id: UUID) -> int:
    row = db.one(_WAITING, portal=portal_id)
    assert row is not None
    number: int = row.number
    return number


def _shown(language: Language, time: datetime) -> str:
    return moment(language, time)
