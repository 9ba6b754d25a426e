"""The unlocked data keys of one process, and everything that is done with them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

import orjson

from idp.sealing import data_keys
from idp.sealing.cipher import Cipher, SealBroken
from idp.sealing.data_keys import DataKeys
from idp.sealing.macs import Mac
from idp.sealing.master_key import MasterKey
from idp.sealing.purposes import Purpose
from idp.storage import Database


class BlindIndex(NamedTuple):
    """By what a sealed value is found. `key_id` names the key, so that a rotation can tell old digests from new."""

    key_id: str
    digest: bytes


class Keyring:
    """Opened once at start and handed to every room that seals. Safe to use from several threads."""

    def __init__(self, keys: Mapping[Purpose, DataKeys]) -> None:
        self._ciphers: dict[str, Cipher] = {purpose: Cipher(own.keys, own.current) for purpose, own in keys.items()}
        self._macs: dict[str, Mac] = {purpose: Mac(own.keys[own.current], label="mac") for purpose, own in keys.items()}
        self._index_key_id = f"index-{keys[Purpose.INDEX].current}"

    @classmethod
    async def unlock(cls, database: Database, master: MasterKey, *, now: datetime) -> Self:
        """Open the data keys, and make those that do not exist yet; raises `MasterKeyRefused`."""
        return cls(await database.run(data_keys.unlock, master, now=now))

    def seal(self, plain: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """Encrypt a value for the one place it will stand in. 39 bytes longer than `plain`."""
        return self._ciphers[Purpose.RECORDS].seal(plain, _place(table, column, row))

    def open(self, sealed: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """The value that was sealed for this place; raises `SealBroken` for anything else."""
        return self._ciphers[Purpose.RECORDS].open(sealed, _place(table, column, row))

    def seal_text(self, plain: str, *, table: str, column: str, row: UUID) -> bytes:
        """`seal` for text."""
        return self.seal(plain.encode(), table=table, column=column, row=row)

    def open_text(self, sealed: bytes, *, table: str, column: str, row: UUID) -> str:
        """`open` for text."""
        return self.open(sealed, table=table, column=column, row=row).decode()

    def seal_json(self, value: Any, *, table: str, column: str, row: UUID) -> bytes:
        """`seal` for any JSON value."""
        return self.seal(orjson.dumps(value), table=table, column=column, row=row)

    def open_json(self, sealed: bytes, *, table: str, column: str, row: UUID) -> Any:
        """`open` for a JSON value."""
        return orjson.loads(self.open(sealed, table=table, column=column, row=row))

    def index(self, kind: str, value: str) -> BlindIndex:
        """The keyed index of a value, e.g. of kind `citizen_number`. Normalise the value first: equal means equal."""
        return BlindIndex(self._index_key_id, self._macs[Purpose.INDEX].of(_labelled(kind, _bytes(value))))

    def code_mac(self, code: str, *, purpose: str, row: UUID) -> bytes:
        """32 bytes to keep instead of a code with little entropy, e.g. for the purpose `sms`.

        The row's id is bound in, so equal codes differ, and a MAC copied to another row proves nothing there.
        """
        return self._macs[Purpose.SHORT_CODES].of(_labelled(purpose, row.bytes + _bytes(code)))

    def derive(self, purpose: str, data: bytes) -> bytes:
        """32 bytes that only this installation can make from `data`. `purpose` is a `Purpose`; another is a bug."""
        return self._macs[purpose].of(data)

    def wrap(self, purpose: str, plain: bytes, *, context: str) -> str:
        """Encrypt for a browser to carry, as base64url. `context` is what it is for: the cookie's name, say."""
        return _text(self._ciphers[purpose].seal(plain, _labelled("wrapped", _bytes(context))))

    def unwrap(self, purpose: str, text: str, *, context: str) -> bytes | None:
        """What was wrapped for this context, or None for anything else, however hostile.

        One value has one text: a changed last character or added padding is not ours.
        """
        try:
            sealed = urlsafe_b64decode(text + "==")
            if _text(sealed) != text:
                return None
            return self._ciphers[purpose].open(sealed, _labelled("wrapped", _bytes(context)))
        except (ValueError, SealBroken):
            return None


def _place(table: str, column: str, row: UUID) -> bytes:
    return _labelled(f"{table}.{column}", row.bytes)


def _labelled(label: str, data: bytes) -> bytes:
    # Labels are names in our code, without NUL: no two pairs give the same bytes.
    return label.encode() + b"\0" + data


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()
