"""What an operation of the API is: one declaration, which the endpoint obeys and OpenAPI describes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from idp.admin.api.shapes import Members, Shape
from idp.admin.roles import Permission
from idp.admin.staff import Staff
from idp.portals.scopes import ADMIN_ACT, ADMIN_READ

ROOT: Final = "/admin/api/v1"
NO_PARAMETERS: Final = Members({})

SCOPES: Final[Mapping[str, str]] = {
    ADMIN_READ: "Look up accounts, acts, portals and the record, as far as the role reaches",
    ADMIN_ACT: "Act on accounts, propose, and, for people, decide, as far as the role reaches",
}
"""What a token may be asked to carry; the role of whoever is behind it bounds both."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was let in and read: by whom, about which row (the ids in its path), and with which members.

    `key` is the Idempotency-Key, where one came. `reference` stands in the record beside what was done.
    """

    staff: Staff
    ids: Mapping[str, UUID]
    words: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    key: str | None
    reference: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What the call is answered: JSON by the shape that its operation names for this status."""

    content: Any
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method at one path below `ROOT`; path members in braces are ids, those named in `words` are text.

    `needs` is what the role must be allowed at least; an operation may ask for more by what its body says.
    """

    name: str
    method: str
    path: str
    summary: str
    about: str = ""
    scope: str
    needs: Permission
    does: Callable[[Call], Awaitable[Reply]]
    answers: Mapping[int, Shape]
    query: Members = NO_PARAMETERS
    body: Members | None = None
    words: Mapping[str, Shape] = field(default_factory=dict)
    takes_key: bool = False
    refuses: tuple[int, ...] = ()
    """Statuses beyond those that every operation may answer with."""
