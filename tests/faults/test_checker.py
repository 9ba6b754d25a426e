"""The checker finds what it is there for: each fault is planted once."""

from collections import Counter, namedtuple
from dataclasses import replace
from uuid import UUID

import pytest

from tests.faults.checker import Asked, Kept, violations

Code = namedtuple("Code", "grant_id spent_at")
Grant = namedtuple("Grant", "id")
Token = namedtuple("Token", "generation replaced_at")

ONE = UUID(int=1)
CODE, REFRESH = "authorization_code", "refresh_token"
# An access token whose `jti` begins with ONE; nobody verifies it here.
HELD = {"access_token": "e30.eyJqdGkiOiJBQUFBQUFBQUFBQUFBQUFBQUFBQUFRIn0."}
GOOD = Kept(
    codes=[Code(ONE, 1), Code(UUID(int=2), None)],
    grants=[Grant(ONE)],
    refresh_tokens={ONE: [Token(0, 1), Token(1, None)]},
    issued=Counter({(ONE, CODE): 1, (ONE, REFRESH): 1}),
    rotated=Counter({ONE: 1}),
)
ANSWERS = [
    Asked(CODE, "c_1", None, {}),
    Asked(CODE, "c_1", 200, HELD),
    Asked(REFRESH, "r_1", 200, HELD),
    Asked(CODE, "c_2", 400, {}),
]


def test_it_finds_nothing_where_nothing_is() -> None:
    assert list(violations(GOOD, ANSWERS)) == []


@pytest.mark.parametrize(
    ("kept", "answers"),
    [
        (GOOD, [*ANSWERS, Asked(CODE, "c_1", 200, HELD)]),
        (GOOD, [*ANSWERS, Asked(REFRESH, "r_2", 200, HELD)]),
        (replace(GOOD, issued=Counter({(ONE, REFRESH): 1})), []),
        (replace(GOOD, issued=Counter({(ONE, CODE): 2, (ONE, REFRESH): 1})), []),
        (replace(GOOD, grants=[], refresh_tokens={}), []),
        (replace(GOOD, codes=[Code(ONE, None)]), []),
        (replace(GOOD, refresh_tokens={ONE: [Token(0, 1), Token(2, None)]}), []),
        (replace(GOOD, refresh_tokens={ONE: [Token(0, None), Token(1, None)]}), []),
        (replace(GOOD, refresh_tokens={ONE: [Token(0, 1), Token(1, 1)]}), []),
        (replace(GOOD, rotated=Counter()), []),
    ],
    ids=[
        "a code honoured twice",
        "an answer more than the audit has",
        "a grant without its row",
        "a grant with two rows",
        "a spent code without a grant",
        "a grant without a spent code",
        "a generation is missing",
        "two living ends",
        "no living end",
        "a rotation without its row",
    ],
)
def test_it_finds(kept: Kept, answers: list[Asked]) -> None:
    assert list(violations(kept, answers))
