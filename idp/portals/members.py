"""The members of a portal's file, in the words of RFC 7591 and OpenID Connect registration, group by group.

What the file leaves open is decided here, once, and stored: a later change of a default changes no portal.
"""

import re
from dataclasses import fields
from typing import Any

from idp.portals import client_secrets
from idp.portals.addresses import LOOPBACK, LOOPBACK_LITERALS, fault_of
from idp.portals.entry import Entry
from idp.portals.laxities import Laxity
from idp.portals.leaving import MEMBERS as OF_LEAVING
from idp.portals.portal import Registration
from idp.portals.profiles import Rules
from idp.portals.scopes import ABOUT_A_PERSON, OF_STAFF, STANDARD, is_api_scope
from idp.sealing import Secret

_MOST_ADDRESSES = 20
_A_YEAR = 31_536_000  # seconds

_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,62}[A-Za-z0-9]")
# RFC 9700 §4.15: never what a `sub` (43 characters), another digest, an identifier of a row or a number looks like.
_LIKE_A_SUBJECT = re.compile(
    r"[A-Za-z0-9_-]{43}|[0-9A-Fa-f]{32,64}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9]+"
)
SECTOR = re.compile(r"[a-z0-9](?:[a-z0-9._:/-]{0,98}[a-z0-9])?")
PROVINCE = re.compile(r"[0-9]{2}")
_CONTACT = re.compile(r"(?:mailto:)?[^@\s]+@[^@\s]+\.[^@\s]+|(?:tel:)?\+?[0-9 .-]{6,20}")

_OF_PERSONS = (
    "redirect_uris",
    "post_logout_redirect_uris",
    "response_types",
    "subject_type",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "initiate_login_uri",
    "refresh",
    "id_token_signed_response_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "authorization_signed_response_alg",
    "request_object_signing_alg",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "minimum_level",
    "step_up",
    "consent",
    "default_max_age",
    "require_auth_time",
    "legal_basis",
    *OF_LEAVING,
)
KNOWN = sorted(
    {field.name for field in fields(Registration)} - {"names", "scopes"}
    | {*_OF_PERSONS, "client_name", "client_secret", "scope", "application_type"}
)
"""Every member there is."""


def is_client_id(text: str) -> bool:
    """Whether it may be a `client_id`: words, and nothing that could be taken for a person."""
    return _CLIENT_ID.fullmatch(text) is not None and not _LIKE_A_SUBJECT.fullmatch(text)


def who(entry: Entry) -> dict[str, Any]:
    """Whose portal it is, and under which sector people have their `sub`."""
    for member in ("client_id", "sector"):
        entry.required(member)
    client_id = entry.text("client_id")
    if client_id is not None and not _CLIENT_ID.fullmatch(client_id):
        entry.fault("client_id", "must be 2 to 64 letters, digits and - . _ ~ between them")
    elif client_id is not None and not is_client_id(client_id):
        entry.fault("client_id", "looks like a person's identifier, a key or a number; choose words")
    contacts = entry.texts("contacts", most=10) or ()
    if not all(map(_CONTACT.fullmatch, contacts)):
        entry.fault("contacts", "must be e-mail addresses or telephone numbers")
    return {
        "client_id": client_id,
        "names": entry.names("client_name") or {"": client_id},
        "sector": matching(entry, "sector", SECTOR, "1 to 100 lower-case letters, digits and - . _ : / between them"),
        "agency": entry.text("agency"),
        "province": matching(entry, "province", PROVINCE, "the two digits of a province's code"),
        "contacts": contacts,
    }


def pages(entry: Entry, *, demo: bool) -> dict[str, Any]:
    """Addresses that a person may follow."""
    members = ("client_uri", "logo_uri", "policy_uri", "tos_uri")
    return {member: address(entry, member, LOOPBACK if demo else frozenset()) for member in members}


def secret(entry: Entry, method: str, *, demo: bool) -> Secret | None:
    """The client secret that the file gives. Its faults do not show it."""
    given = entry.take("client_secret", str, "text")
    if given is None:
        return None
    if not method.startswith("client_secret_"):
        entry.fault("client_secret", f"is not for a portal that authenticates with {method}")
    elif fault := client_secrets.fault_of(given, demo=demo):
        entry.fault("client_secret", fault)
    return Secret(given)


def service(entry: Entry, rules: Rules) -> dict[str, Any]:
    """What a program without a person may do, and that it states nothing about persons."""
    entry.exclude(_OF_PERSONS, "is not for this profile: no person signs in there")
    scopes = frozenset((entry.text("scope", longest=1000) or "").split())
    if not scopes:
        entry.fault("scope", "must name at least one scope of an API, such as demo.api")
    _only(entry, scopes, {name for name in scopes if is_api_scope(name)})
    return {
        "grant_types": _grant_types(entry, rules, rules.grant_types),
        "scopes": scopes,
        "id_token_signed_response_alg": rules.id_token_algorithm,
    }


def persons(entry: Entry, rules: Rules, *, laxities: frozenset[Laxity] = frozenset(), demo: bool) -> dict[str, Any]:
    """Where people are sent, what the portal learns of them, and what it asks of them."""
    scopes = frozenset((entry.text("scope", longest=1000) or "").split() if entry.has("scope") else STANDARD)
    if "openid" not in scopes:
        entry.fault("scope", "must have openid")
    has_apis = entry.has("resources") or "client_credentials" in (entry.take("grant_types", list, "a list") or ())
    of_apis = {name for name in scopes if is_api_scope(name)} if has_apis else set()
    _only(entry, scopes, ABOUT_A_PERSON | OF_STAFF | of_apis)
    refresh = entry.choice("refresh", ("offline", "session"))
    refreshes = refresh is not None or "offline_access" in scopes
    grant_types = _grant_types(entry, rules, rules.grant_types[: 2 if refreshes else 1])
    if entry.texts("response_types") not in (None, ("code",)):
        entry.fault("response_types", 'must be ["code"]')
    entry.choice("subject_type", ("pairwise",))
    return {
        "scopes": scopes,
        "grant_types": grant_types,
        "refresh": refresh or ("offline" if "refresh_token" in grant_types else None),
        **_where_to(entry, rules, plain_http=Laxity.PLAIN_HTTP in laxities, demo=demo),
        **_what_is_asked(entry, rules),
        "legal_basis": _legal_basis(entry, scopes, demo=demo),
    }


def _where_to(entry: Entry, rules: Rules, *, plain_http: bool, demo: bool) -> dict[str, Any]:
    native = rules.application_type == "native"
    http = LOOPBACK if demo else LOOPBACK_LITERALS if native else frozenset[str]()
    found: dict[str, Any] = {}
    for member in ("redirect_uris", "post_logout_redirect_uris"):
        found[member] = entry.texts(member, most=_MOST_ADDRESSES, longest=2000)
        for given in found[member] or ():
            in_clear = plain_http and member == "redirect_uris"
            if fault := fault_of(given, loopback_http=http, private_schemes=native, any_http=in_clear):
                entry.fault(member, fault, given)
    if found["redirect_uris"] == () or not entry.has("redirect_uris"):
        entry.fault("redirect_uris", "must name at least one address")
    for side in ("backchannel", "frontchannel"):
        uri, needs_session = f"{side}_logout_uri", f"{side}_logout_session_required"
        found[uri] = address(entry, uri, LOOPBACK if demo else frozenset())
        found[needs_session] = entry.flag(needs_session)
    # Third-party-initiated sign-in is https (OpenID Connect Registration §2); the demo's portals are on this machine.
    found["initiate_login_uri"] = address(entry, "initiate_login_uri", LOOPBACK if demo else frozenset())
    return {member: () if value is None and member.endswith("_uris") else value for member, value in found.items()}


def _what_is_asked(entry: Entry, rules: Rules) -> dict[str, Any]:
    algorithm = entry.choice("id_token_signed_response_alg", rules.algorithms) or rules.id_token_algorithm
    return {
        "id_token_signed_response_alg": algorithm,
        "userinfo_signed_response_alg": entry.choice("userinfo_signed_response_alg", rules.algorithms),
        "minimum_level": entry.whole("minimum_level", 1, 2) or 2,
        "step_up": entry.take("step_up", bool, "true or false") is not False,
        "consent": entry.choice("consent", ("ask", "always", "none")) or "ask",
        "default_max_age": entry.whole("default_max_age", 0, _A_YEAR),
        "require_auth_time": entry.flag("require_auth_time"),
    }


def _legal_basis(entry: Entry, scopes: frozenset[str], *, demo: bool) -> str:
    if "citizen_number" in scopes and not demo and not entry.has("legal_basis"):
        entry.fault("legal_basis", "is missing: without one nobody gets the citizen number")
    return entry.text("legal_basis", longest=500) or ""


def _grant_types(entry: Entry, rules: Rules, needed: tuple[str, ...]) -> frozenset[str]:
    stated = entry.texts("grant_types")
    if stated is None:
        return frozenset(needed)
    if not set(stated) <= set(rules.grant_types):
        entry.fault("grant_types", f"must be of {', '.join(rules.grant_types)} for this profile")
    elif not set(needed) <= set(stated):
        entry.fault("grant_types", f"must have {' and '.join(needed)} for what else is registered")
    return frozenset(stated)


def _only(entry: Entry, scopes: frozenset[str], allowed: frozenset[str] | set[str]) -> None:
    if others := sorted(scopes - allowed):
        entry.fault("scope", "has what this profile cannot ask for", " ".join(others))


def address(entry: Entry, member: str, http: frozenset[str]) -> str | None:
    """An https address; `http` are the hosts that plain http may name."""
    given = entry.take(member, str, "an address")
    if given is not None and (fault := fault_of(given, loopback_http=http)):
        entry.fault(member, fault)
    return given


def matching(entry: Entry, member: str, pattern: re.Pattern[str], what: str, followed_by: str = "") -> str | None:
    """A text of that form, which is to be `followed_by` something."""
    value = entry.text(member)
    if value is not None and not pattern.fullmatch(value + followed_by):
        entry.fault(member, f"must be {what}")
    return value
