"""Files that name accounts or certificates, one a line: read whole, every fault named, no line repeated back.

Blank lines, and lines that begin with #, name nothing. Who is named twice is counted once.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from uuid import UUID

from idp.errors import Kind, Refusal
from idp.register import citizen_number
from idp.register.citizen_number import BadCitizenNumber

T = TypeVar("T")

MOST_LINES: Final = 1_000_000
MOST_BYTES: Final = 64 << 20

_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_ACCOUNT = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_SHA_256 = re.compile(r"[0-9a-fA-F]{64}")
_SERIAL = re.compile(r"(?P<decimal>[0-9]{1,49})|0[xX](?P<hexadecimal>[0-9a-fA-F]{1,40})|(?P<bytes>[0-9a-fA-F:]{3,60})")
_BYTES = re.compile(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{2})+")


class MassFileUnfit(Refusal):
    """A file for a mass act has lines that name nothing, or is too long. `faults` says where and why.

    Operator: each line holds one citizen number or one account's id; the answer names every line that does not. Put
    them right, or leave them out knowingly with `--skip-faulty`.
    """

    code = "mass_file_unfit"

    def __init__(self, reason: str, faults: "tuple[Fault, ...]" = ()) -> None:
        super().__init__(reason)
        self.faults = faults


class MassFileTooLong(Refusal):
    """A file for a mass act is longer than a million lines.

    Operator: part it in several files, one job each.
    """

    code = "mass_file_too_long"
    kind = Kind.TOO_LARGE


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that names nothing. What stands in it is not said: it may be most of somebody's number."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Lines(Generic[T]):
    """What a file names, in its order and each once; `repeated` lines named somebody again."""

    named: tuple[T, ...] = field(repr=False)
    lines: int
    repeated: int
    faults: tuple[Fault, ...]

    def refuse_faulty(self) -> None:
        """Raise `MassFileUnfit` when there is any fault."""
        if self.faults:
            raise MassFileUnfit("faulty_lines", self.faults)


def accounts(data: bytes) -> Lines[str | UUID]:
    """Citizen numbers (as they are parsed) and account ids. Raises `MassFileTooLong`."""
    return _read(data, _account)


def key_digests(data: bytes) -> Lines[bytes]:
    """SHA-256 of certificates' public keys (SubjectPublicKeyInfo in DER), in hexadecimal. Raises `MassFileTooLong`."""
    return _read(data, _digest)


def serials(data: bytes) -> Lines[int]:
    """Certificates' serial numbers: decimal, `0x…`, or bytes with colons between them. Raises `MassFileTooLong`."""
    return _read(data, _serial)


def _read(data: bytes, understand: Callable[[str], T]) -> Lines[T]:
    """`understand` gives what a line names, or raises ValueError with why it names nothing."""
    if len(data) > MOST_BYTES:
        raise MassFileTooLong
    named: dict[T, None] = {}
    faults: list[Fault] = []
    count = told = 0
    for number, line in _lines_of(data):
        count += 1
        try:
            named[understand(line)] = None
            told += 1
        except ValueError as error:
            faults.append(Fault(number, str(error)))
    return Lines(tuple(named), count, told - len(named), tuple(faults))


def _lines_of(data: bytes) -> Iterator[tuple[int, str]]:
    """Each line that says something, with its number. What is not UTF-8 is no number either, and is found out there."""
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), start=1):
        if number > MOST_LINES:
            raise MassFileTooLong
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def _account(text: str) -> str | UUID:
    if _TWELVE_DIGITS.fullmatch(text):
        return text
    if _ACCOUNT.fullmatch(text):
        return UUID(text)
    try:
        return citizen_number.parse(text)
    except BadCitizenNumber:
        raise ValueError("neither a citizen number nor an account's id") from None


def _digest(text: str) -> bytes:
    if not _SHA_256.fullmatch(text):
        raise ValueError("not 64 hexadecimal digits")
    return bytes.fromhex(text)


def _serial(text: str) -> int:
    found = _SERIAL.fullmatch(text)
    if found is None or (found["bytes"] and not _BYTES.fullmatch(text)):
        raise ValueError("no serial number such as 4096, 0x1000 or 10:00")
    if found["decimal"]:
        return int(found["decimal"])
    return int((found["hexadecimal"] or found["bytes"]).replace(":", ""), 16)
