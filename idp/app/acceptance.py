"""What `idp demo --acceptance FILE.toml` reads: the names, the certificates and the portals of a foreign test suite.

[acceptance]
issuer = "https://op.test:9443"
mtls_url = "https://mtls.op.test:9444"
server_certificate = "server.pem"          # files are beside this one unless their path says otherwise
server_key = "server.key"
client_ca = "ca.pem"                       # the mutual-TLS host asks for certificates of it
trusted_ca = "ca.pem"                      # trusted in calls out, and by the demo's own portals
outbound_allow = ["suite.test:8443"]       # may be called although it is loopback
initial_access_token = "…"                 # for portals that will register themselves

[[portal]]
# as for `idp portals add`
"""

import re
import socket
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from idp.portals import NewPortal, RegistrationRefused, read_portals

_TABLE: Final = "acceptance"
_ADDRESSES: Final = ("issuer", "mtls_url")
_FILES: Final = ("server_certificate", "server_key", "client_ca", "trusted_ca")
_OPTIONAL: Final = ("outbound_allow", "initial_access_token")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_DESTINATION: Final = re.compile(r"[^\s,]+:[0-9]{1,5}")
_LOOPBACK: Final = "127.0.0.1"


class AcceptanceRefused(Exception):
    """The file is not good enough to start with. `faults` are all that is wrong with it."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("Cannot start:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The file, read. Addresses have no path, files are there and names lead to this machine."""

    issuer: str
    mtls_url: str
    server_certificate: Path
    server_key: Path
    client_ca: Path
    trusted_ca: Path
    outbound_allow: tuple[str, ...]
    portals: tuple[NewPortal, ...]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the file; raises `AcceptanceRefused` with every fault, those of its portals too."""
        try:
            content = file.read_bytes()
            portals = read_portals(content, demo=True, beside=[_TABLE])
            table = tomllib.loads(content.decode()).get(_TABLE, {})
        except OSError as error:
            raise AcceptanceRefused([f"{file}: {error.strerror}"]) from None
        except RegistrationRefused as refusal:
            raise AcceptanceRefused([str(fault) for fault in refusal.faults]) from None
        if faults := [f"{_TABLE}: {fault}" for fault in _faults(table, file.parent)]:
            raise AcceptanceRefused(faults)
        return cls(
            **{name: table[name].rstrip("/") for name in _ADDRESSES},
            **{name: (file.parent / table[name]).resolve() for name in _FILES},
            outbound_allow=tuple(table.get("outbound_allow", ())),
            portals=tuple(portals),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The provider's settings that differ from the plain demo's: it stands behind nginx and may call the suite."""
        return {
            "IDP_ISSUER": self.issuer,
            "IDP_HOST": _LOOPBACK,
            "IDP_TRUSTED_PROXIES": _LOOPBACK,
            "IDP_UNLIMITED_ADDRESSES": f"{_LOOPBACK},::1",
            "IDP_OUTBOUND_ALLOW": ",".join(self.outbound_allow),
            "IDP_OUTBOUND_CA": str(self.trusted_ca),
        }


def _faults(table: Any, folder: Path) -> list[str]:
    if not isinstance(table, dict):
        return ["must be a table"]
    known = (*_ADDRESSES, *_FILES, *_OPTIONAL)
    faults = [f"{name} is not a member" for name in table if name not in known]
    faults += [f"{name} {fault}" for name in _ADDRESSES if (fault := _fault_of_address(table.get(name)))]
    faults += [f"{name} {fault}" for name in _FILES if (fault := _fault_of_file(table.get(name), folder))]
    return faults + _optional_faults(table)


def _optional_faults(table: Mapping[str, Any]) -> list[str]:
    faults = []
    allowed = table.get("outbound_allow", [])
    if not isinstance(allowed, list) or not all(
        isinstance(each, str) and _DESTINATION.fullmatch(each) for each in allowed
    ):
        faults.append('outbound_allow must be a list of "host:port"')
    if not isinstance(table.get("initial_access_token", ""), str):
        faults.append("initial_access_token must be text")
    return faults


def _fault_of_address(value: object) -> str | None:
    if not isinstance(value, str):
        return "is missing" if value is None else "must be text"
    try:
        parts = urlsplit(value.rstrip("/"))
        port = port_of(parts)
    except ValueError:
        return "has no good port"
    host = parts.hostname or ""
    if (
        parts.scheme != "https"
        or parts.path
        or parts.query
        or parts.fragment
        or not _HOST.fullmatch(parts.hostname or "")
    ):
        return "must be https://host:port, without a path"
    if not _leads_here(host, port):
        return f"names {host}, which does not lead to this machine; add to the hosts file: {_LOOPBACK} {host}"
    return None


def port_of(parts: SplitResult) -> int:
    """The port of an https address."""
    return parts.port or 443


def _leads_here(host: str, port: int) -> bool:
    try:
        found = socket.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return any(address[0] == _LOOPBACK for *_, address in found)


def _fault_of_file(value: object, folder: Path) -> str | None:
    if not isinstance(value, str):
        return "is missing" if value is None else "must be a path"
    return None if (folder / value).is_file() else f"names a file that is not there: {value}"
