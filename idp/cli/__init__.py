"""`idp …`: the command line. It acts, and is audited, as the local operator.

It only gathers: each room brings its own group in `commands.py`, and a group may be filled by several rooms.
"""

import sys

import typer

from idp.accounts import commands as accounts
from idp.admin import commands as admin
from idp.app import commands as app
from idp.audit import commands as audit
from idp.audit import journal_commands as audit_journal
from idp.interventions import commands as interventions
from idp.interventions.mass import commands as mass_acts
from idp.keys import commands as keys
from idp.pki import commands as pki
from idp.portals import commands as portals
from idp.register import commands as register
from idp.sealing import commands as sealing
from idp.settings import SettingsRefused

_GROUPS = (
    register.group,
    accounts.group,
    interventions.group,
    mass_acts.group,
    portals.group,
    keys.group,
    sealing.group,
    admin.group,
    audit.group,
    audit_journal.group,
    pki.group,
)


def build() -> typer.Typer:
    """The whole command line."""
    application = typer.Typer(
        name="idp",
        help="Định Danh: national single sign-on.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.add_to(application)
    groups: dict[str, typer.Typer] = {}
    for group in _GROUPS:
        name = group.info.name
        assert name
        # A new one each time: to what a room offers nothing is added.
        whole = groups.setdefault(name, typer.Typer(name=name, help=group.info.help, no_args_is_help=True))
        whole.registered_commands += group.registered_commands
        whole.registered_groups += group.registered_groups
    for whole in groups.values():
        application.add_typer(whole)
    return application


def main() -> None:
    """The program `idp`. Settings that are not good enough end it with every fault named."""
    try:
        build()()
    except SettingsRefused as refused:
        typer.echo(str(refused), err=True)
        sys.exit(2)
