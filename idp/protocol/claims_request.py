"""The `claims` parameter (OpenID Connect Core §5.5): single claims, and demands on `acr` and `sub`."""

from dataclasses import dataclass
from typing import Any, Self

import orjson

from idp.protocol.answers import OAuthError

_PLACES = ("userinfo", "id_token")


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """Names asked for at userinfo and in the ID token; the `sub` it must be; the `acr` values one of which is
    essential."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    sub: str | None = None
    essential_acr: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> Self:
        """Read the JSON; raises `OAuthError`. Members we do not know are left aside, as §5.5 wants."""
        if text is None:
            return cls()
        try:
            asked = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise _malformed() from None
        userinfo, id_token = (_members(asked, place) for place in _PLACES)
        return cls(
            userinfo=tuple(userinfo),
            id_token=tuple(id_token),
            sub=_text(id_token.get("sub"), "value") or _text(userinfo.get("sub"), "value"),
            essential_acr=_essential(id_token.get("acr")),
        )


def _members(asked: Any, place: str) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise _malformed()
    members = asked.get(place) or {}
    if not isinstance(members, dict) or not all(_is_demand(demand) for demand in members.values()):
        raise _malformed()
    return members


def _is_demand(demand: Any) -> bool:
    return demand is None or isinstance(demand, dict)


def _text(demand: dict[str, Any] | None, member: str) -> str | None:
    value = (demand or {}).get(member)
    if value is not None and not isinstance(value, str):
        raise _malformed()
    return value


def _essential(demand: dict[str, Any] | None) -> tuple[str, ...]:
    if not demand or demand.get("essential") is not True:
        return ()
    values = demand.get("values") or [demand.get("value")]
    if not isinstance(values, list):
        raise _malformed()
    return tuple(value for value in values if isinstance(value, str))


def _malformed() -> OAuthError:
    return OAuthError("invalid_request", "The parameter claims is not a claims request (OpenID Connect Core 5.5)")
