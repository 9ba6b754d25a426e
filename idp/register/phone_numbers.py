"""Vietnamese mobile numbers, kept as E.164 (domain.md §2.4). A landline is no phone of record: no code reaches it."""

import re

from idp.errors import Refusal
from idp.register.digits import plain

_MOBILE = re.compile(r"(?:\+84|0084|84|0)(?P<national>(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])[0-9]{7})")
_SEPARATORS = str.maketrans("", "", ".-()")


class BadPhoneNumber(Refusal):
    """What was given as a phone number is no Vietnamese mobile number.

    Operator: nothing to do for a person who typed it. New ranges of numbers are added in idp/register/phone_numbers.py.
    """

    code = "bad_phone_number"


def parse(text: str) -> str:
    """The number in E.164, however it was grouped and with or without the country's code.

    Raises `BadPhoneNumber`, which does not repeat what was typed.
    """
    found = _MOBILE.fullmatch(plain(text).translate(_SEPARATORS))
    if found is None:
        raise BadPhoneNumber
    return f"+84{found['national']}"
