"""Text that is made to be slow is not worked on: one request must not keep everybody else waiting."""

import unicodedata

import pytest

from tests.citizen.applicants import Applicants, error_on
from tests.sign_in.people import code_of, types
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor

MARKS = "a" + "\u0301" * 2_500 + "\u0316" * 2_500
"""To put so many accents in their order takes time with the square of their number."""

MOST = 1_000
"""Characters that may be put in order on the way of a request."""


@pytest.fixture
def normalised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long each text was that was brought into a normal form."""
    lengths: list[int] = []
    original = unicodedata.normalize

    def listening(form: str, text: str) -> str:
        lengths.append(len(text))
        return original(form, text)  # type: ignore[arg-type]

    monkeypatch.setattr(unicodedata, "normalize", listening)
    return lengths


def test_a_password_of_accents_is_wrong_and_costs_nothing(
    portal: Portal, visitor: Visitor, normalised: list[int]
) -> None:
    visitor.goes_to(portal)
    assert code_of(types(visitor, password=MARKS)) == "wrong_number_or_password"
    assert max(normalised, default=0) <= MOST


@pytest.mark.parametrize(("path", "form"), [("/activate", "activation-form"), ("/recover", "recovery-start-form")])
def test_a_name_of_accents_is_none_and_costs_nothing(
    provider: Provider, path: str, form: str, normalised: list[int]
) -> None:
    browser = provider.browser()
    browser.open(f"{provider.issuer}{path}")
    stated = {"citizen_number": "005190777777", "full_name": MARKS, "birth_date": "30/04/1980"}
    assert error_on(browser.submit(form, stated)) == "full_name_missing"
    assert max(normalised, default=0) <= MOST


def test_a_new_password_of_accents_is_too_long_and_costs_nothing(applicants: Applicants, normalised: list[int]) -> None:
    somebody = applicants.somebody()
    somebody.begins()
    somebody.proves()
    assert error_on(somebody.chooses(MARKS)) == "password_too_long"
    assert max(normalised, default=0) <= MOST
