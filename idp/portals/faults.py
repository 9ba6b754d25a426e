"""What is wrong with a portal's file."""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.errors import Refusal


@dataclass(frozen=True, slots=True)
class RegistrationFault:
    """One fault: of which portal (its `client_id`, or its place in the file), in which member, and what it is.

    `given` is what the file says there, for its author: a stranger is never told again what they sent.
    """

    portal: str
    member: str
    sentence: str
    given: str = ""

    def __str__(self) -> str:
        return f"{self.portal}: {self.member} {self.sentence}{': ' if self.given else ''}{self.given}"


class RegistrationRefused(Refusal):
    """A portal's file has faults; `faults` are all of them, and nothing was registered.

    Operator: each fault names the portal and the member. Correct the file and add it again.
    """

    code = "registration_refused"

    def __init__(self, faults: Sequence[RegistrationFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)
