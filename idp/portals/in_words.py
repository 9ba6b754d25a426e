"""What an operator is told of a portal before people may sign in there."""

from collections.abc import Iterable

from idp.portals.portal import Registration

_ADDRESSES = (
    *("redirect_uris", "post_logout_redirect_uris", "initiate_login_uri"),
    *("client_uri", "logo_uri", "policy_uri", "tos_uri"),
    *("backchannel_logout_uri", "frontchannel_logout_uri", "jwks_uri"),
)


def in_words(portal: Registration) -> list[str]:
    """One for each thing that matters: who it is, what it may ask for, and where it leads. Empty ones are left out."""
    told: dict[str, Iterable[str | None]] = {
        "name": portal.names.values(),
        "agency": [portal.agency],
        "profile": [portal.profile.value],
        "sector": [portal.sector],
        "scopes": sorted(portal.scopes),
        "resources": portal.resources,
        **{member: _texts(getattr(portal, member)) for member in _ADDRESSES},
    }
    return [f"{name}: {' | '.join(found)}" for name, values in told.items() if (found := list(filter(None, values)))]


def _texts(value: str | tuple[str, ...] | None) -> Iterable[str | None]:
    return value if isinstance(value, tuple) else [value]
