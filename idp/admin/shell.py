"""The frame of every page of the console: what the role may see, who is there, and the way out."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from idp.admin.roles import Permission
from idp.admin.staff import Staff
from idp.parts import Parts
from idp.register.provinces import provinces


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation: its word is `admin.section.<name>`."""

    name: str
    path: str
    permission: Permission | None


SECTIONS: Final = (
    Section("home", "/admin", None),
    Section("people", "/admin/people", Permission.LOOK_UP),
    Section("mass", "/admin/mass", Permission.MASS_ACT),
    Section("approvals", "/admin/approvals", Permission.SEE_STAFF),
    Section("portals", "/admin/portals", Permission.SEE_PORTALS),
    Section("staff", "/admin/staff", Permission.SEE_STAFF),
    Section("keys", "/admin/keys", Permission.SEE_KEYS),
    Section("audit", "/admin/audit", Permission.SEARCH_AUDIT),
    Section("health", "/admin/health", Permission.SEE_HEALTH),
)


class Console:
    """Makes pages of the console."""

    def __init__(self, parts: Parts) -> None:
        self._pages = parts.pages

    def page(
        self, request: Request, staff: Staff, template: str, *, status: int | None = None, **context: Any
    ) -> Response:
        """The page `template`, which extends `admin/layout.html` and sets `title_key` and `section`.

        `context` may hold what `Pages.page` takes beside (`refusal`, `back` …).
        """
        frame: dict[str, Any] = {
            "staff": staff,
            "sections": sections_of(staff),
            "province_name": provinces()[staff.province].name if staff.province else "",
        }
        return self._pages.page(request, template, status=status, **frame, **context)


def sections_of(staff: Staff) -> list[Section]:
    """What the role may see."""
    return [section for section in SECTIONS if section.permission is None or staff.may(section.permission)]
