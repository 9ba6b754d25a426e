"""Which redirect addresses belong to one sector, as its host says (OpenID Connect Core §8.1, Registration §5)."""

from collections.abc import Collection
from typing import Final

from idp.errors import Refusal
from idp.outbound import Outbound
from idp.portals.faults import RegistrationFault, RegistrationRefused

_MOST_BYTES: Final = 64 * 1024
_MEMBER: Final = "sector_identifier_uri"


async def check(outbound: Outbound, uri: str, redirect_uris: Collection[str]) -> None:
    """Fetch it; raises `RegistrationRefused` unless it lists every one of them. Never called in a unit.

    Only portals that register themselves name one.
    """
    try:
        public = outbound.for_strangers
        answer = await public.get(uri, headers={"Accept": "application/json"}, most_bytes=_MOST_BYTES)
        listed = answer.json() if answer.status == 200 else None
    except Refusal:
        # Which of the ways in which it did not come back would tell of networks that are ours.
        raise _refused("could not be fetched") from None
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise _refused("is not a JSON array of redirect addresses")
    if not set(redirect_uris) <= set(listed):
        raise _refused("does not list every redirect address")


def _refused(sentence: str) -> RegistrationRefused:
    return RegistrationRefused([RegistrationFault("the portal", _MEMBER, sentence)])
