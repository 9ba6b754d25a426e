"""What a portal may be registered to ask for."""

import re
from typing import Final

ADMIN_READ: Final = "admin.read"
ADMIN_ACT: Final = "admin.act"

OF_STAFF: Final = frozenset({ADMIN_READ, ADMIN_ACT})
"""The admin API's. Any portal may be registered for them; who is not staff is granted neither."""

_RESERVED: Final = "admin."

ABOUT_A_PERSON = frozenset(
    {
        "openid",
        "profile",
        "email",
        "phone",
        "address",
        "offline_access",
        "account_level",
        "citizen_number",
        "organisation",
    }
)

STANDARD = ("openid", "profile", "email", "phone", "address")
"""What a portal with people may ask for when its file does not say."""

_OF_AN_API = re.compile(r"[a-z][a-z0-9_-]{0,30}(?:\.[a-z0-9_-]{1,30}){1,4}")


def is_api_scope(name: str) -> bool:
    """A scope of an API of our own or of an agency: words in lower case, joined by dots (`demo.api`)."""
    if name.startswith(_RESERVED):
        return name in OF_STAFF
    return _OF_AN_API.fullmatch(name) is not None
