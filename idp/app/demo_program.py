"""The demo's program that calls the admin API: a portal of the profile `service`, staff of the nation as a program."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from idp.admin import staff
from idp.admin.api.operations import ROOT, SCOPES
from idp.admin.roles import Role
from idp.admin.tables import staff as staff_rows
from idp.app.demo_portals import demo_secret
from idp.audit import LOCAL_OPERATOR
from idp.portals import registering
from idp.sealing import Keyring
from idp.storage import Statement, Unit

CLIENT_ID: Final = "demo-admin-api"

_EVER: Final = Statement(select(staff_rows.c.id).where(staff_rows.c.portal_id == bindparam("portal")))


@dataclass(frozen=True, slots=True)
class DemoProgram:
    """Its credentials, and where the API is."""

    client_secret: str = field(repr=False)
    url: str

    @classmethod
    def of(cls, keyring: Keyring, issuer: str) -> "DemoProgram":
        """With a secret made of the demo's own master key."""
        return cls(demo_secret(keyring, "admin-api"), f"{issuer}{ROOT}")

    def registration(self) -> str:
        """Its rows of the portals' file (TOML)."""
        return "\n".join(
            [
                "[[portal]]",
                f'client_id = "{CLIENT_ID}"',
                f'client_secret = "{self.client_secret}"',
                'client_name = "Program for the admin API (demo)"',
                '"client_name#vi" = "Chương trình gọi API quản trị (thử nghiệm)"',
                'profile = "service"',
                'sector = "admin-api.demo"',
                'token_endpoint_auth_method = "client_secret_basic"',
                f'scope = "{" ".join(SCOPES)}"',
                "",
            ]
        )

    def as_json(self) -> dict[str, Any]:
        """The member `admin_api` of demo.json."""
        return {"client_id": CLIENT_ID, "client_secret": self.client_secret, "url": self.url}


def employ_program(db: Unit, *, now: datetime) -> None:
    """Make it staff, unless it ever was: what somebody tried out stays."""
    portal = registering.find(db, CLIENT_ID).portal
    if db.one(_EVER, portal=portal.id) is None:
        staff.add(db, Role.NATIONAL_ADMIN, portal_id=portal.id, actor=LOCAL_OPERATOR, now=now)
