"""No event can hold a person: ids, codes and counts only."""

import dataclasses
import types
from enum import Enum
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.audit import events
from idp.audit.events import CATALOGUE, Event, NationalNumberReleased, RegisteredText, SignInRefused, SignInSucceeded

NAMES_OF_PERSONAL_DATA = {
    *("name", "full_name", "number", "citizen_number", "birth", "birthdate", "phone", "email", "address", "gender"),
    *("ip", "user_agent", "password", "otp", "token", "secret", "text", "message", "value", "note"),
}
ALLOWED = (UUID, int, bool, str, RegisteredText, type(None))
every_event = pytest.mark.parametrize("event", CATALOGUE.values(), ids=CATALOGUE)


@every_event
def test_fields_are_ids_codes_and_counts(event: type[Event]) -> None:
    for field in dataclasses.fields(event):
        assert field.name not in NAMES_OF_PERSONAL_DATA
        assert not set(field.name.split("_")) & {"name", "number", "phone", "address", "email", "birth"}
        for allowed in _plain_types(field.type):
            assert allowed in ALLOWED or issubclass(allowed, Enum), f"{event.__name__}.{field.name}: {allowed}"


def _plain_types(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return [plain for member in get_args(annotation) for plain in _plain_types(member)]
    if get_origin(annotation) is tuple:
        item, rest = get_args(annotation)
        assert rest is Ellipsis
        return _plain_types(item)
    return [annotation]


@every_event
def test_the_docstring_says_how_long_it_is_kept_and_who_sees_it(event: type[Event]) -> None:
    said = " ".join((event.__doc__ or "").split())
    assert f"Kept {event.kept}; {'shown' if event.shown else 'not shown'} to the citizen." in said
    assert said.index("Kept") > 20


@every_event
def test_names_fit_and_classes_are_exported(event: type[Event]) -> None:
    assert len(event.name) <= 64
    assert getattr(events, event.__name__) is event
    assert event.__name__ in events.__all__


@given(st.text(max_size=200))
def test_whatever_is_not_a_code_is_withheld(text: str) -> None:
    stored = orjson.loads(orjson.dumps(SignInRefused(method="password", reason=text)))["reason"]
    assert stored == "withheld" or (stored == text and text.isascii() and not text.isdigit() and " " not in text)


@pytest.mark.parametrize(
    "personal", ["003090000001", "+84905000001", "Nguyễn Thị Hoà", "NGUYEN THI HOA", "hoa@example.vn", "", "a" * 129]
)
def test_personal_data_in_a_code_is_withheld(personal: str) -> None:
    assert SignInRefused(method=personal, reason="wrong_password").method == "withheld"
    assert SignInSucceeded(methods=("pwd", personal), level=2).methods == ("pwd", "withheld")


def test_true_codes_are_kept() -> None:
    codes = ("pwd", "urn:vn:eid:auth-level:2", "https://portal.example/scope", "phone_of_record", "Zk3-_x9")
    assert SignInSucceeded(methods=codes, level=2).methods == codes


def test_a_legal_basis_is_kept_as_registered() -> None:
    basis = RegisteredText("Điều 12 Nghị định 69/2024/NĐ-CP")
    assert orjson.loads(orjson.dumps(NationalNumberReleased(basis, "userinfo")))["legal_basis"] == basis


def test_what_staff_only_read_is_recorded_too() -> None:
    """Look-ups, pages of people, masked fields that were shown, searches of the record: each has an event."""
    reads = {"account_looked_up", "look_up_missed", "account_opened", "person_uncovered", "act_seen", "record_searched"}
    assert reads <= CATALOGUE.keys()
    assert {name for name in reads if not CATALOGUE[name].shown} == {"look_up_missed"}, "of nobody, so nobody sees it"
