"""What is wrong on purpose in one step, as plain data: it stands in the run's row, where every worker reads it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

Signature = Literal["right", "next", "foreign", "unknown", "none"]
"""By the published key; by the one that is published next; by a stranger's key under the published `kid`; by a
stranger's under its own; by none at all (`alg: none`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """None of it is the truth.

    `claims` replace members of the ID token, where None leaves one out. `shift` is how many seconds its times are off;
    an ID token lives five minutes. `userinfo` replaces members there. `expires_in` is what is told of access tokens.
    """

    claims: Mapping[str, Any] = field(default_factory=dict)
    shift: int = 0
    signature: Signature = "right"
    userinfo: Mapping[str, Any] = field(default_factory=dict)
    expires_in: int = 300
    refuses_refresh: bool = False

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(**stored)


TRUTH = Lie()
