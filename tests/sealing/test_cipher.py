"""Salts change in time, and memory stays bounded."""

import secrets
import threading

import pytest

from idp.sealing import SealBroken, cipher
from idp.sealing.cipher import Cipher


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "_VALUES_UNDER_ONE_SALT", 3)
    monkeypatch.setattr(cipher, "_SALTS_REMEMBERED", 4)


def test_a_value_outlives_the_salt_and_the_process_it_was_sealed_in(often: None) -> None:
    key = secrets.token_bytes(32)
    sealed = [value for _ in range(10) for value in _ten(Cipher({1: key}, 1))]
    assert len({value[:11] for value in sealed}) >= 30
    reader = Cipher({1: key}, 1)
    for _ in range(2):
        assert {reader.open(value, b"here") for value in sealed} == {b"plain"}
    assert len(reader._opened) <= 5


def _ten(sealer: Cipher) -> list[bytes]:
    return [sealer.seal(b"plain", b"here") for _ in range(10)]


def test_a_strangers_headers_are_not_remembered() -> None:
    reader = Cipher({1: secrets.token_bytes(32)}, 1)
    known = len(reader._opened)
    for _ in range(100):
        with pytest.raises(SealBroken):
            reader.open(b"\x01\x00\x01" + secrets.token_bytes(40), b"here")
    assert len(reader._opened) == known


def test_threads_seal_together(often: None) -> None:
    shared = Cipher({1: secrets.token_bytes(32)}, 1)
    sealed: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: sealed.extend(shared.seal(b"plain", b"here") for _ in range(500)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {shared.open(value, b"here") for value in sealed} == {b"plain"}
    assert len(set(sealed)) == 2000
