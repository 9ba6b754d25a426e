"""Steps about back-channel logout: a genuine token ends the session, any other is refused and ends nothing."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from idp.errors import Refusal
from idp.portal_tests.browser import Stopped, origin_of
from idp.portal_tests.findings import Finding, failed, not_applicable, passed, warning
from idp.portal_tests.lies import Signature
from idp.portal_tests.tokens import sid
from idp.portal_tests.trial import Trial
from idp.storage.identifiers import new_id

_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_MOST_BYTES: Final = 16 << 10

REFUSED: Final[Mapping[str, tuple[dict[str, Any], Signature]]] = {
    "logout_nonce": ({"nonce": "none-belongs-here"}, "right"),
    "logout_audience": ({"aud": "another-portal"}, "right"),
    "logout_event": ({"events": {"http://schemas.example/another": {}}}, "right"),
    "logout_issuer": ({"iss": "https://another.invalid"}, "right"),
    "logout_signature": ({}, "foreign"),
    "logout_expired": ({"shift": -600}, "right"),
}
"""Tokens that must be refused (OpenID Connect Back-Channel Logout 1.0 §2.6)."""


async def _refused(trial: Trial, step: str, changed: Mapping[str, Any], signature: Signature) -> Finding:
    if trial.portal.backchannel_logout_uri is None:
        return not_applicable("not_registered")
    visit, _ = await trial.sign_in(step)
    status = await _tell(trial, trial.portal.backchannel_logout_uri, changed, signature)
    if not await trial.is_in(visit.browser):
        return failed("session_ended", status=status)
    if 200 <= status < 300:
        return failed("taken", status=status)
    return passed("refused_with", status=status) if status == 400 else warning("refused_with", status=status)


def refusing(step: str) -> Callable[[Trial], Awaitable[Finding]]:
    """The step of that name in `REFUSED`."""
    changed, signature = REFUSED[step]
    return partial(_refused, step=step, changed=changed, signature=signature)


async def logout(trial: Trial) -> Finding:
    """A genuine one: 200, and the session is over (§2.8)."""
    if trial.portal.backchannel_logout_uri is None:
        return not_applicable("not_registered")
    visit, _ = await trial.sign_in("logout")
    if not await trial.is_in(visit.browser):
        return failed("not_signed_in")
    status = await _tell(trial, trial.portal.backchannel_logout_uri, {}, "right")
    if not 200 <= status < 300:
        return failed("refused_with", status=status)
    return failed("still_signed_in") if await trial.is_in(visit.browser) else passed("session_ended", status=status)


async def _tell(trial: Trial, address: str, changed: Mapping[str, Any], signature: Signature) -> int:
    """Post a logout token (§2.5); the status of the answer. Raises `Stopped`."""
    desk, now = trial.desk, trial.desk.clock.now()
    at = int(now.timestamp()) + changed.get("shift", 0)
    claims = {
        "iss": desk.issuer,
        "sub": desk.run.sub,
        "aud": trial.portal.client_id,
        "iat": at,
        "exp": at + 120,
        "jti": str(new_id(now)),
        "sid": sid(desk.run),
        "events": {_EVENT: {}},
    }
    claims |= {name: value for name, value in changed.items() if name != "shift"}
    token = desk.keys.sign(claims, typ="logout+jwt", signature=signature)
    trial.budget.spend()
    try:
        return await trial.outbound.post_for_status(
            address,
            urlencode({"logout_token": token}).encode(),
            content_type="application/x-www-form-urlencoded",
            seconds=trial.pace.call.total_seconds(),
            most_bytes=_MOST_BYTES,
        )
    except Refusal as refusal:
        seen = "silent" if refusal.reason.startswith("TimeoutError") else "unreachable"
        raise Stopped(seen, host=origin_of(address).partition("://")[2]) from None
