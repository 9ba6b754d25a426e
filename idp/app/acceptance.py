"""What `idp demo --acceptance FILE.toml` reads: the names, the certificates and the portals of a foreign test suite.

    [acceptance]
    issuer = "https://op.test:9443"
    mtls_url = "https://mtls.op.test:9444"
    server_certificate = "server.pem"
    server_key = "server.key"
    client_ca = "ca.pem"                       # may issue the certificates of portals
    trusted_ca = "ca.pem"                      # trusted in calls out, and by the demo's own portals
    outbound_allow = ["suite.test:8443"]       # may be called although it is loopback
    initial_access_token = "…"                 # with it any number of portals register themselves, open at once

Files are beside this one unless their path says otherwise. `[[portal]]` rows follow, as for `idp portals add`.
"""

import re
import socket
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from idp.portals import NewPortal, Profile, RegistrationRefused, read_portals
from idp.portals.bounds import OFFERED, USUAL_SCOPES, Bounds
from idp.protocol.portal_authorities import read_authorities
from idp.sealing import Secret
from idp.settings import SettingsRefused

_TABLE: Final = "acceptance"
_ADDRESSES: Final = ("issuer", "mtls_url")
_FILES: Final = ("server_certificate", "server_key", "client_ca", "trusted_ca")
_OPTIONAL: Final = ("outbound_allow", "initial_access_token")
_ADDRESS: Final = re.compile(r"https://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([1-9][0-9]{0,4}))?")
_DESTINATION: Final = re.compile(r"[^\s,]+:[0-9]{1,5}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,200}=*")  # RFC 6750 §2.1
_LOOPBACK: Final = "127.0.0.1"
# Plain OpenID Connect for who names no profile.
_OFFERED: Final = (Profile.COMPAT, *(profile for profile in OFFERED if profile is not Profile.COMPAT))


class AcceptanceRefused(Exception):
    """The file is not good enough to start with. `faults` are all that is wrong with it."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("Cannot start:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of the two TLS hosts listens."""

    host: str
    port: int

    @classmethod
    def of(cls, address: str) -> Self:
        """From an https address without a path; raises `ValueError`."""
        parts = _ADDRESS.fullmatch(address.removesuffix("/"))
        if parts is None or int(parts[2] or 443) > 65535:
            raise ValueError("must be https://host:port, in lower case and without a path")
        return cls(parts[1], int(parts[2] or 443))

    def leads_here(self) -> bool:
        """Whether the name is one of this machine's own, as nginx listens on loopback alone."""
        try:
            found = socket.getaddrinfo(self.host, self.port, family=socket.AF_INET, type=socket.SOCK_STREAM)
        except OSError:
            return False
        return any(address[0] == _LOOPBACK for *_, address in found)


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
    initial_access_token: Secret | None = None

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the file; raises `AcceptanceRefused` with every fault, those of its portals too."""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise AcceptanceRefused([f"{file}: {error.strerror}"]) from None
        faults: list[str] = []
        portals: list[NewPortal] = []
        try:
            portals = read_portals(content, demo=True, beside=[_TABLE])
        except RegistrationRefused as refusal:
            faults += map(str, refusal.faults)
        table = _table(content)
        faults += [f"{_TABLE}: {fault}" for fault in _faults(table, file.parent)]
        if faults:
            raise AcceptanceRefused(faults)
        return cls(
            **{name: table[name].removesuffix("/") for name in _ADDRESSES},
            **{name: (file.parent / table[name]).resolve() for name in _FILES},
            outbound_allow=tuple(table.get("outbound_allow", ())),
            portals=tuple(map(_by_password_alone, portals)),
            initial_access_token=Secret(table["initial_access_token"]) if "initial_access_token" in table else None,
        )

    @property
    def bounds(self) -> Bounds:
        """What portals are that register themselves here: a password alone signs in, and nobody has to approve them."""
        return Bounds(
            agency="Acceptance",
            profiles=_OFFERED,
            scopes=frozenset({*USUAL_SCOPES, "account_level", "demo.api"}),
            minimum_level=1,
            step_up=False,
            opens_at_once=True,
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
            "IDP_MTLS_URL": self.mtls_url,
            "IDP_MTLS_AUTHORITIES": str(self.client_ca),
            "IDP_CERTIFICATE_PROXIES": _LOOPBACK,
        }


def _by_password_alone(new: NewPortal) -> NewPortal:
    """Where a password alone is to sign in, no wish for a level asks for more: a script has no second factor."""
    if new.registration.minimum_level > 1:
        return new
    return replace(new, registration=replace(new.registration, step_up=False))


def _table(content: bytes) -> Any:
    """The table, empty where the file is no TOML: that fault is named among those of the portals."""
    try:
        return tomllib.loads(content.decode()).get(_TABLE, {})
    except (ValueError, RecursionError):
        return {}


def _faults(table: Any, folder: Path) -> list[str]:
    if not isinstance(table, dict):
        return ["must be a table"]
    known = (*_ADDRESSES, *_FILES, *_OPTIONAL)
    faults = [f"{name} is not a member" for name in table if name not in known]
    faults += [f"{name} {fault}" for name in _ADDRESSES if (fault := _fault_of_address(table.get(name)))]
    faults += [f"{name} {fault}" for name in _FILES if (fault := _fault_of_file(table.get(name), folder))]
    if _fault_of_file(table.get("client_ca"), folder) is None:
        faults += _faults_of_authorities(folder / table["client_ca"])
    return faults + _optional_faults(table)


def _faults_of_authorities(file: Path) -> list[str]:
    try:
        read_authorities(file, called="client_ca")
    except SettingsRefused as refused:
        return refused.faults
    return []


def _optional_faults(table: Mapping[str, Any]) -> list[str]:
    faults = []
    allowed = table.get("outbound_allow", [])
    if not isinstance(allowed, list) or not all(
        isinstance(each, str) and _DESTINATION.fullmatch(each) for each in allowed
    ):
        faults.append('outbound_allow must be a list of "host:port"')
    token = table.get("initial_access_token")
    if token is not None and not (isinstance(token, str) and _TOKEN.fullmatch(token)):
        faults.append("initial_access_token must be letters, digits and - . _ ~ + /")
    return faults


def _fault_of_address(value: object) -> str | None:
    if value is None:
        return "is missing"
    try:
        place = Place.of(str(value))
    except ValueError as error:
        return str(error)
    return (
        None
        if place.leads_here()
        else (
            f"names {place.host}, which does not lead to this machine; add to the hosts file: {_LOOPBACK} {place.host}"
        )
    )


def _fault_of_file(value: object, folder: Path) -> str | None:
    if not isinstance(value, str):
        return "is missing" if value is None else "must be a path"
    return None if (folder / value).is_file() else f"names a file that is not there: {value}"
