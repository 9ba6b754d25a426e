"""The demo's staff: people of their own, each with a role, an account and an app; two may approve, so four eyes hold.

A program for the admin API would be a portal of `demo_portals` with the profile `service`, made staff here as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select

from idp.accounts.finding import find_by_number
from idp.accounts.passwords import Passwords
from idp.admin import staff
from idp.admin.roles import Role
from idp.admin.tables import staff as staff_rows
from idp.app.demo_people import DemoCitizen, settle_one
from idp.audit import LOCAL_OPERATOR
from idp.register.entries import Entry
from idp.register.person import BirthDate
from idp.register.personas import Persona
from idp.register.sandbox import SandboxRegister
from idp.sealing import Keyring
from idp.storage import Database, Statement, Unit
from idp.storage.identifiers import new_id

_EVER: Final = Statement(select(staff_rows.c.id).where(staff_rows.c.account_id == bindparam("account")))


@dataclass(frozen=True, slots=True)
class _Post:
    """Who has which role, and of which province."""

    role: Role
    persona: Persona
    province: str | None = None


def _official(slug: str, vietnamese: str, english: str, *, number: str, name: str, birth: str, phone: str) -> Persona:
    entry = Entry(
        number=number,
        full_name=name,
        birth=BirthDate.parse(birth),
        gender="female" if int(number[3]) % 2 else "male",
        province="01",
        commune="00004",
        address_detail="Số 2, phố Tràng Thi",
        phone=phone,
    )
    person = Persona(slug, vietnamese, english, entry)
    return replace(person, entry=replace(entry, key=person.key))


_POSTS: Final = (
    _Post(
        Role.NATIONAL_ADMIN,
        _official(
            "staff-national-admin-1",
            "Quản trị viên quốc gia",
            "National administrator",
            number="003182900101",
            name="Trịnh Thị Bích Ngọc",
            birth="1982-02-11",
            phone="+84591000101",
        ),
    ),
    _Post(
        Role.NATIONAL_ADMIN,
        _official(
            "staff-national-admin-2",
            "Quản trị viên quốc gia thứ hai",
            "Second national administrator",
            number="005079900102",
            name="Lương Quốc Thịnh",
            birth="1979-10-05",
            phone="+84591000102",
        ),
    ),
    _Post(
        Role.PROVINCIAL_ADMIN,
        _official(
            "staff-provincial-admin",
            "Quản trị viên Thành phố Hà Nội",
            "Administrator of Hà Nội",
            number="003186900103",
            name="Hà Thị Mai Phương",
            birth="1986-06-23",
            phone="+84591000103",
        ),
        province="01",
    ),
    _Post(
        Role.HELPDESK,
        _official(
            "staff-helpdesk",
            "Cán bộ hỗ trợ người dân",
            "Helpdesk",
            number="005093900104",
            name="Đinh Công Vinh",
            birth="1993-01-30",
            phone="+84591000104",
        ),
    ),
    _Post(
        Role.AUDITOR,
        _official(
            "staff-auditor",
            "Kiểm toán viên",
            "Auditor",
            number="003177900105",
            name="Tạ Thị Kim Oanh",
            birth="1977-12-19",
            phone="+84591000105",
        ),
    ),
    _Post(
        Role.PORTAL_MANAGER,
        _official(
            "staff-portal-manager",
            "Quản lý cổng dịch vụ",
            "Portal manager",
            number="005088900106",
            name="Mai Đức Long",
            birth="1988-08-08",
            phone="+84591000106",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class DemoOfficial:
    """How to sign a member of staff in."""

    role: Role
    province: str | None
    citizen: DemoCitizen

    def as_json(self) -> dict[str, Any]:
        """A row of demo.json."""
        return {
            "role": self.role,
            "citizen_number": self.citizen.citizen_number,
            "password": self.citizen.password,
            "totp_secret": self.citizen.totp_secret,
        }


async def settle_staff(
    database: Database, register: SandboxRegister, keyring: Keyring, passwords: Passwords, *, now: datetime
) -> Sequence[DemoOfficial]:
    """Put them into the register, open their accounts and give them their roles, where that was not done before."""
    entries = [post.persona.entry for post in _POSTS]
    filled = await register.fill(entries, source=new_id(now), now=now, strict=True)
    if filled.stopped:
        raise ValueError(f"the register holds others in place of the demo's staff: {filled.faults[0]}")
    officials = []
    for post in _POSTS:
        citizen = await settle_one(database, register, keyring, passwords, post.persona, now=now)
        await database.run(_employ, keyring, post, now=now)
        officials.append(DemoOfficial(post.role, post.province, citizen))
    return officials


def _employ(db: Unit, keyring: Keyring, post: _Post, *, now: datetime) -> None:
    """Give the role, unless the person ever had one: what somebody tried out stays."""
    account = find_by_number(db, keyring, post.persona.entry.number)
    if account is None or db.one(_EVER, account=account.id) is not None:
        return
    staff.add(db, post.role, account_id=account.id, province=post.province, actor=LOCAL_OPERATOR, now=now)
