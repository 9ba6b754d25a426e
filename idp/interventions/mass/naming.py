"""From what was typed to a source: the one of several ways to say whom a mass act is about."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from idp.interventions.mass import lines as mass_lines
from idp.interventions.mass.authorities import authority
from idp.interventions.mass.lines import Lines, MassFileUnfit
from idp.interventions.mass.sources import HoldersOf, HoldersOfKeys, HoldersOfSerials, Listed, PasswordsSet, Source
from idp.sealing import Keyring
from idp.storage import Database

_MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Named:
    """The options of the command line, as they were typed."""

    file: Path | None
    certificates_of: str
    certificate_serials: Path | None
    certificate_keys: Path | None
    passwords_set_from: datetime | None
    passwords_set_before: datetime | None

    def refuse_unless_one(self) -> None:
        """Raises `typer.BadParameter` unless exactly one way is named, and whole."""
        is_span = self.passwords_set_from is not None or self.passwords_set_before is not None
        ways = (self.file is not None, self.certificates_of != "", self.certificate_keys is not None, is_span)
        if self.certificate_serials is not None and not self.certificates_of:
            raise typer.BadParameter("serial numbers count under one authority: name it with --certificates-of")
        if sum(ways) != 1:
            ways_there_are = "--file, --certificates-of, --certificate-keys or --passwords-set-from"
            raise typer.BadParameter(f"name whom it is about in one way: {ways_there_are}")
        if is_span and (self.passwords_set_from is None or self.passwords_set_before is None):
            raise typer.BadParameter("a span has both ends: --passwords-set-from and --passwords-set-before")


async def source_of(database: Database, keyring: Keyring, named: Named, *, skip_faulty: bool) -> Source:
    """The source that is named. Raises `AuthorityUnknown`, `MassFileTooLong` and `MassFileUnfit`; of the last every
    faulty line is said on standard error."""
    if named.file is not None:
        # Parsing a hundred thousand lines: not on the event loop.
        people = await asyncio.to_thread(mass_lines.accounts, named.file.read_bytes())
        return Listed(keyring, _whole(people, skip_faulty))
    if named.certificate_keys is not None:
        keys = await asyncio.to_thread(mass_lines.key_digests, named.certificate_keys.read_bytes())
        return HoldersOfKeys(_whole(keys, skip_faulty))
    if named.certificate_serials is not None:
        serials = await asyncio.to_thread(mass_lines.serials, named.certificate_serials.read_bytes())
        issuer = await database.read(authority, named.certificates_of)
        return HoldersOfSerials(named.certificates_of, issuer, _whole(serials, skip_faulty))
    if named.certificates_of:
        return HoldersOf(named.certificates_of)
    assert named.passwords_set_from is not None and named.passwords_set_before is not None
    return PasswordsSet(named.passwords_set_from, named.passwords_set_before)


def _whole(lines: Lines[Any], skip_faulty: bool) -> Lines[Any]:
    for fault in lines.faults[:_MOST_FAULTS]:
        typer.echo(str(fault), err=True)
    if len(lines.faults) > _MOST_FAULTS:
        typer.echo(f"… and {len(lines.faults) - _MOST_FAULTS} lines more", err=True)
    if lines.faults and not skip_faulty:
        raise MassFileUnfit("faulty_lines", lines.faults)
    return lines
