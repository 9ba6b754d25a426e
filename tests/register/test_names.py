"""Names meet whatever keyboard, font or form they came through."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.register.generator import people
from idp.register.names import NameParts, display, fold, split


@pytest.mark.parametrize(
    "spelling",
    [
        "Đặng Thị Thùy Ưng",
        "ĐẶNG THỊ THÙY ƯNG",
        "đặng thị thùy ưng",
        "dang thi thuy ung",
        "DANGTHITHUYUNG",
        "  Đặng\tThị   Thùy Ưng ",
        "Ðặng Thị Thùy Ưng",  # Eth, as converted old fonts have it
        unicodedata.normalize("NFD", "Đặng Thị Thùy Ưng"),
        unicodedata.normalize("NFD", "ĐẶNG THỊ THUỲ ƯNG"),
        "Ｄａｎｇ Thi Thuy Ung",
        "Đặng Thị-Thùy Ưng",
    ],
)
def test_spellings_of_one_name_fold_to_one(spelling: str) -> None:
    assert fold(spelling) == "dangthithuyung"


def test_every_accent_of_vietnamese_is_taken_away() -> None:
    letters = "aăâeêioôơuưy"
    tones = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    composed = [unicodedata.normalize("NFC", letter + tone) for letter in letters for tone in tones]
    assert len(set(composed)) == 72
    assert {fold(letter) for letter in composed} == set("aeiouy")


@pytest.mark.parametrize("name", ["Nguyễn Văn An", "Nguyễn Văn", "Văn An Nguyễn", "Nguyễn Thị An"])
def test_other_names_stay_other_names(name: str) -> None:
    assert fold(name) != fold("Nguyễn Văn Ân Bình")


@pytest.mark.parametrize("name", ["", " ", "---", "\u0301", "'’", "\ud800"])
def test_nothing_is_left_of_what_is_no_name(name: str) -> None:
    assert fold(name) == ""


@given(st.text(max_size=60))
def test_folding_is_the_same_for_every_normal_form_and_done_once(name: str) -> None:
    folded = fold(name)
    assert fold(folded) == folded
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, name)) == folded


@given(st.text(max_size=60))
def test_folding_hears_no_case_and_no_space(name: str) -> None:
    assert fold(f" {name}\u00a0") == fold(name)
    assert fold(name.casefold()) == fold(name)


def test_every_generated_name_survives_upper_case_and_lost_accents() -> None:
    for entry in people(500, seed=3):
        upper = unicodedata.normalize("NFD", entry.full_name.upper())
        assert fold(upper) == fold(entry.full_name)
        assert fold(entry.full_name).isascii()


@given(st.text(max_size=60))
def test_a_displayed_name_is_composed_and_has_single_spaces(name: str) -> None:
    shown = display(name)
    assert unicodedata.is_normalized("NFC", shown)
    assert display(shown) == shown
    assert fold(shown) == fold(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Nguyễn Thị Thu Hà", NameParts("Nguyễn", "Thị Thu", "Hà")),
        ("Trần Minh", NameParts("Trần", "", "Minh")),
        ("Hà", NameParts("", "", "Hà")),
        ("", NameParts("", "", "")),
    ],
)
def test_a_name_comes_apart(name: str, parts: NameParts) -> None:
    assert split(name) == parts
