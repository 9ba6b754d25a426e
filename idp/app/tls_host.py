"""A host of this program itself that asks TLS clients for certificates: the one for people, or the one for portals."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from idp.settings import Settings, variable


@dataclass(frozen=True, slots=True)
class TlsHost:
    """Where it listens, and with which certificate of its own; the names are those of the settings that say so.

    `is_told_of_outdated`: whether certificates come through whose time is over or yet to come: others judge them.
    `keeps_connections`: whether a second request may come without a handshake. A person may have another token by then.
    """

    address: str
    port: int
    chain: Path
    key: Path
    port_name: str
    chain_name: str
    key_name: str
    is_shared: bool
    most_handshake: timedelta
    is_told_of_outdated: bool = False
    keeps_connections: bool = False

    @classmethod
    def for_people(cls, settings: Settings) -> Self:
        """The certificate host. A person looks for the token and types its PIN meanwhile."""
        return cls(
            address=settings.host,
            port=settings.certificate_port,
            chain=settings.certificate_tls_chain,
            key=settings.certificate_tls_key,
            port_name=variable("certificate_port"),
            chain_name=variable("certificate_tls_chain"),
            key_name=variable("certificate_tls_key"),
            is_shared=settings.workers > 1,
            most_handshake=timedelta(seconds=60),
        )

    @classmethod
    def for_portals(cls, settings: Settings) -> Self:
        """The mutual-TLS host. Programs do not take long."""
        chain, key = settings.mtls_chain_and_key
        whose = "certificate" if settings.mtls_tls_chain == Path() else "mtls"
        return cls(
            address=settings.host,
            port=settings.mtls_port,
            chain=chain,
            key=key,
            port_name=variable("mtls_port"),
            chain_name=variable(f"{whose}_tls_chain"),
            key_name=variable(f"{whose}_tls_key"),
            is_shared=settings.workers > 1,
            most_handshake=timedelta(seconds=10),
            is_told_of_outdated=True,
            keeps_connections=True,
        )
