"""The APIs of others in an agreement: which of them a portal may call in the person's name, and what for (RFC 8707).

They stand among the scopes of the agreement, as entries of their own: an API's identifier, which is an address without
a fragment (RFC 8707 §2), and that with a scope behind `#` for each scope that tokens for it carry. So what was agreed
for one API never counts at another, and agreements without any API read as they always did.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from idp.audit.events.event import is_code
from idp.portals.scopes import is_api_scope


@dataclass(frozen=True, slots=True)
class Api:
    """One of them: its identifier, and the scopes that tokens for it carry."""

    resource: str
    scopes: tuple[str, ...]

    @property
    def address(self) -> str:
        """For people to read: the host first, and `https` unsaid."""
        return self.resource.removeprefix("https://").removesuffix("/")

    @property
    def on_record(self) -> str:
        """Its address, or where the record would not hold that, the host."""
        return self.address if is_code(self.address) else re.split("[/?]", self.address, maxsplit=1)[0]


def entries(resources: Iterable[str], scope: Iterable[str]) -> frozenset[str]:
    """What a request for tokens for `resources` adds to what is asked: every token carries each scope of an API."""
    carried = [name for name in scope if is_api_scope(name)]
    named = frozenset(resources)
    return named | {f"{resource}#{name}" for resource in named for name in carried}


def scopes_in(agreed: Iterable[str]) -> frozenset[str]:
    """The scopes alone."""
    return frozenset(entry for entry in agreed if not _is_of_api(entry))


def apis_in(agreed: Iterable[str]) -> tuple[Api, ...]:
    """The APIs alone, by name."""
    found: dict[str, list[str]] = {}
    for entry in sorted(filter(_is_of_api, agreed)):
        resource, _, scope = entry.partition("#")
        found.setdefault(resource, []).extend([scope] if scope else [])
    return tuple(Api(resource, tuple(scopes)) for resource, scopes in found.items())


def _is_of_api(entry: str) -> bool:
    return "://" in entry
