"""How far a browser has come with locking or unlocking an account: a sealed cookie for each.

The cookie of a lock is there before any proof: somebody's and nobody's have the same members and the same length. That
of an unlocking comes after the password and names the attempt's row, whose secret is in this cookie alone: no page of
the sign-in takes it for a sign-in.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from idp.attempts.pending import Attempt
from idp.citizen.sealed_cookie import SealedCookie, restored, stored
from idp.errors import Kind, Refusal
from idp.sealing import Keyring

LIFETIME: Final = timedelta(minutes=15)

_LOCK: Final = SealedCookie("lock")
_UNLOCK: Final = SealedCookie("unlock")


class LockGone(Refusal):
    """A lock by phone has taken too long, was finished, or never was.

    Operator: nothing to do; the person begins again.
    """

    code = "lock_gone"
    kind = Kind.EXPIRED


class UnlockGone(Refusal):
    """An unlocking has taken too long, was finished, was stopped by too many wrong codes, or never was.

    Operator: nothing to do; the person begins again.
    """

    code = "unlock_gone"
    kind = Kind.EXPIRED


@dataclass(frozen=True, slots=True)
class LockProgress:
    """A lock by phone, before its code: whether one may have been sent, and for whom. Nobody's id is made up."""

    subject: UUID
    account_id: UUID
    begun_at: datetime
    sends: bool

    def keep(self, response: Response, keyring: Keyring) -> None:
        """Have the browser carry it on."""
        members = {
            "i": self.subject.hex,
            "a": self.account_id.hex,
            "b": stored(self.begun_at),
            # Of one length, which `false` and `true` are not.
            "s": int(self.sends),
        }
        _LOCK.keep(response, keyring, members)

    @classmethod
    def read(cls, request: Request, keyring: Keyring, *, now: datetime) -> Self:
        """What this browser carries; raises `LockGone` when that is nothing of ours, or too old."""
        members = _LOCK.read(request, keyring)
        if members is None:
            raise LockGone("no_cookie_of_ours")
        begun_at = restored(members["b"])
        if now >= begun_at + LIFETIME:
            raise LockGone("too_old")
        return cls(UUID(members["i"]), UUID(members["a"]), begun_at, bool(members["s"]))


@dataclass(frozen=True, slots=True)
class UnlockProgress:
    """An unlocking after the password: `attempt_secret` names its row."""

    attempt_id: UUID
    begun_at: datetime
    attempt_secret: str = field(repr=False)

    @property
    def attempt(self) -> Attempt:
        """For `idp.attempts.proofs`."""
        return Attempt(self.attempt_id, self.begun_at, "/unlock", secret=self.attempt_secret)

    def keep(self, response: Response, keyring: Keyring) -> None:
        """Have the browser carry it on."""
        members = {"i": self.attempt_id.hex, "b": stored(self.begun_at), "r": self.attempt_secret}
        _UNLOCK.keep(response, keyring, members)

    @classmethod
    def read(cls, request: Request, keyring: Keyring, *, now: datetime) -> Self:
        """What this browser carries; raises `UnlockGone` when that is nothing of ours, or too old."""
        members = _UNLOCK.read(request, keyring)
        if members is None:
            raise UnlockGone("no_cookie_of_ours")
        begun_at = restored(members["b"])
        if now >= begun_at + LIFETIME:
            raise UnlockGone("too_old")
        return cls(UUID(members["i"]), begun_at, members["r"])


def forget_lock(response: Response) -> None:
    """The lock is made, or not: nothing of it stays in the browser."""
    _LOCK.forget(response)


def forget_unlock(response: Response) -> None:
    """The unlocking is over: nothing of it stays in the browser."""
    _UNLOCK.forget(response)
