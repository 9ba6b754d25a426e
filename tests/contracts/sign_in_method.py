"""What every method of `idp.sign_in.methods` must do, seen from the browser.

A test class inherits a suite and gives the fixture `way`: how a person comes to the method's form, and what they type.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import bindparam, func, select

from idp.sessions.tables import sessions
from idp.storage import Statement, Unit
from tests.support.html_page import Page
from tests.support.provider import Provider
from tests.support.visitor import Visitor

HOSTILE = ["", " ", "0" * 6, "12345", "1" * 5000, "' OR 1=1 --", "<script>", "\u202e123456", "١٢٣٤٥٦", "²³⁴⁵⁶⁷", "None"]
_SESSIONS = Statement(select(func.count().label("n")).where(sessions.c.account_id == bindparam("account")))


@dataclass(frozen=True)
class Way:
    """One method from outside.

    `comes` leads a visitor to its form, `right` says what would be right there now, `answers` types something.
    `refused` is the error of a wrong answer. `ends` lets a right answer grow too old.
    """

    comes: Callable[[Visitor], Page]
    right: Callable[[Visitor], str]
    answers: Callable[[Visitor, str], Page]
    refused: str
    ends: Callable[[Visitor], object] | None = None

    def is_refused(self, page: Page) -> bool:
        return page.status == 403 and page.element("error").attributes["data-code"] == self.refused


class SignInMethodContract:
    """The suite for all of them."""

    def test_the_right_answer_signs_in(self, provider: Provider, way: Way) -> None:
        visitor = provider.visitor()
        way.comes(visitor)
        assert way.answers(visitor, way.right(visitor)).stopped

    @pytest.mark.parametrize("answer", HOSTILE)
    def test_what_is_no_answer_is_refused_as_a_wrong_one(self, provider: Provider, way: Way, answer: str) -> None:
        visitor = provider.visitor()
        way.comes(visitor)
        assert way.is_refused(way.answers(visitor, answer))
        assert way.answers(visitor, way.right(visitor)).stopped

    def test_the_answer_of_somebody_else_is_refused(self, provider: Provider, way: Way) -> None:
        visitor, other = provider.visitor(), provider.visitor()
        way.comes(other)
        way.comes(visitor)
        assert way.is_refused(way.answers(visitor, _unless_alike(way.right(other), way.right(visitor))))
        assert sessions_of(provider, visitor) == 0

    def test_wrong_answers_are_counted_and_ten_close_the_way(self, provider: Provider, way: Way) -> None:
        visitor = provider.visitor()
        for _ in range(2):
            way.comes(visitor)
            for _ in range(5):
                assert way.is_refused(way.answers(visitor, "000000"))
        way.comes(visitor)
        page = way.answers(visitor, way.right(visitor))
        assert (page.status, page.element("error").attributes["data-code"]) == (429, "too_many_tries")
        assert sessions_of(provider, visitor) == 0


class OneTimeMethodContract(SignInMethodContract):
    """The suite for those whose answers are good once."""

    def test_an_answer_is_good_once(self, provider: Provider, way: Way) -> None:
        visitor = provider.visitor()
        way.comes(visitor)
        answer = way.right(visitor)
        assert way.answers(visitor, answer).stopped
        again = Visitor(visitor.citizen, provider.browser(), provider.clock)
        way.comes(again)
        assert way.is_refused(way.answers(again, _unless_alike(answer, way.right(again))))
        assert sessions_of(provider, visitor) == 1

    def test_an_answer_ends(self, provider: Provider, way: Way) -> None:
        visitor = provider.visitor()
        way.comes(visitor)
        answer = way.right(visitor)
        assert way.ends is not None
        way.ends(visitor)
        assert way.is_refused(way.answers(visitor, answer))

    @pytest.mark.parametrize("rounds", [1, pytest.param(100, marks=pytest.mark.long)])
    def test_of_fifty_at_once_one_signs_in(self, provider: Provider, way: Way, rounds: int) -> None:
        for _ in range(rounds):
            visitor = provider.visitor()
            page = way.comes(visitor)
            answer = way.right(visitor)
            tabs = [_tab(provider, visitor, page) for _ in range(50)]
            with ThreadPoolExecutor(50) as together:
                pages = list(together.map(lambda tab: way.answers(tab, answer), tabs))  # noqa: B023  (done in the round)
            assert sum(page.stopped for page in pages) == 1
            assert sessions_of(provider, visitor) == 1
            refused = {page.element("error").attributes["data-code"] for page in pages if not page.stopped}
            assert refused <= {"attempt_missing", "wrong_code", "database_busy"}
            provider.close_browsers()


def sessions_of(provider: Provider, visitor: Visitor) -> int:
    """How many sessions the person has."""
    return provider.run(provider.parts.database.read(_count, visitor.citizen.account_id))


def _count(db: Unit, account_id: UUID) -> int:
    row = db.one(_SESSIONS, account=account_id)
    assert row is not None
    return int(row.n)


def _tab(provider: Provider, visitor: Visitor, page: Page) -> Visitor:
    """Another tab of the same browser, at the same form."""
    browser = provider.browser()
    browser.cookies.held.update(visitor.browser.cookies.held)
    browser.open(page.url)
    return Visitor(visitor.citizen, browser, visitor.clock)


def _unless_alike(answer: str, right: str) -> str:
    """Six digits are the same for two people once in a million runs; then another wrong answer serves."""
    return answer if answer != right else f"{(int(answer) + 1) % 10**6:06d}"
