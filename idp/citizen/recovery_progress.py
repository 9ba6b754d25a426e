"""How far a browser has come with a recovery: a sealed cookie, and after the proof an attempt's row beside it.

Before the proof the cookies of somebody and of nobody have the same members and the same length, and nothing is written
but the code. The row counts wrong factors, ends once, and ends with every intervention. Its secret is sealed in this
cookie alone: no page of the sign-in takes a recovery for a sign-in.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from idp.accounts.recovery import Claimed, Proof
from idp.attempts.pending import Attempt
from idp.citizen.sealed_cookie import SealedCookie, restored, stored
from idp.errors import Kind, Refusal
from idp.sealing import Keyring

LIFETIME: Final = timedelta(minutes=30)
"""From the first form to the last, as at activation."""

_COOKIE: Final = SealedCookie("recovery")


class RecoveryGone(Refusal):
    """A recovery has taken too long, was finished, was stopped by too many wrong codes, or never was.

    Operator: nothing to do; the person begins again.
    """

    code = "recovery_gone"
    kind = Kind.EXPIRED


class Step(StrEnum):
    """The steps after the first form, by their paths."""

    CODE = "/recover/code"
    PASSWORD = "/recover/password"  # noqa: S105  (a path)
    SECOND_FACTOR = "/recover/second-factor"


@dataclass(frozen=True, slots=True)
class RecoveryProgress:
    """A recovery as its browser knows it.

    `claimed` is whom it is for, real or nobody. After the proof there is `how`, and the `attempt_secret` of the row.
    `password_hash` and the `secret` of an app on offer are there when the proof came from a counter: then the person
    gets a new second factor too, and both are taken at once.
    """

    subject: UUID
    claimed: Claimed
    begun_at: datetime
    sends: bool
    how: Proof | None = None
    attempt_secret: str = field(default="", repr=False)
    password_hash: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    @property
    def step(self) -> Step:
        """Where the browser has to go on."""
        if self.how is None:
            return Step.CODE
        return Step.SECOND_FACTOR if self.password_hash else Step.PASSWORD

    @property
    def attempt(self) -> Attempt:
        """The attempt whose row this recovery has, for `idp.attempts.proofs`."""
        return Attempt(self.subject, self.begun_at, Step.PASSWORD, secret=self.attempt_secret)

    def proved(self, how: Proof, attempt_secret: str) -> Self:
        """After the proof."""
        return replace(self, how=how, attempt_secret=attempt_secret)

    def with_password(self, password_hash: str, secret: str) -> Self:
        """After the password, with the secret of an app to offer."""
        return replace(self, password_hash=password_hash, secret=secret)

    def keep(self, response: Response, keyring: Keyring) -> None:
        """Have the browser carry it on."""
        members = {
            "i": self.subject.hex,
            "a": self.claimed.account_id.hex,
            "k": self.claimed.person_key.hex,
            "b": stored(self.begun_at),
            "s": self.sends,
            "p": self.how or "",
            "r": self.attempt_secret,
            "h": self.password_hash,
            "t": self.secret,
        }
        _COOKIE.keep(response, keyring, members)

    @classmethod
    def read(cls, request: Request, keyring: Keyring, *, now: datetime) -> Self:
        """What this browser carries; raises `RecoveryGone` when that is nothing of ours, or too old."""
        members = _COOKIE.read(request, keyring)
        if members is None:
            raise RecoveryGone("no_cookie_of_ours")
        progress = cls(
            subject=UUID(members["i"]),
            claimed=Claimed(UUID(members["a"]), UUID(members["k"])),
            begun_at=restored(members["b"]),
            sends=members["s"],
            how=Proof(members["p"]) if members["p"] else None,
            attempt_secret=members["r"],
            password_hash=members["h"],
            secret=members["t"],
        )
        if now >= progress.begun_at + LIFETIME:
            raise RecoveryGone("too_old")
        return progress


def forget(response: Response) -> None:
    """The recovery is over: nothing of it stays in the browser."""
    _COOKIE.forget(response)
