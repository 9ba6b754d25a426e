"""What a portal was allowed to know, as this room's pages list it."""

from collections.abc import Iterable

from idp.tokens.claims import BY_SCOPE
from idp.web.pages import Pages

_ORDER = {scope: place for place, scope in enumerate(BY_SCOPE)}
# Its words speak of "the above", so it comes after everything else; that a person signed in is said anyway.
_LAST = "offline_access"
_ALWAYS_SAID = "openid"

ShownScopes = tuple[tuple[str, bool], ...]
"""Scopes, each with whether there are words for it (`consent.scope.…`)."""


def shown_scopes(pages: Pages, scopes: Iterable[str]) -> ShownScopes:
    """In the order in which a person would ask: who I am before how I am reached, the rest by name."""
    in_order = sorted(set(scopes) - {_ALWAYS_SAID}, key=_place)
    return tuple((scope, pages.translations.has(f"consent.scope.{scope}")) for scope in in_order)


def _place(scope: str) -> tuple[bool, int, str]:
    return scope == _LAST, _ORDER.get(scope, len(_ORDER)), scope
