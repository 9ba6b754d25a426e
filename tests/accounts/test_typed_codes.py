"""A code survives being read from paper and typed by a person."""

import re

from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.typed_codes import new_code, read_code, read_digits

SEPARATORS = st.sampled_from(["", " ", "-", ".", "\u00a0", "–", "\u200b"])


def test_a_code_is_written_in_groups_of_four() -> None:
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", new_code(16))
    assert len({new_code(16) for _ in range(1000)}) == 1000


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=12, max_size=12), st.data())
def test_case_groups_and_mistaken_letters_are_forgiven(code: str, data: st.DataObject) -> None:
    mistaken = {"1": "1IiLl", "0": "0Oo"}
    typed = ""
    for character in code:
        choices = mistaken.get(character, character + character.lower())
        typed += data.draw(st.sampled_from(choices)) + data.draw(SEPARATORS)
    assert read_code(typed, 12) == code


@given(st.text())
def test_anything_else_is_no_code(typed: str) -> None:
    code, digits = read_code(typed, 12), read_digits(typed)
    assert code is None or re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", code)
    assert digits is None or re.fullmatch(r"[0-9]{6}", digits)


def test_six_digits_are_read_however_they_are_typed() -> None:
    for typed in ("123456", " 123 456 ", "123-456", "１２３４５６", "123.456\u200b"):
        assert read_digits(typed) == "123456"
    for typed in ("12345", "1234567", "12345a", "１２３４５", "١٢٣٤٥٦", "1234⁵6", "123456\x00", "", "O23456", "-" * 99):
        assert read_digits(typed) is None
