"""How far a browser has come with an activation: a sealed cookie beside the activation's row.

Before the proof the cookies of somebody and of nobody have the same members and the same length. The row decides what
may happen once; the cookie carries what must be kept nowhere before there is an account.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from idp.accounts.activation import LIFETIME, ActivationGone
from idp.citizen.sealed_cookie import SealedCookie, restored, stored
from idp.sealing import Keyring

_COOKIE: Final = SealedCookie("activation")


class Step(StrEnum):
    """The steps after the first form, by their paths."""

    CODE = "/activate/code"
    PASSWORD = "/activate/password"  # noqa: S105  (a path)
    SECOND_FACTOR = "/activate/second-factor"


@dataclass(frozen=True, slots=True)
class ActivationProgress:
    """An activation as its browser knows it.

    `sends` is whether a code was sent, if there is anybody to send one to. `person_key` and `by_phone` are known after
    the proof. `password_hash` and `secret`, that of the app on offer, wait for each other: the account gets both at
    once, or there is none.
    """

    activation_id: UUID
    begun_at: datetime
    sends: bool
    person_key: UUID | None = None
    by_phone: bool = False
    password_hash: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    @property
    def step(self) -> Step:
        """Where the browser has to go on."""
        if self.person_key is None:
            return Step.CODE
        return Step.SECOND_FACTOR if self.password_hash else Step.PASSWORD

    def proved(self, person_key: UUID, *, by_phone: bool) -> Self:
        """After the proof."""
        return replace(self, person_key=person_key, by_phone=by_phone)

    def with_password(self, password_hash: str, secret: str) -> Self:
        """After the password, with the secret of an app to offer."""
        return replace(self, password_hash=password_hash, secret=secret)

    def keep(self, response: Response, keyring: Keyring) -> None:
        """Have the browser carry it on."""
        members = {
            "i": self.activation_id.hex,
            "b": stored(self.begun_at),
            "s": self.sends,
            "k": self.person_key.hex if self.person_key else "",
            "p": self.by_phone,
            "h": self.password_hash,
            "t": self.secret,
        }
        _COOKIE.keep(response, keyring, members)

    @classmethod
    def read(cls, request: Request, keyring: Keyring, *, now: datetime) -> Self:
        """What this browser carries; raises `ActivationGone` when that is nothing of ours, or too old."""
        members = _COOKIE.read(request, keyring)
        if members is None:
            raise ActivationGone("no_cookie_of_ours")
        progress = cls(
            activation_id=UUID(members["i"]),
            begun_at=restored(members["b"]),
            sends=members["s"],
            person_key=UUID(members["k"]) if members["k"] else None,
            by_phone=members["p"],
            password_hash=members["h"],
            secret=members["t"],
        )
        if now >= progress.begun_at + LIFETIME:
            raise ActivationGone("too_old")
        return progress


def forget(response: Response) -> None:
    """The activation is over: nothing of it stays in the browser."""
    _COOKIE.forget(response)
