"""The demo's certificates: made at the first start in a folder of their own, and good for two years.

    authorities/NAME.pem, NAME.key   the authorities; their service reads these
    revoked.txt                      what that service says was taken back, for a person to edit
    PERSONA.p12, PERSONA.pem         a subscriber's key and certificate; the certificate alone
    server.pem, server.key, ca.pem   of the host that asks for certificates, and whom its clients trust
    made.json                        for which port, until when, and the password of the .p12 files

They name the service by its port, so a demo that has moved to other ports makes them anew.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from idp.app import demo_issuing
from idp.app.demo_subscribers import subscribers
from idp.pki import operator_keys
from idp.pki.certificate import Certificate

_HOST: Final = 4
_SERVICE: Final = 5
"""Their ports, counted from the demo's first one: the host that asks for certificates, and the authorities' service."""

_EARLY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DemoCertificates:
    """What lies in the folder. `news` says why it was all made anew; empty where it was not, or never before."""

    folder: Path
    port: int
    password: str = field(repr=False)
    news: str = ""

    @property
    def host_port(self) -> int:
        """Where browsers are asked for certificates."""
        return self.port + _HOST

    @property
    def service_port(self) -> int:
        """Where the authorities answer for what they issued."""
        return self.port + _SERVICE

    @property
    def trust_key(self) -> Ed25519PrivateKey:
        """The operator's key, which signs trust lists. It lies beside the folder, because it outlives what is in it."""
        file = self.folder.with_name("trust.key")
        if not file.exists():
            operator_keys.make(file)
        return operator_keys.load(file)

    @property
    def environment(self) -> dict[str, str]:
        """The provider's settings that make its certificate host one of ours; a browser here calls it `localhost`."""
        return {
            "IDP_CERTIFICATE_URL": f"https://localhost:{self.host_port}",
            "IDP_CERTIFICATE_PORT": str(self.host_port),
            "IDP_CERTIFICATE_TLS_CHAIN": str(self.folder / "server.pem"),
            "IDP_CERTIFICATE_TLS_KEY": str(self.folder / "server.key"),
            "IDP_TRUST_KEYS": operator_keys.as_text(self.trust_key.public_key()),
            "IDP_OUTBOUND_ALLOW": f"127.0.0.1:{self.service_port}",
        }

    @property
    def ca(self) -> Path:
        """Who vouches for the host that asks for certificates."""
        return self.folder / "ca.pem"

    @property
    def anchors(self) -> list[Certificate]:
        """The roots: the national one and the government's."""
        return [self._authority(slug) for slug in demo_issuing.ROOTS]

    @property
    def issuers(self) -> list[Certificate]:
        """The authorities below them."""
        return [self._authority(slug) for slug in demo_issuing.BELOW]

    def of(self, persona: str) -> Certificate:
        """A subscriber's certificate."""
        return _read(self.folder / f"{persona}.pem")

    def as_json(self) -> list[dict[str, Any]]:
        """The rows of demo.json."""
        return [
            {"persona": each.persona, "p12": str(each.file(self.folder)), "password": self.password}
            for each in subscribers()
        ]

    def _authority(self, slug: str) -> Certificate:
        return _read(self.folder / "authorities" / f"{slug}.pem")


def prepare_certificates(folder: Path, port: int, *, now: datetime) -> DemoCertificates:
    """What lies in `folder`, for a demo whose first port is `port`; made where it is missing, or good no longer."""
    before = _made(folder)
    news = _why_anew(before, port, now) if before else ""
    if before is None or news:
        demo_issuing.make(folder, port, service=f"http://127.0.0.1:{port + _SERVICE}", now=now)
    return DemoCertificates(folder, port, (_made(folder) or {})["password"], news)


def _made(folder: Path) -> dict[str, Any] | None:
    file = folder / "made.json"
    return dict(json.loads(file.read_bytes())) if file.exists() else None


def _why_anew(made: dict[str, Any], port: int, now: datetime) -> str:
    if datetime.fromisoformat(made["ends"]) - _EARLY < now:
        return "made anew, because the old ones were at their end"
    if made["port"] != port:
        return "made anew, because the demo has moved to other ports"
    return ""


def _read(file: Path) -> Certificate:
    parsed = x509.load_pem_x509_certificate(file.read_bytes())
    return Certificate.read(parsed.public_bytes(Encoding.DER))
