"""Attempts: sealed while nothing is proved, counted afterwards, ended once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.finding import Account
from idp.attempts import proofs
from idp.attempts.pending import Attempt, AttemptMissing, AttemptTooLarge
from tests.support.house import House

pytestmark = pytest.mark.anyio

LIFETIME = timedelta(minutes=15)


def begin(house: House, **about: object) -> Attempt:
    return Attempt.begin(then="/authorize/continue", now=house.clock.now(), **about)


def reopened(house: House, attempt: Attempt) -> Attempt:
    return Attempt.open(attempt.seal(house.keyring), house.keyring, now=house.clock.now(), lifetime=LIFETIME)


async def test_it_travels_whole(house: House) -> None:
    attempt = begin(
        house,
        portal_id=UUID(int=5),
        scope=("openid", "profile"),
        claims=("email",),
        request={"s": "trạng thái", "a": 0},
        redirect_source="https://portal.example",
    )
    assert reopened(house, attempt) == attempt
    assert reopened(house, attempt.refused()).denied
    assert attempt.onward == f"/authorize/continue?attempt={attempt.name}"


async def test_it_is_over_after_its_time(house: House) -> None:
    attempt = begin(house)
    house.clock.advance(minutes=14, seconds=59)
    reopened(house, attempt)
    house.clock.advance(seconds=1)
    with pytest.raises(AttemptMissing):
        reopened(house, attempt)


async def test_a_large_request_is_refused_before_a_browser_drops_it(house: House) -> None:
    with pytest.raises(AttemptTooLarge):
        begin(house, request={"s": "x" * 1500}).seal(house.keyring)
    assert len(begin(house, request={"s": "x" * 1000}).seal(house.keyring)) <= 2048


async def test_what_is_not_sealed_by_us_is_nothing(house: House) -> None:
    sealed = begin(house).seal(house.keyring)

    @given(
        st.one_of(
            st.text(max_size=200), st.integers(0, len(sealed) - 1).map(lambda at: sealed[:at] + "A" + sealed[at + 1 :])
        )
    )
    def check(value: str) -> None:
        if value != sealed:
            with pytest.raises(AttemptMissing):
                Attempt.open(value, house.keyring, now=house.clock.now(), lifetime=LIFETIME)

    check()


async def test_proofs_are_known_by_the_attempts_own_secret(house: House, woman: Account) -> None:
    attempt, now = begin(house), house.clock.now()
    with pytest.raises(AttemptMissing):
        await house.database.run(proofs.proved, attempt, now=now)
    with_proof = await house.database.run(proofs.first_proof, attempt, woman.id, ("pwd",), lifetime=LIFETIME, now=now)
    found = await house.database.run(proofs.proved, reopened(house, with_proof), now=now)
    assert (found.account_id, found.methods) == (woman.id, ("pwd",))
    for forged in (attempt, with_proof.proved(with_proof.secret + "x"), with_proof.proved(f"{found.id.hex}.a_")):
        with pytest.raises(AttemptMissing):
            await house.database.run(proofs.proved, forged, now=now)


async def test_the_sixth_guess_ends_it(house: House, woman: Account) -> None:
    now = house.clock.now()
    attempt = await house.database.run(proofs.first_proof, begin(house), woman.id, ("pwd",), lifetime=LIFETIME, now=now)
    found = await house.database.run(proofs.proved, attempt, now=now)
    guesses = await asyncio.gather(
        *(house.database.run(proofs.count_guess, found.id, now=now) for _ in range(20)), return_exceptions=True
    )
    assert sum(guess is None for guess in guesses) == proofs.MOST_WRONG_CODES
    assert sum(isinstance(guess, proofs.TooManyWrongCodes) for guess in guesses) == 15
    with pytest.raises(AttemptMissing):
        await house.database.run(proofs.proved, attempt, now=now)


async def test_it_ends_once(house: House, woman: Account) -> None:
    now = house.clock.now()
    attempt = await house.database.run(proofs.first_proof, begin(house), woman.id, ("pwd",), lifetime=LIFETIME, now=now)
    found = await house.database.run(proofs.proved, attempt, now=now)
    ends = await asyncio.gather(
        *(house.database.run(proofs.end, found.id, proofs.Ending.SIGNED_IN, now=now) for _ in range(20))
    )
    assert sum(ends) == 1
    with pytest.raises(AttemptMissing):
        await house.database.run(proofs.proved, attempt, now=now)
