"""The person whom a pretend provider signs in. Nobody: no register and no account has them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from idp.tokens.claims import choose

NAME: Final = "Nguyễn Văn Thử"

_KNOWN: Final[Mapping[str, Any]] = {
    "name": NAME,
    "family_name": "Nguyễn",
    "middle_name": "Văn",
    "given_name": "Thử",
    "gender": "male",
    "birthdate": "1990-01-01",
    "zoneinfo": "Asia/Ho_Chi_Minh",
    "locale": "vi-VN",
    "email": "nguyen.van.thu@example.invalid",
    "email_verified": True,
    "phone_number": "+84900000000",
    "phone_number_verified": True,
    "address": {"formatted": "Số 1 đường Thử Nghiệm", "country": "VN"},
    "account_level": 2,
    "citizen_number": "003090000000",
}


def about(sub: str, scope: Iterable[str]) -> dict[str, Any]:
    """What userinfo says."""
    return {"sub": sub, **choose(_KNOWN, scope)}
