"""Which claims go to a portal: what it registered, asked for and was agreed to, and nothing else."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

BY_SCOPE: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
    "account_level": ("account_level",),
    "citizen_number": ("citizen_number",),
}
"""OpenID Connect Core §5.4, then our own."""

NATIONAL_NUMBER: Final = "citizen_number"


def of_scope(scope: Iterable[str]) -> tuple[str, ...]:
    """The claims that come with `scope`."""
    return tuple(name for value in scope for name in BY_SCOPE.get(value, ()))


def allowed(requested: Iterable[str], registered_scope: Iterable[str]) -> tuple[str, ...]:
    """Of the claims a portal asks for one by one, those that its registered scopes would give it."""
    wanted = tuple(requested)
    may = set(of_scope(registered_scope)) if wanted else ()
    return tuple(name for name in wanted if name in may)


def scopes_of(claims: Iterable[str]) -> tuple[str, ...]:
    """The scopes that claims belong to: a person agrees in these words."""
    wanted = set(claims)
    return tuple(scope for scope, names in BY_SCOPE.items() if wanted & set(names))


def choose(known: Mapping[str, Any], scope: Iterable[str], one_by_one: Iterable[str] = ()) -> dict[str, Any]:
    """Of what is `known` about a person, what `scope` and single requests ask for; what is not known is left out."""
    names = dict.fromkeys((*of_scope(scope), *one_by_one))
    return {name: known[name] for name in names if known.get(name) is not None}
