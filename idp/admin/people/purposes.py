"""Why staff may look a person up: a closed list, and a case that somebody else can look into."""

import re
from enum import StrEnum
from typing import Final

from idp.errors import Refusal

LONGEST_CASE: Final = 100

# Dashes part the groups of a ticket's number; spaces and dots those of a citizen number or a phone.
_NUMBER_OF_SOMEBODY = re.compile(r"\d(?:[ .\u00a0]?\d){8,}")


class Purpose(StrEnum):
    """What a look-up is for."""

    PERSON_ASKS = "person-asks"
    LOST_OR_STOLEN = "lost-or-stolen"
    AUTHORITY_REQUEST = "authority-request"
    INCIDENT = "incident"
    REGISTER_CHANGE = "register-change"
    COMPLAINT = "complaint"
    REVIEW = "review"
    INSPECTION = "inspection"


class PurposeMissing(Refusal):
    """A look-up named no purpose of the list.

    Operator: nothing to do; whoever looks somebody up chooses what for.
    """

    code = "purpose_missing"


class CaseUnfit(Refusal):
    """A look-up named no case, one of over a hundred characters, or one with somebody's number in it.

    Operator: the case is a ticket or a letter that an auditor can find. It stands in the record for years, so no
    citizen number and no phone may be in it.
    """

    code = "case_unfit"


def read_purpose(text: str) -> Purpose:
    """The purpose that a form names; raises `PurposeMissing`."""
    try:
        return Purpose(text)
    except ValueError:
        raise PurposeMissing from None


def read_case(text: str) -> str:
    """The case, without spaces around it; raises `CaseUnfit`, which does not repeat it."""
    case = text.strip()
    if not case or len(case) > LONGEST_CASE or not case.isprintable() or _NUMBER_OF_SOMEBODY.search(case):
        raise CaseUnfit
    return case
