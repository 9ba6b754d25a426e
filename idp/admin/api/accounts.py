"""Looking an account up, seeing it, and acting on it: what the console's pages of people do, by their functions."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from idp.accounts import find, restrictions
from idp.accounts.restrictions import Method, Reach, Restriction, Scope
from idp.accounts.summary import summary_of
from idp.admin.api.account_shapes import ACCOUNT, ACTS, BLAST_RADIUS, DONE, LOOK_UP, ORDER
from idp.admin.api.callers import refuse_forbidden
from idp.admin.api.operations import Call, Operation, Reply
from idp.admin.api.repeating import once
from idp.admin.people.acts_allowed import PERMISSION_FOR, allowed
from idp.admin.people.answer_deadlines import answer_due, keep_deadline
from idp.admin.people.blast_radius import BlastRadius, blast_radius
from idp.admin.people.intervention_wanted import DayUnfit, WhereUnfit
from idp.admin.people.lookup import FOLLOWED_FOR, Enquiry, LookUp, look_up
from idp.admin.people.lookup_wanted import Wanted
from idp.admin.people.person_entrance import reached
from idp.admin.people.provinces_of import province_of
from idp.admin.people.purposes import Purpose, read_case
from idp.admin.people.undoing import refuse_undoing_elsewhere
from idp.admin.roles import Permission
from idp.admin.staff import Staff
from idp.interventions import history
from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason, order_at
from idp.parts import Parts
from idp.portals.portals import Portals
from idp.portals.scopes import ADMIN_ACT, ADMIN_READ
from idp.storage import Unit
from idp.web.shown_times import VIET_NAM

_ACTED: Final = "act_on_account"


class AccountCalls:
    """Calls about one account."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def operations(self) -> list[Operation]:
        """Look-up, account, its acts, and acting."""
        about_one = "/accounts/{account}"
        return [
            Operation(
                name="look_up_account",
                method="POST",
                path="/account-look-ups",
                summary="Find one account by the whole of something that names it, for a purpose",
                about="Counted, recorded, and shown to the person. Opens the account to the caller for 15 minutes.",
                scope=ADMIN_READ,
                needs=Permission.LOOK_UP,
                does=self.look_up,
                body=LOOK_UP,
                answers={200: ACCOUNT},
                refuses=(404,),
            ),
            Operation(
                name="see_account",
                method="GET",
                path=about_one,
                summary="See an account that was looked up within the last 15 minutes",
                scope=ADMIN_READ,
                needs=Permission.SEE_ACCOUNTS,
                does=self.see,
                answers={200: ACCOUNT},
                refuses=(410,),
            ),
            Operation(
                name="list_acts_of_account",
                method="GET",
                path=f"{about_one}/acts",
                summary="See what was done to an account that was looked up, the newest first",
                scope=ADMIN_READ,
                needs=Permission.SEE_ACCOUNTS,
                does=self.acts,
                answers={200: ACTS},
                refuses=(410,),
            ),
            Operation(
                name=_ACTED,
                method="POST",
                path=f"{about_one}/acts",
                summary="Act on an account that was looked up, or foresee what an act would do",
                about="Taking back and revoking are permissions of their own.",
                scope=ADMIN_ACT,
                needs=Permission.SUSPEND,
                does=self.act,
                body=ORDER,
                answers={200: BLAST_RADIUS, 201: DONE},
                takes_key=True,
                refuses=(409, 410),
            ),
        ]

    async def look_up(self, call: Call) -> Reply:
        """POST /account-look-ups."""
        enquiry = Enquiry(call.staff, Purpose(call.body["purpose"]), read_case(call.body["case"]))
        wanted = Wanted.read(call.body["wanted"])
        return await self._parts.database.run(self._look_up, call, enquiry, wanted, now=call.now)

    async def see(self, call: Call) -> Reply:
        """GET /accounts/{account}."""
        return await self._parts.database.read(self._see, call, call.ids["account"], now=call.now)

    async def acts(self, call: Call) -> Reply:
        """GET /accounts/{account}/acts."""
        return await self._parts.database.read(self._acts, call, now=call.now)

    async def act(self, call: Call) -> Reply:
        """POST /accounts/{account}/acts."""
        return await self._parts.database.run(self._act, call, now=call.now)

    def _look_up(self, db: Unit, call: Call, enquiry: Enquiry, wanted: Wanted, *, now: datetime) -> Reply:
        account_id = look_up(db, self._parts.keyring, enquiry, wanted, now=now)
        return self._see(db, call, account_id, now=now)

    def _see(self, db: Unit, call: Call, account_id: UUID, *, now: datetime) -> Reply:
        followed = reached(db, self._parts.keyring, call.staff, account_id, now=now)
        return Reply(self._account(db, call.staff, account_id, followed, now=now))

    def _account(self, db: Unit, staff: Staff, account_id: UUID, followed: LookUp, *, now: datetime) -> dict[str, Any]:
        keyring, account = self._parts.keyring, find(db, account_id)
        assert account is not None
        summary, standing = summary_of(db, keyring, account_id), restrictions.in_force(db, account_id, now=now)
        return {
            "account": account_id,
            "state": account.state,
            "since": summary.since,
            "level": summary.level,
            "opened": summary.opened,
            "province": province_of(db, keyring, account_id),
            "phone": summary.phone,
            "second_factors": summary.second_factors,
            "restrictions": [_restriction(each, self._parts.portals, staff) for each in standing],
            "allowed": allowed(staff, account.state, standing),
            "look_up_until": followed.made_at + FOLLOWED_FOR,
        }

    def _acts(self, db: Unit, call: Call, *, now: datetime) -> Reply:
        account_id = call.ids["account"]
        reached(db, self._parts.keyring, call.staff, account_id, now=now)
        found = history.acts_of(db, account_id)
        return Reply({"acts": [act_as_json(each, self._parts.portals, call.staff) for each in found]})

    def _act(self, db: Unit, call: Call, *, now: datetime) -> Reply:
        refuse_forbidden(db, call.staff, PERMISSION_FOR[Act(call.body["act"])], now=now)
        if call.body.get("dry_run"):
            return self._foresee(db, call, now=now)
        # The rest is asked inside: of an act that was done already, the look-up and the days may be over.
        return once(db, call, _ACTED, lambda: self._do(db, call, now=now), now=now)

    def _foresee(self, db: Unit, call: Call, *, now: datetime) -> Reply:
        parts, (order, _) = self._parts, self._wanted(db, call, now=now)
        account_id, told_for = call.ids["account"], parts.settings.told_for
        radius = blast_radius(db, parts.keyring, account_id, order, told_for=told_for, now=now)
        return Reply(_foreseen(radius, parts.portals, call.staff))

    def _do(self, db: Unit, call: Call, *, now: datetime) -> Reply:
        parts, (order, due_at) = self._parts, self._wanted(db, call, now=now)
        done = intervene(db, parts.keyring, call.ids["account"], order, told_for=parts.settings.told_for, now=now)
        if due_at is not None:
            keep_deadline(db, done.id, due_at)
        told = {"id": done.id, "account": done.account_id, "portals": done.portals, "answer_due": due_at}
        return Reply(told, 201)

    def _wanted(self, db: Unit, call: Call, *, now: datetime) -> tuple[Order, datetime | None]:
        """What is to be done to an account that was looked up, and until when an authority must have its answer."""
        portals, staff, account_id = self._parts.portals, call.staff, call.ids["account"]
        reached(db, self._parts.keyring, staff, account_id, now=now)
        order = order_of(call, portals)
        if order.undoes is not None:
            refuse_undoing_elsewhere(db, portals, staff, account_id, order.undoes)
        return order, _answer_due(call, order, now=now)


def order_of(call: Call, portals: Portals) -> Order:
    """What the body of a call wants done; raises `OrderUnfit`, `PortalUnknown` and `WhereUnfit`."""
    body = call.body
    place = _place(body.get("scope", {}), call.staff, portals)
    return order_at(
        portals,
        Act(body["act"]),
        **place,
        reason=Reason(body["reason"]),
        basis=body["basis"],
        actor=call.staff.actor,
        asked_by=body.get("asked_by", ""),
        until=body.get("until"),
        method=Method(body["method"]) if "method" in body else None,
        notice=body.get("notice", ""),
        undoes=body.get("undoes"),
    )


def _place(scope: dict[str, str], staff: Staff, portals: Portals) -> dict[str, str]:
    if "province" in scope and not staff.reaches(scope["province"]):
        raise WhereUnfit("province")
    if "portal" in scope:
        portal = portals.get(scope["portal"])
        if portal is None or not staff.reaches(portal.province):
            raise WhereUnfit("portal")
    return scope


def _answer_due(call: Call, order: Order, *, now: datetime) -> datetime | None:
    """Until when the authority that asked must have its answer; raises `DayUnfit`."""
    if order.until is not None and order.until <= now:
        raise DayUnfit("over")
    today = now.astimezone(VIET_NAM).date()
    received = call.body.get("received_on", today)
    if received > today:
        raise DayUnfit("not_yet_received")
    is_asked = order.reason is Reason.COMPETENT_AUTHORITY and order.act.imposes is not None
    return answer_due(received).astimezone(UTC) if is_asked else None


def act_as_json(act: history.Act, portals: Portals, staff: Staff) -> dict[str, Any]:
    """An act as `account_shapes.ACT` has it."""
    return {
        "id": act.id,
        "account": act.account_id,
        "act": act.act,
        "reason": act.reason,
        "basis": act.basis,
        "asked_by": act.asked_by,
        "actor": act.actor,
        "scope": _scope(act.scope, portals, staff),
        "method": act.method,
        "notice": act.notice,
        "until": act.until,
        "ended": act.ended_at,
        "made": act.made_at,
        "job": act.job_id,
        "undoes": act.undoes,
    }


def portal_within_reach(portal_id: UUID, portals: Portals, staff: Staff) -> str | None:
    """A portal's client_id; None where it is of another province than the caller's, or gone."""
    portal = portals.by_id(portal_id)
    return portal.client_id if portal and staff.reaches(portal.province) else None


def _restriction(restriction: Restriction, portals: Portals, staff: Staff) -> dict[str, Any]:
    return {
        "act": restriction.act_id,
        "kind": restriction.kind,
        "scope": _scope(restriction.scope, portals, staff),
        "method": restriction.method,
        "until": restriction.ends_at,
    }


def _scope(scope: Scope, portals: Portals, staff: Staff) -> dict[str, Any]:
    is_portal = scope.reach is Reach.PORTAL
    return {
        "reach": scope.reach,
        "portal": portal_within_reach(UUID(scope.of), portals, staff) if is_portal else None,
        "province": scope.of if scope.reach is Reach.PROVINCE else None,
    }


def _foreseen(radius: BlastRadius, portals: Portals, staff: Staff) -> dict[str, Any]:
    told, unheard = (_named(each, portals, staff) for each in (radius.told, radius.unheard))
    return {
        "ends": {
            "sessions": radius.sessions,
            "grants": radius.grants,
            "families": radius.families,
            "sign_ins": radius.sign_ins,
            "codes": radius.codes,
            "devices": radius.devices,
            "messages": radius.messages,
        },
        "told": told,
        "told_elsewhere": len(radius.told) - len(told),
        "unheard": unheard,
        "unheard_elsewhere": len(radius.unheard) - len(unheard),
    }


def _named(portal_ids: Iterable[UUID], portals: Portals, staff: Staff) -> list[str]:
    found = (portal_within_reach(portal_id, portals, staff) for portal_id in portal_ids)
    return [client_id for client_id in found if client_id is not None]
