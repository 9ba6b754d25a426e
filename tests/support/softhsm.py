"""A token in software, SoftHSM2, filled with what a test needs.

token = soft_token(tmp_path, ca.issue(subject, key=key))
running([…, "--module", token.module], environment=token.environment)
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.debian import need
from tests.support.pki import Issued

MODULE: Final = "/usr/lib/softhsm/libsofthsm2.so"
_OFFICER_PIN: Final = "654321"


@dataclass(frozen=True)
class SoftToken:
    """Where a token is. Programs that use it need `environment`."""

    folder: Path
    label: str = "Token thử nghiệm"
    pin: str = "123456"
    module: str = MODULE

    @property
    def environment(self) -> Mapping[str, str]:
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    def run(self, *command: str) -> None:
        """Run a tool that uses the token."""
        words = ["env", *(f"{name}={value}" for name, value in self.environment.items()), *command]
        subprocess.run(words, check=True, capture_output=True)

    def put(self, issued: Issued, key_id: str, *, always_ask: bool = False) -> None:
        """Put a certificate and its key on it; with `always_ask` the key wants the PIN at every signature."""
        key = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        flags = ["--usage-sign", *(["--always-auth"] if always_ask else [])]
        self._write("privkey", key, key_id, *flags)
        self._write("cert", issued.der, key_id)

    def _write(self, kind: str, data: bytes, key_id: str, *flags: str) -> None:
        file = self.folder / f"{kind}.der"
        file.write_bytes(data)
        login = ("--login", "--token-label", self.label, "--pin", self.pin)
        what = ("--write-object", str(file), "--type", kind, "--id", key_id, "--label", "my key")
        self.run("pkcs11-tool", "--module", self.module, *login, *what, *flags)
        file.unlink()


def soft_token(folder: Path, *cards: Issued, always_ask: bool = False) -> SoftToken:
    """A token with these certificates and their keys, in files below `folder`."""
    token = no_token(folder)
    pins = ("--pin", token.pin, "--so-pin", _OFFICER_PIN)
    token.run("softhsm2-util", "--init-token", "--free", "--label", token.label, *pins)
    for number, card in enumerate(cards, start=1):
        token.put(card, f"{number:02x}", always_ask=always_ask)
    return token


def no_token(folder: Path) -> SoftToken:
    """A reader without a token in it."""
    need("softhsm2-util", "pkcs11-tool")
    tokens = folder / "tokens"
    tokens.mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    return SoftToken(folder)
