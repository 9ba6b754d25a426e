"""An authenticator app on offer to somebody who is signed in: its secret waits in a sealed cookie, of that session.

It waits longer than a sign-in stays fresh: whoever had to prove who they are once more finds the picture they scanned.
"""

from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from idp.accounts import totp
from idp.citizen.sealed_cookie import SealedCookie, restored, stored
from idp.errors import Kind, Refusal
from idp.sealing import Keyring
from idp.sessions.standing import SignedIn

LIFETIME: Final = timedelta(minutes=30)

_COOKIE: Final = SealedCookie("app_offer")


class OfferGone(Refusal):
    """A code came for an authenticator app that was not offered to this person in this browser, or too long ago.

    Operator: nothing to do; the person scans the new picture.
    """

    code = "app_offer_gone"
    kind = Kind.EXPIRED


def offered(request: Request, keyring: Keyring, who: SignedIn, *, now: datetime) -> str:
    """The secret that was offered; raises `OfferGone`."""
    members = _COOKIE.read(request, keyring)
    if members is None or members["s"] != who.session_id.hex or now >= restored(members["b"]) + LIFETIME:
        raise OfferGone
    secret: str = members["t"]
    return secret


def offer(request: Request, keyring: Keyring, who: SignedIn, *, now: datetime) -> str:
    """The secret that is on offer already, or a new one: a page that is loaded again shows the same picture."""
    try:
        return offered(request, keyring, who, now=now)
    except OfferGone:
        return totp.propose()


def keep(response: Response, keyring: Keyring, who: SignedIn, secret: str, *, now: datetime) -> None:
    """Have the browser carry the secret until its code comes."""
    _COOKIE.keep(response, keyring, {"s": who.session_id.hex, "b": stored(now), "t": secret})


def forget(response: Response) -> None:
    """The app is in use; its secret stays with it alone."""
    _COOKIE.forget(response)
