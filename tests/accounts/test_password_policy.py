"""Which new passwords are refused, and that all others pass."""

import secrets
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.common_passwords import is_common, listed
from idp.accounts.password_policy import (
    PasswordCommon,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
    PersonFacts,
    check,
)
from idp.errors import Refusal
from idp.register.person import BirthDate
from tests.accounts.conftest import somebody
from tests.accounts.weak_passwords import SHIPPED, as_file

FACTS = PersonFacts("003190472915", "Nguyễn Thị Hoa", BirthDate(1990, 5, 3))
NO_DAY = PersonFacts("005048472915", "Lò Thị Ánh", BirthDate(1948))
REFUSALS = (PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal)


@pytest.mark.parametrize(
    "password",
    [
        "toi thich an pho bo",
        "correct horse battery",
        "xe đạp đỏ 47",
        "trời hôm nay xanh quá",
        "T7m!kq2z",
        "Ăn cơm chưa?",
        "Property9",
        "thichanphobo",  # Thị in it is chance
        "mùa mưa 19900101",
        "🐼🦊🐸🐧🐙🦉🦆🐝",
        "пароль из слов",
    ],
)
def test_ordinary_passwords_pass(password: str) -> None:
    check(password, FACTS)


def test_length_is_counted_in_composed_characters() -> None:
    for fits in ("ằẵẫặểõỷự", "q7ậ" * 42 + "xy"):
        check(fits, FACTS)
        check(unicodedata.normalize("NFD", fits), FACTS)
    with pytest.raises(PasswordTooShort):
        check(unicodedata.normalize("NFD", "ằẵẫặểõỷ"), FACTS)
    with pytest.raises(PasswordTooLong):
        check("q7ậ" * 43, FACTS)


def test_sixty_four_characters_of_any_kind_pass() -> None:
    check("".join(secrets.choice("abcdefghijkmnpqrstuvwxyz -/.~") for _ in range(64)), FACTS)


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "P@ssw0rd!",
        "Matkhau2024!",
        "mật khẩu 123",
        "hoa12345",
        "anhyeuem",
        "Em yêu anh 520",
        "iloveyou1",
        "12345678",
        "87654321",
        "qwertyuiop",
        "1qaz2wsx",
        "1234qwer",
        "!@#$%^&*",
        "aaaaaaaa",
        "abababab",
        "hoa1hoa1",
        "        ",
        "Hanoi1954!",
        "letmein2026",
        "vneid-cua-toi",
        "congdan.vn.2026",
        "Cổng Dịch vụ công",
    ],
)
def test_what_anybody_would_try_is_refused(password: str) -> None:
    with pytest.raises(PasswordCommon):
        check(password, FACTS)


@pytest.mark.parametrize(
    "password",
    [
        "ma003190472915x",
        "003 190 472 915 tê",
        "cuối là 472915!",
        "x03051990y",
        "x03/05/1990y",
        "d 3.5.1990 d",
        "19900503-ok",
        "1990-05-03-ok",
        "05031990 ok",
        "k030590mt",
        "nguyenpq77",
        "NGUYỄN-pq-77",
        "bà thị hoa kể",
        "con của Hoa đó",
    ],
)
def test_what_others_know_of_the_person_is_refused(password: str) -> None:
    with pytest.raises(PasswordPersonal):
        check(password, FACTS)
    with pytest.raises(PasswordPersonal):
        check(unicodedata.normalize("NFD", password), FACTS)


def test_a_year_is_the_whole_birth_date_of_those_who_have_no_more() -> None:
    with pytest.raises(PasswordPersonal):
        check("mùa gặt 1948 ấy", NO_DAY)
    check("mùa gặt 1948 ấy", FACTS)
    check("mùa gặt 1990 ấy", FACTS)


def test_the_facts_of_a_record_do_not_print() -> None:
    facts = PersonFacts.of(somebody())
    assert repr(facts) == "PersonFacts()"


@given(st.text(max_size=200))
def test_every_text_is_either_good_or_refused_with_a_reason(password: str) -> None:
    try:
        check(password, FACTS)
    except Refusal as refusal:
        assert type(refusal) in REFUSALS
        assert password not in str(refusal) or password in refusal.code


def test_random_passwords_are_never_common() -> None:
    assert not any(is_common(secrets.token_urlsafe(12)) for _ in range(2000))


def test_the_shipped_list_is_what_its_rules_give() -> None:
    assert SHIPPED.read_text(encoding="ascii") == as_file()
    assert len(listed()) >= 3000
    assert sum(len(word) >= 8 for word in listed()) >= 3000
