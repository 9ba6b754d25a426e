"""Which e-mail addresses are written to: one plain spelling in ASCII, which no header can be broken with.

Narrower than RFC 5321: no quoted local parts, no comments, no literals, no mail to a host without a dot.
"""

import re
from typing import Final

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

ADDRESS: Final = re.compile(
    rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@)[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*"
    rf"@(?:{_LABEL}\.)+{_LABEL}"
)
"""To be matched in full."""


def mail_address(contact: str) -> str | None:
    """The address of a portal's contact, with or without `mailto:`; None for a telephone number and the like."""
    address = contact.removeprefix("mailto:")
    return address if ADDRESS.fullmatch(address) else None
