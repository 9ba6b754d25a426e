"""The master key: 32 random bytes in base64, in a file that only its owner reads or in the environment."""

import os
import re
import secrets
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Self

from idp.sealing.cipher import Cipher, SealBroken
from idp.settings import SettingsRefused

_ADVICE = "Make one with: idp keys master-key --out FILE"
_FEWEST_DIFFERENT_BYTES = 16  # random keys have about 30; a typed or padded one has few


class MasterKeyRefused(SettingsRefused):
    """There is no master key to start with, or it is not the one this database was made with."""

    def __init__(self, fault: str) -> None:
        super().__init__([fault])


class MasterKey:
    """Wraps data keys and nothing else."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher({1: key}, 1)

    @classmethod
    def from_settings(cls, *, file: Path, value: str) -> Self:
        """From `IDP_MASTER_KEY` when it is set, else from the file; raises `MasterKeyRefused` naming the setting."""
        if value:
            return cls.from_text(value, source="IDP_MASTER_KEY")
        return cls.from_text(_read_private(file), source=f"IDP_MASTER_KEY_FILE ({file})")

    @classmethod
    def from_text(cls, text: str, *, source: str) -> Self:
        """From 32 bytes in base64, either alphabet. `source` names it in the refusal, which never shows the text."""
        text = text.strip()
        if not re.fullmatch(r"[A-Za-z0-9+/_-]{43}=?", text):
            raise MasterKeyRefused(f"{source} is not 32 bytes in base64. {_ADVICE}")
        key = urlsafe_b64decode(text.rstrip("=").replace("+", "-").replace("/", "_") + "=")
        if len(set(key)) < _FEWEST_DIFFERENT_BYTES:
            raise MasterKeyRefused(f"{source} is not random. {_ADVICE}")
        return cls(key)

    def wrap(self, data_key: bytes, *, name: str) -> bytes:
        """Seal a data key under its name."""
        return self._cipher.seal(data_key, _bound(name))

    def unwrap(self, wrapped: bytes, *, name: str) -> bytes:
        """The data key of that name; raises `MasterKeyRefused` when this master key did not wrap it."""
        try:
            return self._cipher.open(wrapped, _bound(name))
        except SealBroken:
            raise MasterKeyRefused(
                f"the master key does not open the data key {name} of this database. IDP_MASTER_KEY_FILE or "
                "IDP_MASTER_KEY must be the key that the database was first started with; without it nothing that is "
                "sealed can be read."
            ) from None


def new_master_key() -> str:
    """A fresh master key as text."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _bound(name: str) -> bytes:
    return f"data key\0{name}".encode()


def _read_private(path: Path) -> str:
    try:
        # The mode is read from the open file, so that it is the mode of what is read.
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(1024)
    except OSError as error:
        raise MasterKeyRefused(
            f"IDP_MASTER_KEY_FILE ({path}) cannot be read: {error.strerror}. "
            f"Name the file there, or give the key itself in IDP_MASTER_KEY. {_ADVICE}"
        ) from None
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise MasterKeyRefused(f"IDP_MASTER_KEY_FILE ({path}) may be read by others than its owner: chmod 600 it.")
    return content.decode("ascii", "replace")
