"""`idp staff add`, `remove` and `list`: who may come into the console."""

from typing import Annotated, Any
from uuid import UUID

import typer

from idp.accounts.command_line import AsJson, Parts, account_of, run, show_result
from idp.admin import staff
from idp.admin.roles import Role
from idp.admin.shown_staff import client_of
from idp.admin.staff import Staff, StaffUnknown
from idp.admin.staff_changes import Addition, submit_addition, submit_removal
from idp.approvals import Submitted, Way, said
from idp.audit import LOCAL_OPERATOR
from idp.portals.portals import Portals
from idp.portals.registering import PortalUnknown
from idp.settings import Settings
from idp.storage import Unit

group = typer.Typer(name="staff", help="Who may come into the console.", no_args_is_help=True)

Who = Annotated[
    str,
    typer.Argument(metavar="NUMBER", help="A person's citizen number; with --portal a program's client_id."),
]
IsPortal = Annotated[bool, typer.Option("--portal", help="NUMBER is the client_id of a program, for the API.")]
Why = Annotated[str, typer.Option("--why", help="For the one who approves it.")]
Glass = Annotated[
    str | None, typer.Option("--break-glass", help="Why it cannot wait for another person; they review it.")
]


@group.command("add")
def add(
    who: Who,
    role: Annotated[Role, typer.Option("--role", help="What they may do.")],
    province: Annotated[str | None, typer.Option("--province", help="Of which province, two digits.")] = None,
    is_portal: IsPortal = False,
    why: Why = "idp staff add",
    break_glass: Glass = None,
    as_json: AsJson = False,
) -> None:
    """Make somebody staff, or give them another role. Where two may approve, this is only proposed to them.

    Example: idp staff add 003190001234 --role provincial-admin --province 22
    """

    async def work(parts: Parts) -> tuple[Settings, Submitted[Staff]]:
        wanted = Addition(role, province, **await _whose(parts, who, is_portal))
        return parts.settings, await parts.database.run(
            submit_addition, wanted, actor=LOCAL_OPERATOR, why=why, glass=break_glass, now=parts.clock.now()
        )

    settings, submitted = run(work)
    done = "" if submitted.done is None else f"{submitted.done.id}\nStaff from now on.\n"
    value = said.as_json(submitted, settings) if submitted.done is None else _shown(submitted.done, "")
    show_result(value, done + said.sentence(submitted, settings), as_json)


@group.command("remove")
def remove(
    who: Who,
    is_portal: IsPortal = False,
    why: Why = "idp staff remove",
    break_glass: Glass = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody be staff no more; they are out of the console at once. Proposed like `add`.

    Example: idp staff remove 003190001234 --why "Chuyển công tác"
    """

    async def work(parts: Parts) -> tuple[Settings, Submitted[None]]:
        whose = await _whose(parts, who, is_portal)
        found = await parts.database.read(_find, **whose)
        return parts.settings, await parts.database.run(
            submit_removal, found.id, actor=LOCAL_OPERATOR, why=why, glass=break_glass, now=parts.clock.now()
        )

    settings, submitted = run(work)
    done = "" if submitted.way is Way.PROPOSED else "Staff no more.\n"
    show_result(said.as_json(submitted, settings), done + said.sentence(submitted, settings), as_json)


@group.command("list")
def list_staff(as_json: AsJson = False) -> None:
    """Show everybody who is staff: ids, roles and provinces, no names.

    Example: idp staff list --json
    """

    async def work(parts: Parts) -> list[dict[str, Any]]:
        portals = await Portals.load(parts.database)
        found = await parts.database.read(staff.everybody)
        return [_shown(each, client_of(portals, each.portal_id) if each.portal_id else "") for each in found]

    rows = run(work)
    lines = [f"{row['id']}  {row['role']:16} {row['province'] or '--'}  {row['portal']}".rstrip() for row in rows]
    show_result(rows, "\n".join(lines) or "Nobody is staff yet: idp staff add makes the first.", as_json)


async def _whose(parts: Parts, who: str, is_portal: bool) -> dict[str, UUID]:
    """The account or the portal; raises `UnknownNumber` and `PortalUnknown`."""
    if not is_portal:
        return {"account_id": (await parts.database.read(account_of, parts.keyring, who)).id}
    portal = (await Portals.load(parts.database)).get(who)
    if portal is None:
        raise PortalUnknown
    return {"portal_id": portal.id}


def _find(db: Unit, *, account_id: UUID | None = None, portal_id: UUID | None = None) -> Staff:
    if account_id is not None:
        found = staff.of_account(db, account_id)
    else:
        assert portal_id is not None
        found = staff.of_portal(db, portal_id)
    if found is None:
        raise StaffUnknown
    return found


def _shown(member: Staff, portal: str) -> dict[str, Any]:
    return {
        "id": str(member.id),
        "role": member.role,
        "province": member.province,
        "account": str(member.account_id) if member.account_id else None,
        "portal": portal,
    }
