"""The form of an act, read once: what was typed, and the order it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self, TypeVar
from uuid import UUID

from starlette.requests import Request

from idp.accounts.restrictions import Method
from idp.admin.people.answer_deadlines import answer_due, end_of
from idp.admin.staff import Staff
from idp.errors import Refusal
from idp.interventions.orders import Act, Order, OrderUnfit, Reason, order_at
from idp.portals.portals import Portals
from idp.register.provinces import provinces
from idp.web.answers import NoSuchPage
from idp.web.forms import Fields
from idp.web.languages import Language
from idp.web.shown_times import VIET_NAM

Word = TypeVar("Word", bound=StrEnum)

_ALWAYS: Final = ("reason", "basis", "asked_by", "notice")
FIELDS: Final[Mapping[Act, tuple[str, ...]]] = {
    Act.SUSPEND: (*_ALWAYS, "received_on", "where", "until"),
    Act.REVOKE: (*_ALWAYS, "received_on"),
    Act.RESTORE: (*_ALWAYS, "where", "undoes"),
    Act.LOCK_METHOD: (*_ALWAYS, "received_on", "method", "until"),
    Act.UNLOCK_METHOD: (*_ALWAYS, "method"),
    Act.NEW_PASSWORD: (*_ALWAYS, "received_on"),
    Act.RE_PROOF: (*_ALWAYS, "received_on"),
}
"""What the form of each act asks for."""

_PORTAL: Final = "portal:"
_PROVINCE: Final = "province:"


class WhereUnfit(Refusal):
    """An act is to hold at a portal or in a province that there is not, or that is not the actor's.

    Operator: officials of a province act on all of an account, or on it at their own province's portals.
    """

    code = "where_unfit"


class DayUnfit(Refusal):
    """A day in the form of an act is none, or an end that is over, or a request that comes from the future.

    Operator: nothing to do; the day is typed again.
    """

    code = "day_unfit"


def act_in(request: Request) -> Act:
    """The act in an address; raises `NoSuchPage` for what is none."""
    try:
        return Act(request.path_params["act"])
    except ValueError:
        raise NoSuchPage from None


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, field by field, as it is shown again and bound to its confirmation."""

    act: Act
    values: Mapping[str, str]

    @classmethod
    def read(cls, act: Act, fields: Fields) -> Self:
        """The fields that the act has; others are left where they are."""
        return cls(act, {name: fields.get(name, "").strip() for name in FIELDS[act]})

    def __getitem__(self, name: str) -> str:
        """A field's text; empty for one that this act does not have."""
        return self.values.get(name, "")

    def bound(self) -> dict[str, str]:
        """All of it, for the confirmation."""
        return {"act": str(self.act), **self.values}

    def order(self, staff: Staff, portals: Portals, *, now: datetime) -> Order:
        """What is to be done. Raises `OrderUnfit`, `WhereUnfit` and `DayUnfit`."""
        reason = _one_of(Reason, self["reason"])
        if reason is None:
            raise OrderUnfit("reason")
        return order_at(
            portals,
            self.act,
            **_place(self["where"], staff, portals),
            reason=reason,
            basis=self["basis"],
            actor=staff.actor,
            asked_by=self["asked_by"],
            until=self._until(now),
            method=_one_of(Method, self["method"]),
            notice=self["notice"],
            undoes=_id(self["undoes"]),
        )

    def answer_due(self, *, now: datetime) -> datetime | None:
        """Until when an authority must have its answer; None where none asked. Raises `DayUnfit`.

        Counted from today, where no day is given.
        """
        if self["reason"] != Reason.COMPETENT_AUTHORITY or "received_on" not in self.values:
            return None
        today = now.astimezone(VIET_NAM).date()
        received = _day(self["received_on"]) or today
        if received > today:
            raise DayUnfit("not_yet_received")
        return answer_due(received)

    def _until(self, now: datetime) -> datetime | None:
        last = _day(self["until"])
        if last is None:
            return None
        if end_of(last) <= now:
            raise DayUnfit("over")
        return end_of(last)


def places(staff: Staff, portals: Portals, language: Language) -> list[tuple[str, str]]:
    """Where this member of staff may have an act hold, beside everywhere: values and names, provinces first."""
    within = sorted((each for each in portals if staff.reaches(each.province)), key=lambda each: each.name(language))
    codes = sorted({each.province for each in within if each.province})
    listed = [(_PROVINCE + code, provinces()[code].name) for code in codes if code in provinces()]
    return listed + [(_PORTAL + each.client_id, each.name(language)) for each in within]


def _place(where: str, staff: Staff, portals: Portals) -> dict[str, str]:
    if not where:
        return {}
    if where.startswith(_PROVINCE):
        code = where.removeprefix(_PROVINCE)
        if not staff.reaches(code) or not any(each.province == code for each in portals):
            raise WhereUnfit("province")
        return {"province": code}
    portal = portals.get(where.removeprefix(_PORTAL)) if where.startswith(_PORTAL) else None
    if portal is None or not staff.reaches(portal.province):
        raise WhereUnfit("portal")
    return {"portal": portal.client_id}


def _one_of(kind: type[Word], text: str) -> Word | None:
    return next((each for each in kind if each == text), None)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise OrderUnfit("undoes") from None


def _day(text: str) -> date | None:
    """A day as browsers send one, or as people write one: 31/12/2026."""
    if not text:
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=VIET_NAM).date()
        except ValueError:
            continue
    raise DayUnfit("no_day")
