"""The three hosts of a proxy in front of a small provider, and how to speak to them."""

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from tests.support import shown_certificates as shown
from tests.support.certificate_proxies import CERTIFICATE, MAIN, PORTALS, Front
from tests.support.pki import Authority, Issued, name
from tests.support.shown_certificates import Told, told
from tests.support.tls_clients import LASTING, PAST, ask, bring, connect

SHOW = b"/sign-in/certificate/show"
CALLED = b"/userinfo"
ROOT = Authority.root("Gốc thử nghiệm", LASTING)
ISSUER = ROOT.issue_authority("CA thử nghiệm", terms=LASTING)
CARD = ISSUER.issue(name("Nguyễn Thị An"), terms=LASTING)
EXPIRED = ISSUER.issue(name("Nguyễn Thị An"), terms=PAST)


@dataclass
class Host:
    """One of the hosts, and what the provider behind it has seen."""

    front: Front
    port: int
    name: str
    seen: list[Told]

    @property
    def is_main(self) -> bool:
        return self.name == MAIN

    @property
    def target(self) -> bytes:
        """Something that it passes on."""
        return CALLED if self.name == PORTALS else SHOW

    def client(self, card: Issued | None = None, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        client = self.front.server.client(version=version)
        if card is not None:
            # A client that brings a weak key must find that good itself.
            client.set_ciphers("DEFAULT:@SECLEVEL=0")
            bring(client, card)
        return client

    def told(self, *lines: bytes, card: Issued | None = None, version: ssl.TLSVersion | None = None) -> Told:
        """What arrives behind the proxy."""
        sent = shown.request(*lines, target=self.target).replace(b"idp.test", self.name.encode(), 1)
        return told(ask(self.port, self.client(card, version), sent, self.name))

    def attacked(self, *attacks: bytes, card: Issued | None = None, server_name: str | None = None) -> list[Told]:
        """What the provider has seen until a second after these bytes came, each attack on a connection of its own."""
        return self.attacked_in_pieces(*([attack] for attack in attacks), card=card, server_name=server_name)

    def attacked_in_pieces(
        self, *attacks: list[bytes], card: Issued | None = None, server_name: str | None = None
    ) -> list[Told]:
        """The same for attacks of several pieces, which arrive one after the other."""
        self.seen.clear()
        client = self.client(card)

        def attack(pieces: list[bytes]) -> None:
            with connect(self.port, client, server_name or self.name) as connection:
                connection.settimeout(1)
                with suppress(OSError):
                    for piece in pieces:
                        connection.sendall(piece)
                        time.sleep(0.02 if len(pieces) > 1 else 0)
                    while connection.recv(65536):
                        pass

        with ThreadPoolExecutor(16) as threads:
            list(threads.map(attack, attacks))
        return list(self.seen)


@dataclass
class Hosts:
    main: Host
    certificate: Host
    portals: Host


def hosts_of(front: Front, seen: list[Told]) -> Hosts:
    return Hosts(
        Host(front, front.main_port, MAIN, seen),
        Host(front, front.certificate_port, CERTIFICATE, seen),
        Host(front, front.portals_port, PORTALS, seen),
    )


def not_harmless(seen: list[Told]) -> list[Told]:
    """What arrived that somebody could take for a certificate."""
    return [told for told in seen if told.shown or told.refused or "client-cert" in dict(told.headers)]
