"""What can be wrong with one record of a file. A fault names the line, the column and the reason, never the datum."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a record was not taken."""

    NOT_UTF8 = "not_utf8"
    TOO_LONG = "too_long"
    BAD_QUOTES = "bad_quotes"
    COLUMN_COUNT = "column_count"
    CONTROL_CHARACTER = "control_character"
    EMPTY = "empty"
    BAD_NUMBER = "bad_number"
    BAD_NAME = "bad_name"
    BAD_BIRTH_DATE = "bad_birth_date"
    BAD_PHONE = "bad_phone"
    BAD_DATE = "bad_date"
    BAD_KEY = "bad_key"
    BAD_CODE = "bad_code"
    NOT_A_CHOICE = "not_a_choice"
    SAID_TWICE = "said_twice"
    NUMBER_REPLACED = "number_replaced"
    NUMBER_OF_ANOTHER = "number_of_another"
    KEY_OF_ANOTHER = "key_of_another"
    UNKNOWN_GUARDIAN = "unknown_guardian"


_SENTENCES = {
    Reason.NOT_UTF8: "is not UTF-8 text",
    Reason.TOO_LONG: "is longer than it may be",
    Reason.BAD_QUOTES: "has a quote that is not closed, or that stands inside a value",
    Reason.COLUMN_COUNT: "does not have as many values as the header has columns",
    Reason.CONTROL_CHARACTER: "holds a line break or another control character",
    Reason.EMPTY: "is empty",
    Reason.BAD_NUMBER: "is not twelve digits",
    Reason.BAD_NAME: "holds no letter, or is longer than a name may be",
    Reason.BAD_BIRTH_DATE: "is no date (YYYY-MM-DD) and no year, or lies in the future",
    Reason.BAD_PHONE: "is no Vietnamese mobile number",
    Reason.BAD_DATE: "is no date (YYYY-MM-DD)",
    Reason.BAD_KEY: "is no UUID",
    Reason.BAD_CODE: "is no code of the scheme",
    Reason.NOT_A_CHOICE: "is not one of the values allowed",
    Reason.SAID_TWICE: "is of a person of whom this source has already said something else",
    Reason.NUMBER_REPLACED: "was replaced by a newer number in the register",
    Reason.NUMBER_OF_ANOTHER: "belongs to another person of the register",
    Reason.KEY_OF_ANOTHER: "belongs to another person of the register",
    Reason.UNKNOWN_GUARDIAN: "is of nobody in the register; a guardian must come before the child",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the record at `line` was not taken. `column` is None when it is the record as a whole."""

    line: int
    reason: Reason
    column: str | None = None

    def __str__(self) -> str:
        """One line for an operator."""
        what = "the record" if self.column is None else self.column
        return f"line {self.line}: {what} {_SENTENCES[self.reason]}"


class RecordRefused(Exception):
    """A record, or the value of one column of it, cannot be taken."""

    def __init__(self, reason: Reason, column: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.column = column

    def at(self, line: int) -> Fault:
        """The fault this is at that line."""
        return Fault(line, self.reason, self.column)
