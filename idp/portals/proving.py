"""The members of a portal's file by which it proves who it is, and those that tie tokens and requests to its keys."""

from typing import Any

from idp.portals.addresses import LOOPBACK, fault_of
from idp.portals.certificate_subjects import SUBJECTS, read_subject
from idp.portals.distinguished_names import NameFault
from idp.portals.entry import Entry
from idp.portals.members import address
from idp.portals.profiles import BY_CERTIFICATE, Rules
from idp.portals.public_keys import KeyFault, can_sign, read_key_set

_MOST_RESOURCES = 20


def proof(entry: Entry, rules: Rules, *, demo: bool) -> dict[str, Any]:
    """How the portal proves who it is, and with which keys."""
    method = entry.choice("token_endpoint_auth_method", rules.methods) or rules.methods[0]
    algorithm = entry.choice("token_endpoint_auth_signing_alg", rules.algorithms)
    if algorithm is not None and method != "private_key_jwt":
        entry.fault("token_endpoint_auth_signing_alg", "is only for private_key_jwt")
    if entry.choice("application_type", ("web", "native")) not in (None, rules.application_type):
        entry.fault("application_type", f"must be {rules.application_type} for this profile")
    needs_keys = method in ("private_key_jwt", "self_signed_tls_client_auth")
    if needs_keys and not entry.has("jwks") and not entry.has("jwks_uri"):
        entry.fault("jwks", f"or jwks_uri must be there for {method}")
    if entry.has("jwks") and entry.has("jwks_uri"):
        entry.fault("jwks_uri", "cannot stand beside jwks")
    key_set = _key_set(entry)
    if key_set is not None and needs_keys:
        _check_it_proves(entry, key_set["keys"], method)
    return {
        "token_endpoint_auth_method": method,
        "token_endpoint_auth_signing_alg": algorithm,
        "jwks": key_set,
        "jwks_uri": address(entry, "jwks_uri", LOOPBACK if demo else frozenset()),
        **_subject(entry, method),
    }


def binding(entry: Entry, rules: Rules, method: str) -> dict[str, Any]:
    """Which key its access tokens are tied to. Where they must be and nothing is said, to what it has."""
    to_proofs = entry.flag("dpop_bound_access_tokens")
    to_certificate = entry.flag("tls_client_certificate_bound_access_tokens")
    if to_proofs and to_certificate:
        entry.fault("dpop_bound_access_tokens", "cannot stand beside tls_client_certificate_bound_access_tokens")
    if to_certificate and method == "none":
        # Its refresh tokens would be bound to nothing: an app has no certificate that anybody knows.
        entry.fault("tls_client_certificate_bound_access_tokens", "is not for apps: take dpop_bound_access_tokens")
    if rules.needs_bound_tokens and not (to_proofs or to_certificate):
        to_certificate = method in BY_CERTIFICATE
        to_proofs = not to_certificate
    return {
        "dpop_bound_access_tokens": to_proofs,
        "tls_client_certificate_bound_access_tokens": to_certificate,
        "introspection_signed_response_alg": entry.choice("introspection_signed_response_alg", rules.algorithms),
    }


def requests(entry: Entry, rules: Rules) -> dict[str, Any]:
    """How it asks for people to sign in, and how it is answered."""
    return {
        "require_pushed_authorization_requests": entry.flag("require_pushed_authorization_requests")
        or rules.needs_pushed_requests,
        "require_signed_request_object": entry.flag("require_signed_request_object"),
        "request_object_signing_alg": entry.choice("request_object_signing_alg", rules.algorithms),
        "authorization_signed_response_alg": entry.choice("authorization_signed_response_alg", rules.algorithms),
    }


def resources(entry: Entry, *, demo: bool) -> tuple[str, ...]:
    """APIs that it may name (RFC 8707 §2: absolute, without a fragment)."""
    named = entry.texts("resources", most=_MOST_RESOURCES, longest=500) or ()
    for name in named:
        if fault := fault_of(name, loopback_http=LOOPBACK if demo else frozenset()):
            entry.fault("resources", fault, name)
    return named


def _subject(entry: Entry, method: str) -> dict[str, Any]:
    stated = [member for member in SUBJECTS if entry.has(member)]
    if method != "tls_client_auth":
        entry.exclude(SUBJECTS, "is only for tls_client_auth")
        return {}
    if len(stated) != 1:
        entry.fault("token_endpoint_auth_method", f"tls_client_auth needs exactly one of {', '.join(SUBJECTS)}")
    return {member: _named(entry, member) for member in stated}


def _named(entry: Entry, member: str) -> str | None:
    text = entry.text(member, longest=500)
    try:
        if text is not None:
            read_subject(member, text)
    except NameFault as fault:
        entry.fault(member, str(fault))
    return text


def _check_it_proves(entry: Entry, keys: list[dict[str, Any]], method: str) -> None:
    signing = [key for key in keys if can_sign(key)]
    if not signing:
        entry.fault("jwks", f"must have a key that signs for {method}: these are for encryption")
    elif method == "self_signed_tls_client_auth" and not any("x5c" in key for key in signing):
        entry.fault("jwks", f"must have a key with its certificate (x5c) for {method}")


def _key_set(entry: Entry) -> dict[str, list[dict[str, Any]]] | None:
    given = entry.take("jwks", dict, "a JWK set: { keys = [ … ] }")
    try:
        return None if given is None else read_key_set(given)
    except KeyFault as fault:
        entry.fault("jwks", str(fault))
        return None
