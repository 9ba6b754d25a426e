"""`idp …`: the command line. It acts, and is audited, as the local operator.

It only gathers: each room brings its own group in `commands.py`, and a group may be filled by several rooms. Of the
rooms only those are loaded whose group is asked for: all of them together take a second.
"""

import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Final

import typer

from idp.settings import SettingsRefused

_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "register": ("idp.register.commands",),
    "accounts": ("idp.accounts.commands",),
    "interventions": ("idp.interventions.commands", "idp.interventions.mass.commands"),
    "portals": (
        "idp.portals.commands",
        "idp.portals.token_commands",
        "idp.portal_tests.commands",
        "idp.portal_tests.approve_command",
        "idp.admin.subject_import_commands",
    ),
    "keys": ("idp.keys.commands", "idp.sealing.commands"),
    "staff": ("idp.admin.commands",),
    "audit": ("idp.audit.commands", "idp.audit.journal_commands"),
    "pki": ("idp.pki.commands",),
}
_WITHOUT_GROUP: Final = "idp.app.commands"


def build(first: str = "") -> typer.Typer:
    """The command line, as far as a first word leads: one group, one command without a group, else all."""
    application = typer.Typer(
        name="idp",
        help="Định Danh: national single sign-on.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    if first in _GROUPS:
        wanted = [first]
    else:
        import_module(_WITHOUT_GROUP).add_to(application)
        alone = {command.callback.__name__ for command in application.registered_commands if command.callback}
        wanted = [] if first in alone else list(_GROUPS)
    for name in wanted:
        application.add_typer(_whole(name))
    return application


def _whole(name: str) -> typer.Typer:
    parts: list[typer.Typer] = [import_module(room).group for room in _GROUPS[name]]
    # A new one each time: to what a room offers nothing is added.
    whole = typer.Typer(name=name, help=parts[0].info.help, no_args_is_help=True)
    for part in parts:
        whole.registered_commands += part.registered_commands
        whole.registered_groups += part.registered_groups
    return whole


def main() -> None:
    """The program `idp`. Settings that are not good enough end it with every fault named."""
    # What a command is made of stays. To look through it for garbage takes an eighth of its start, and goes on taking
    # time as long as it works.
    gc.disable()
    application = build(*sys.argv[1:2])
    gc.freeze()
    gc.enable()
    try:
        application()
    except SettingsRefused as refused:
        typer.echo(str(refused), err=True)
        sys.exit(2)
