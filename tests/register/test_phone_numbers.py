"""Phone numbers: every spelling of a Vietnamese mobile number, kept as E.164."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.register import phone_numbers
from idp.register.phone_numbers import BadPhoneNumber


@pytest.mark.parametrize(
    "typed",
    [
        "0591000001",
        "+84591000001",
        "84591000001",
        "0084591000001",
        "0591 000 001",
        "0591.000.001",
        "(+84) 591-000-001",
        "０５９１０００００１",
        "＋84 591 000 001",
    ],
)
def test_every_way_to_write_a_phone_is_one_phone(typed: str) -> None:
    assert phone_numbers.parse(typed) == "+84591000001"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0591",
        "05910000012",
        "0291000001",
        "02438250000",
        "+85591000001",
        "591000001",
        "0951000001",
        "0591000001\n",
        "٠٥٩١٠٠٠٠٠١",
        "0591000001;0591000002",
        "tel:0591000001",
        "++84591000001",
        "\ud800",
    ],
)
def test_what_is_no_mobile_of_viet_nam_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(BadPhoneNumber) as refused:
        phone_numbers.parse(typed)
    assert str(refused.value) == "bad_phone_number"


@given(st.text(max_size=40))
def test_any_text_is_a_phone_in_e164_or_refused(typed: str) -> None:
    try:
        phone = phone_numbers.parse(typed)
    except BadPhoneNumber:
        return
    assert phone.startswith("+84")
    assert len(phone) == 12
    assert phone_numbers.parse(phone) == phone
