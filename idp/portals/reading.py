"""Reading a portals' file: TOML, one `[[portal]]` each. Everything that is wrong with it is said at once."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from idp.outbound.addresses import AllowList, may_be_called
from idp.portals import members, proving
from idp.portals.encrypting import encryption
from idp.portals.entry import Entry
from idp.portals.faults import RegistrationFault, RegistrationRefused
from idp.portals.leaving import leaving
from idp.portals.portal import Registration
from idp.portals.profiles import RULES, Profile
from idp.sealing import Secret


@dataclass(frozen=True, slots=True)
class NewPortal:
    """A portal as its file has it. `secret` is the one it gives; where one is needed and not given, one is made.

    `secret_digest` stands for a secret where the file waited for a second person's word: it is not kept meanwhile.
    """

    registration: Registration
    secret: Secret | None = None
    secret_digest: bytes | None = None

    @property
    def needs_secret(self) -> bool:
        """Whether the portal proves itself by a client secret."""
        return self.registration.token_endpoint_auth_method.startswith("client_secret_")


def read_portals(
    content: bytes, *, demo: bool = False, beside: Collection[str] = (), allow: Iterable[str] = ()
) -> list[NewPortal]:
    """The portals of a file; raises `RegistrationRefused` with every fault of every one.

    `demo` allows what only the demo may: http to loopback addresses, secrets that everybody knows, and the citizen
    number without a legal basis. `beside` are other tables the file may have, which somebody else reads. `allow` are
    the internal host:port pairs that may be called (`IDP_OUTBOUND_ALLOW`).
    """
    tables, faults = _tables(content, beside)
    entries = [Entry(_label(table, place), table) for place, table in enumerate(tables, start=1)]
    allowed = AllowList(allow)
    found = [read_entry(entry, demo=demo, allowed=allowed) for entry in entries]
    faults += [fault for entry in entries for fault in entry.faults]
    times = Counter(entry.label for entry in entries)
    faults += [RegistrationFault(label, "client_id", "comes more than once") for label in times if times[label] > 1]
    if faults:
        raise RegistrationRefused(faults)
    return found


def _tables(content: bytes, beside: Collection[str]) -> tuple[list[dict[str, Any]], list[RegistrationFault]]:
    file = "the file"
    try:
        entry = Entry(file, tomllib.loads(content.decode()))
    except UnicodeDecodeError:
        return [], [RegistrationFault(file, "text", "is not UTF-8")]
    except tomllib.TOMLDecodeError as error:
        return [], [RegistrationFault(file, "text", f"is not TOML: {ascii(str(error))[1:-1]}")]
    except RecursionError:
        return [], [RegistrationFault(file, "text", "is not TOML that anybody would write")]
    tables = entry.take("portal", list, "tables: [[portal]]") or []
    if not tables or not all(isinstance(table, dict) for table in tables):
        entry.fault("portal", "must be there, as [[portal]]")
        tables = []
    for name in beside:
        entry.take(name, object, "there")
    entry.finish(["portal", *beside])
    return tables, entry.faults


def _label(table: Mapping[str, Any], place: int) -> str:
    client_id = table.get("client_id")
    return client_id if isinstance(client_id, str) and members.is_client_id(client_id) else f"portal {place}"


def read_entry(entry: Entry, *, demo: bool, allowed: AllowList) -> NewPortal:
    """One portal, good only if the entry has no faults afterwards."""
    entry.required("profile")
    profile = Profile(entry.choice("profile", list(Profile)) or Profile.WEB)
    rules = RULES[profile]
    values = {**members.who(entry), **members.pages(entry, demo=demo), **proving.proof(entry, rules, demo=demo)}
    method = values["token_endpoint_auth_method"]
    secret = members.secret(entry, method, demo=demo)
    values |= {**proving.binding(entry, rules, method), "resources": proving.resources(entry, demo=demo)}
    if rules.has_persons:
        left = leaving(entry, rules, method)
        found = members.persons(entry, rules, laxities=left.get("laxities", frozenset()), demo=demo)
        values |= {**found, **proving.requests(entry, rules), **left, **encryption(entry, values["jwks"])}
    else:
        values |= members.service(entry, rules)
    for called in ("backchannel_logout_uri", "jwks_uri"):
        if not demo and _is_ours(values.get(called), allowed):
            entry.fault(called, "is an internal address that IDP_OUTBOUND_ALLOW does not list")
    entry.finish(members.KNOWN)
    return NewPortal(Registration(profile=profile, **values), secret)


def _is_ours(address: str | None, allowed: AllowList) -> bool:
    """Whether we would not call it, as far as the address itself tells; a name is looked up when it is called."""
    if address is None:
        return False
    parts = urlsplit(address)
    try:
        host = str(ip_address(parts.hostname or ""))
        return not may_be_called(host, listed=allowed.lists(host, parts.port or 443))
    except ValueError:
        return False
