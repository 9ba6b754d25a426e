"""Whom the subject of a certificate names (domain.md §3.2, §3.3).

A number stands in a UID attribute as `PREFIX:number`. There may be several, in any order; a government certificate has
none. They are read from the decoded DER, because the text forms of a subject differ from tool to tool.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from cryptography.x509 import Name, NameAttribute
from cryptography.x509.oid import NameOID

from idp.pki.refusals import CertificateUnreadable

_UID: Final = re.compile(r"([A-Za-z]+) ?: ?(.*)")
# PID and PPID are of remote signing services: citizen numbers and passports under names of their own.
_CARDS: Final = {
    "CCCD": re.compile(r"[0-9]{12}"),
    "CMND": re.compile(r"[0-9]{9}|[0-9]{12}"),
    "PID": re.compile(r"[0-9]{12}"),
}
_PASSPORTS: Final = {
    "HC": re.compile(r"[A-Z0-9]{6,12}"),
    "PPID": re.compile(r"[A-Z0-9]{6,12}"),
}
_ORGANISATION: Final = {"MST": re.compile(r"[0-9]{10}(-[0-9]{3})?")}
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """Who holds a certificate, as its authority says.

    `personal_number` is that of a card, or of a passport (`is_passport`). `organisation` is a tax code: with a personal
    number the person acts for it.
    """

    name: str = field(repr=False)
    personal_number: str | None = field(default=None, repr=False)
    organisation: str | None = None
    is_passport: bool = False

    @property
    def citizen_number(self) -> str | None:
        """The twelve digits that the population register knows people by, or None.

        Government certificates have none, and a passport's number is none, however many digits it has: another country
        may give its own people the numbers that are here somebody else's.
        """
        number = self.personal_number
        return number if number and not self.is_passport and re.fullmatch(r"[0-9]{12}", number) else None

    @property
    def is_seal(self) -> bool:
        """Whether it is an organisation's own, which signs nobody in."""
        return self.organisation is not None and self.personal_number is None


def read_subject(subject: Name) -> Subject:
    """Whom it names. Raises `CertificateUnreadable` where that is not said clearly, and once."""
    names = [_text(attribute) for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or not names[0].strip() or len(names[0]) > _LONGEST_NAME:
        raise CertificateUnreadable("name_missing_or_repeated")
    uids = [_text(attribute) for attribute in subject.get_attributes_for_oid(NameOID.USER_ID)]
    cards, passports = _numbers(uids, _CARDS), _numbers(uids, _PASSPORTS)
    return Subject(
        name=unicodedata.normalize("NFC", " ".join(names[0].split())),
        personal_number=_only(cards | passports, "two_personal_numbers"),
        organisation=_only(_numbers(uids, _ORGANISATION), "two_organisations"),
        is_passport=bool(passports) and not cards,
    )


def _numbers(uids: list[str], kinds: dict[str, re.Pattern[str]]) -> set[str]:
    """The numbers of these kinds. One that is empty or has another form makes the whole certificate doubtful."""
    found = set()
    for uid in uids:
        parts = _UID.fullmatch(uid.strip())
        form = kinds.get(parts[1].upper()) if parts else None
        if parts is None or form is None:
            continue
        if not form.fullmatch(parts[2].strip()):
            raise CertificateUnreadable("malformed_number")
        found.add(parts[2].strip())
    return found


def _only(numbers: set[str], several: str) -> str | None:
    if len(numbers) > 1:
        raise CertificateUnreadable(several)
    return next(iter(numbers), None)


def _text(attribute: NameAttribute[str | bytes]) -> str:
    """The value, without what makes a text look like another: NUL, controls, and marks that turn its direction."""
    value = attribute.value
    if isinstance(value, bytes) or any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs"} for letter in value):
        raise CertificateUnreadable("disguised_text")
    return value
