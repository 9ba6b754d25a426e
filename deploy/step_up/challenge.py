"""What an API answers when it does not let a portal in (RFC 6750 §3), as far as a portal acts on it."""

import re
from dataclasses import dataclass
from typing import Self

import httpx

_MEMBER = re.compile(r'([a-z_]+)="([^"\\]*)"')


@dataclass(frozen=True)
class Challenge:
    """The `error`, empty where there is none, and what the sign-in must be (RFC 9470 §3)."""

    error: str
    wanted: dict[str, str]

    @classmethod
    def read(cls, answer: httpx.Response) -> Self:
        """Of an answer with the status 401 or 403. A `max_age` that is no number is left out."""
        members = dict(_MEMBER.findall(" ".join(answer.headers.get_list("www-authenticate"))))
        wanted = {name: members[name] for name in ("acr_values", "max_age") if members.get(name)}
        if not wanted.get("max_age", "0").isdecimal():
            del wanted["max_age"]
        return cls(members.get("error", ""), wanted)

    @property
    def is_step_up(self) -> bool:
        return self.error == "insufficient_user_authentication"
