"""Signing somebody out everywhere, and nothing else (OWASP ASVS 5.0 §7.4.5): they may sign in again at once."""

from datetime import datetime

from idp.accounts.issuing import hold_issuing
from idp.admin.people.person_entrance import Admitted
from idp.audit import record
from idp.audit.events import PersonSignedOut
from idp.sessions import browser
from idp.storage import Unit


def sign_out_everywhere(db: Unit, admitted: Admitted, *, now: datetime) -> int:
    """End every session of the account and tell the portals that met the person in them; how many there were.

    What is being opened at this moment is waited for, and ends too. Grants that outlive a sign-out outlive this one.
    """
    hold_issuing(db, admitted.account_id)
    ended = browser.end_all(db, admitted.account_id, browser.Ending.ENDED_BY_STAFF, now=now)
    staff, look_up = admitted.staff, admitted.look_up
    event = PersonSignedOut(look_up.id, staff.role, look_up.purpose, ended)
    record(db, event, account_id=admitted.account_id, actor=staff.actor, now=now)
    return ended
