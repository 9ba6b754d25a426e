"""What is sealed opens where it was sealed, and nowhere else."""

import secrets
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.sealing import Keyring, Purpose, SealBroken
from idp.sealing.data_keys import DataKeys

ROW = UUID(int=7)
OTHER_ROW = UUID(int=8)
PLACE: dict[str, Any] = {"table": "accounts", "column": "citizen_number", "row": ROW}

keyring = Keyring({purpose: DataKeys({1: secrets.token_bytes(32)}, 1) for purpose in Purpose})
SEALED = keyring.seal(b"secret", **PLACE)
WRAPPED = keyring.wrap("cookies", b"secret", context="attempt")


def test_what_is_sealed_opens_in_its_place() -> None:
    assert keyring.open(SEALED, **PLACE) == b"secret"
    assert keyring.open_text(keyring.seal_text("Nguyễn Thị Hoà", **PLACE), **PLACE) == "Nguyễn Thị Hoà"
    assert keyring.open_json(keyring.seal_json({"birthdate": "1990"}, **PLACE), **PLACE) == {"birthdate": "1990"}


@pytest.mark.parametrize("moved", [{"table": "persons"}, {"column": "phone"}, {"row": OTHER_ROW}])
def test_a_ciphertext_that_was_moved_does_not_open(moved: dict[str, Any]) -> None:
    with pytest.raises(SealBroken):
        keyring.open(SEALED, **{**PLACE, **moved})


def test_swapped_ciphertexts_of_two_rows_both_fail() -> None:
    first = keyring.seal_text("a", **PLACE)
    second = keyring.seal_text("b", **{**PLACE, "row": OTHER_ROW})
    for sealed, row in ((first, OTHER_ROW), (second, ROW)):
        with pytest.raises(SealBroken):
            keyring.open_text(sealed, **{**PLACE, "row": row})


@pytest.mark.parametrize("position", range(len(SEALED)))
def test_every_changed_byte_is_noticed(position: int) -> None:
    changed = bytearray(SEALED)
    changed[position] ^= 1
    with pytest.raises(SealBroken):
        keyring.open(bytes(changed), **PLACE)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_seal_broken(hostile: bytes) -> None:
    with pytest.raises(SealBroken):
        keyring.open(hostile, **PLACE)


@given(st.binary(max_size=80))
def test_no_bytes_behind_a_true_header_open(hostile: bytes) -> None:
    with pytest.raises(SealBroken):
        keyring.open(SEALED[:11] + hostile, **PLACE)


def test_equal_values_look_different_when_sealed() -> None:
    assert keyring.seal(b"secret", **PLACE) != keyring.seal(b"secret", **PLACE)


@given(st.binary(max_size=2000), st.text(max_size=20))
def test_a_wrapped_value_comes_back(plain: bytes, context: str) -> None:
    text = keyring.wrap("cookies", plain, context=context)
    assert keyring.unwrap("cookies", text, context=context) == plain
    assert text.isascii()
    assert not set(text) & set(' =;,"\\')


@given(st.text(max_size=200) | st.text("abcdefgh=-_+/ ", max_size=200) | st.binary(max_size=99).map(bytes.hex))
def test_no_text_raises_in_unwrap(hostile: str) -> None:
    assert keyring.unwrap("cookies", hostile, context="attempt") is None


@given(st.integers(0, len(WRAPPED) - 1), st.characters())
def test_one_wrapped_value_has_one_text(position: int, character: str) -> None:
    changed = WRAPPED[:position] + character + WRAPPED[position + 1 :]
    assert keyring.unwrap("cookies", changed, context="attempt") == (b"secret" if changed == WRAPPED else None)


@pytest.mark.parametrize("added", ["=", "==", "\n", " ", "A"])
def test_nothing_may_be_added_to_a_wrapped_value(added: str) -> None:
    assert keyring.unwrap("cookies", WRAPPED + added, context="attempt") is None


def test_a_wrapped_value_is_good_for_its_purpose_and_context_only() -> None:
    assert keyring.unwrap("cookies", WRAPPED, context="attempt") == b"secret"
    assert keyring.unwrap("cookies", WRAPPED, context="device") is None
    assert keyring.unwrap("csrf", WRAPPED, context="attempt") is None


def test_an_index_is_the_same_for_the_same_value_only() -> None:
    index = keyring.index("citizen_number", "003090000001")
    assert index == keyring.index("citizen_number", "003090000001")
    assert index.key_id == "index-1"
    assert len(index.digest) == 32
    assert index.digest != keyring.index("citizen_number", "003090000002").digest
    assert index.digest != keyring.index("phone", "003090000001").digest


def test_a_code_is_bound_to_its_row_and_purpose() -> None:
    mac = keyring.code_mac("123456", purpose="sms", row=ROW)
    assert mac == keyring.code_mac("123456", purpose="sms", row=ROW)
    assert mac != keyring.code_mac("123456", purpose="sms", row=OTHER_ROW)
    assert mac != keyring.code_mac("123456", purpose="activation", row=ROW)
    assert mac != keyring.code_mac("123457", purpose="sms", row=ROW)


@given(st.text(max_size=40))
def test_any_typed_text_has_a_mac_and_an_index(typed: str) -> None:
    assert len(keyring.code_mac(typed, purpose="sms", row=ROW)) == 32
    assert len(keyring.index("citizen_number", typed).digest) == 32


def test_purposes_derive_different_values() -> None:
    assert len({keyring.derive(purpose, b"same") for purpose in Purpose}) == len(Purpose)
    assert keyring.derive("subjects", b"same") == keyring.derive("subjects", b"same")


def test_a_purpose_that_does_not_exist_is_a_bug() -> None:
    with pytest.raises(KeyError):
        keyring.derive("weather", b"")


def test_a_retired_key_opens_what_it_sealed_and_seals_nothing_more() -> None:
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    everything_else = {purpose: DataKeys({1: secrets.token_bytes(32)}, 1) for purpose in Purpose}
    before = Keyring({**everything_else, Purpose.RECORDS: DataKeys({1: old}, 1)})
    after = Keyring({**everything_else, Purpose.RECORDS: DataKeys({1: old, 2: new}, 2)})
    assert after.open(before.seal(b"secret", **PLACE), **PLACE) == b"secret"
    with pytest.raises(SealBroken):
        before.open(after.seal(b"secret", **PLACE), **PLACE)


def test_an_index_names_the_key_it_was_made_with() -> None:
    keys = {purpose: DataKeys({1: secrets.token_bytes(32)}, 1) for purpose in Purpose}
    rotated = {**keys, Purpose.INDEX: DataKeys({**keys[Purpose.INDEX].keys, 2: secrets.token_bytes(32)}, 2)}
    before, after = (Keyring(each).index("citizen_number", "003090000001") for each in (keys, rotated))
    assert (before.key_id, after.key_id) == ("index-1", "index-2")
    assert before.digest != after.digest
