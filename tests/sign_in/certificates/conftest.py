"""Providers that take certificates; the test plays the proxy in front of the certificate host, or OpenSSL signs."""

import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.storage import Database
from tests.sign_in.certificates.holder import Holder
from tests.support.authorities import Authorities
from tests.support.clock import ManualClock
from tests.support.house import House
from tests.support.one_provider import now, one_provider, sqlite_provider
from tests.support.one_provider import provider as plain_provider
from tests.support.pki import Issued
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.trusting_provider import introduced, provider_settings, trusted

__all__ = ["now", "one_provider", "plain_provider", "provider_settings", "sqlite_provider", "trusted"]


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> House:
    return await House.build(database, clock)


@pytest.fixture
def provider(plain_provider: Provider, trusted: Authorities) -> Provider:
    """One that trusts them."""
    return introduced(plain_provider, trusted)


@pytest.fixture
def portal(provider: Provider) -> Portal:
    return provider.portal(refresh="session")


@pytest.fixture
def holder(provider: Provider, trusted: Authorities) -> Holder:
    """Somebody with an account and a certificate that carries their number."""
    citizen = provider.newcomer()
    return Holder(provider, provider.visitor(citizen), trusted.card(provider, citizen))


@pytest.fixture
def openssl(tmp_path: Path) -> Callable[..., str]:
    """`openssl cms -sign` with a card's key."""

    def sign(signer: Issued, content: bytes, options: str, *, form: str = "PEM") -> str:
        key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files = {"content": content, "key": key, "certificate": signer.certificate.public_bytes(Encoding.PEM)}
        for file, data in files.items():
            (tmp_path / file).write_bytes(data)
        command = "openssl cms -sign -binary -in content -signer certificate -inkey key -out made -outform"
        subprocess.run([*command.split(), form, *options.split()], cwd=tmp_path, check=True, capture_output=True)
        made = (tmp_path / "made").read_bytes()
        return made.decode().strip() if form == "PEM" else b64encode(made).decode()

    return sign
