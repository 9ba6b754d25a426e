"""Lists of names are in the order in which a Vietnamese reader looks for them."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from idp.web.alphabetical import alphabetical

ORDER = [
    *("", "An", "an Giang", "Án lệ", "Ăn", "Âm", "Ba", "bà", "bả", "bã", "bá", "bạ", "Ba Đình", "Cà Mau", "Dân cư"),
    *("Duyên", "Đà Nẵng", "Đất đai", "Đo đạc", "Em", "Êm", "Hải quan", "O", "Ô", "Ơ", "Thuế", "Thư", "Ư", "Vé", "Y tế"),
]


def test_letters_come_first_and_tones_then() -> None:
    mixed = [*ORDER[1::2], *reversed(ORDER[::2])]
    assert sorted(mixed, key=alphabetical) == ORDER
    decomposed = [unicodedata.normalize("NFD", each) for each in mixed]
    assert [unicodedata.normalize("NFC", each) for each in sorted(decomposed, key=alphabetical)] == ORDER


@given(st.lists(st.text(max_size=10), max_size=6))
def test_whatever_is_written_has_a_place(texts: list[str]) -> None:
    assert sorted(sorted(texts, reverse=True), key=alphabetical) == sorted(texts, key=alphabetical)
