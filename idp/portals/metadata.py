"""Portals as they describe themselves: client metadata in JSON (RFC 7591 §2, OpenID Connect Registration 1.0 §2).

The same readers as for files, but for three things: what nobody understands is ignored (RFC 7591 §2), what the agency
settled with its initial access token cannot be said otherwise, and nothing that was sent is said again in a fault.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from idp.outbound.addresses import AllowList
from idp.portals.addresses import LOOPBACK, LOOPBACK_HOSTS, fault_of
from idp.portals.bounds import Bounds
from idp.portals.entry import Entry
from idp.portals.faults import RegistrationFault, RegistrationRefused
from idp.portals.leaving import MEMBERS as OF_LEAVING
from idp.portals.members import KNOWN
from idp.portals.portal import Registration
from idp.portals.profiles import RULES, Profile, Rules
from idp.portals.reading import NewPortal, read_entry
from idp.portals.scopes import STANDARD

# What the agency settled, or we do.
_SETTLED: Final = frozenset(
    {
        *("client_id", "client_secret", "profile", "sector", "agency", "province"),
        *("minimum_level", "step_up", "legal_basis"),
        *OF_LEAVING,
    }
)
_UNDERSTOOD: Final = frozenset(KNOWN) - _SETTLED
_NAME_IN_A_LANGUAGE: Final = re.compile(r"client_name#[A-Za-z]{2,3}")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*")
_NO_SINGLE_HOST: Final = "must be there: the redirect_uris have no single host"
_UNSAID: Final[tuple[object, ...]] = (None, [], {})


@dataclass(frozen=True, slots=True)
class Described:
    """A portal as it wants to be. What it says about its sector is to be checked where `sector_identifier_uri` is."""

    portal: NewPortal
    sector_identifier_uri: str | None


def read_metadata(
    given: Mapping[str, Any],
    bounds: Bounds,
    *,
    client_id: str,
    before: Registration | None = None,
    demo: bool,
    allowed: AllowList,
) -> Described:
    """The portal of these members; raises `RegistrationRefused` with every fault. `before` is what it replaces."""
    own = Entry(client_id, given)
    profile = _profile(own, bounds)
    rules = RULES[profile]
    uri = _sector_identifier_uri(own, demo=demo)
    said = {name: value for name, value in given.items() if value not in _UNSAID and _is_understood(name)}
    said |= {"client_id": client_id, "profile": profile.value, **_settled(bounds, before, rules)}
    if said.get("request_object_signing_alg") == "none":
        # Allowed to be asked for (OpenID Connect Registration §2); an unsigned request is none here, signed ones are.
        del said["request_object_signing_alg"]
    if rules.has_persons:
        said.setdefault("scope", _usual_scope(said, bounds))
        if before is not None and before.consent == "none":
            said.setdefault("consent", "none")
        elif said.get("consent") == "none":
            own.fault("consent", "cannot be none: that is for an operator to say")
    sector = _sector(own, bounds, uri, client_id, rules, demo=demo)
    entry = Entry(client_id, {**said, "sector": sector or client_id.lower()})
    read = read_entry(entry, demo=demo, allowed=allowed)
    had = () if before is None else before.resources
    if apis := sorted({*read.registration.resources} - bounds.resources - {*had}):
        own.fault("resources", "has what the initial access token does not allow", " ".join(apis))
    if (read.registration.initiate_login_uri or "https:").startswith("http:"):
        # The demo's own portals are on this machine; whoever registers itself keeps to §2 of the specification.
        own.fault("initiate_login_uri", "must begin with https")
    if others := read.registration.scopes - bounds.scopes:
        own.fault("scope", "has what the initial access token does not allow", " ".join(sorted(others)))
    if before is not None and sector is not None and sector != before.sector:
        own.fault("sector", "would be another: every person would be somebody else there")
    if faults := [*entry.faults, *_own_faults(own, entry)]:
        raise RegistrationRefused(faults)
    return Described(read, uri)


def _own_faults(own: Entry, entry: Entry) -> list[RegistrationFault]:
    """Those that are not only what a faulty redirect address leads to."""
    if all(fault.member != "redirect_uris" for fault in entry.faults):
        return own.faults
    return [fault for fault in own.faults if fault.sentence != _NO_SINGLE_HOST]


def _is_understood(name: str) -> bool:
    return name in _UNDERSTOOD or _NAME_IN_A_LANGUAGE.fullmatch(name) is not None


def _profile(own: Entry, bounds: Bounds) -> Profile:
    """The one it names, or the one it looks like, or the token's first."""
    stated = own.choice("profile", [profile.value for profile in bounds.profiles])
    if stated is not None:
        return Profile(stated)
    if own.equals("application_type", "native") and Profile.NATIVE in bounds.profiles:
        return Profile.NATIVE
    if own.equals("grant_types", ["client_credentials"]) and Profile.SERVICE in bounds.profiles:
        return Profile.SERVICE
    return bounds.profiles[0]


def _settled(bounds: Bounds, before: Registration | None, rules: Rules) -> dict[str, Any]:
    """By the agency at first; an operator may have changed it since."""
    by: Bounds | Registration = bounds if before is None else before
    settled: dict[str, Any] = {"agency": by.agency}
    if by.province:
        settled["province"] = by.province
    if not rules.has_persons:
        return settled
    persons = {"minimum_level": by.minimum_level, "step_up": by.step_up}
    return settled | persons | ({"legal_basis": by.legal_basis} if by.legal_basis else {})


def _usual_scope(said: Mapping[str, Any], bounds: Bounds) -> str:
    grant_types = said.get("grant_types")
    refreshes = isinstance(grant_types, list) and "refresh_token" in grant_types
    usual = (*STANDARD, "offline_access") if refreshes else STANDARD
    return " ".join(name for name in usual if name in bounds.scopes)


def _sector_identifier_uri(own: Entry, *, demo: bool) -> str | None:
    given = own.take("sector_identifier_uri", str, "an address")
    if given is not None and (fault := fault_of(given, loopback_http=LOOPBACK if demo else frozenset())):
        own.fault("sector_identifier_uri", fault)
        return None
    return given


def _sector(own: Entry, bounds: Bounds, uri: str | None, client_id: str, rules: Rules, *, demo: bool) -> str | None:
    """What the token fixes, else what is said under its prefix, else the host (OpenID Connect Core §8.1)."""
    stated = own.take("sector", str, "text")
    prefix = bounds.sector_prefix or ""
    if bounds.sector is not None:
        sector: str | None = bounds.sector
    elif prefix and stated is not None:
        sector = stated if stated.startswith(prefix) else None
    else:
        host = _host(uri) if uri is not None else _one_host(own, rules, client_id) if rules.has_persons else client_id
        if host not in (None, client_id) and not (demo or _DOMAIN.fullmatch(host or "")):
            # A name without a dot could be a sector of an operator's file, and an address is everybody's.
            own.fault("sector_identifier_uri", "must be there: the host is no domain's name")
        elif host is None and not any(fault.member == "sector_identifier_uri" for fault in own.faults):
            own.fault("sector_identifier_uri", _NO_SINGLE_HOST)
        sector = None if host is None else prefix + host
    if stated is not None and stated != sector:
        own.fault("sector", "is not the one that the initial access token allows; leave it out")
        return None
    return sector


def _one_host(own: Entry, rules: Rules, client_id: str) -> str | None:
    """That of all redirect addresses; an app's own name where they are on people's devices. One that is faulty is named
    elsewhere."""
    hosts = {_host(address) for address in own.strings("redirect_uris")}
    # Every app may have those: by such a host all apps of all agencies would know a person by one `sub`. Beside them a
    # host is not enough: nobody there has agreed to where else people are sent.
    if rules.application_type == "native" and hosts <= {None, *LOOPBACK_HOSTS}:
        return client_id
    return hosts.pop() if len(hosts) == 1 else None


def _host(address: str) -> str | None:
    if fault_of(address, loopback_http=LOOPBACK):
        return None
    return urlsplit(address).hostname


def as_metadata(registration: Registration) -> dict[str, Any]:
    """Everything that is registered, by the names of RFC 7591 and ours, with what was left open written out.

    What only concerns the operator, such as the legal basis, is not in it.
    """
    rules = RULES[registration.profile]
    stored = registration.to_json()
    names = {
        f"client_name#{language}" if language else "client_name": name for language, name in stored["names"].items()
    }
    told = {name: value for name, value in stored.items() if name in _TOLD and value not in (None, "", (), [])}
    if not rules.has_persons:
        told = {name: value for name, value in told.items() if name not in _OF_PERSONS_ALONE}
    else:
        told |= {"response_types": ["code"], "subject_type": "pairwise"}
    scope = " ".join(sorted(registration.scopes))
    return {**names, **told, "application_type": rules.application_type, "scope": scope}


_OF_PERSONS_ALONE: Final = frozenset(
    {
        *("id_token_signed_response_alg", "minimum_level", "consent", "require_auth_time"),
        *("backchannel_logout_session_required", "frontchannel_logout_session_required"),
        *("require_pushed_authorization_requests", "require_signed_request_object"),
    }
)
_TOLD: Final = (frozenset(KNOWN) - {"client_id", "names", "scopes", "step_up", "legal_basis", "province"}) - set(
    OF_LEAVING
)
