"""What is to be signed: asked of one attempt at one origin, for five minutes, and answered once."""

import asyncio
from base64 import b64decode, b64encode
from string import ascii_letters, digits

import pytest

from idp.sign_in.certificates import challenges
from idp.sign_in.certificates.challenges import ChallengeGone
from idp.storage.identifiers import new_id
from tests.support.house import House

pytestmark = pytest.mark.anyio

ORIGIN = "https://id.example.vn"


async def test_what_was_asked_may_be_answered(house: House) -> None:
    attempt, now = new_id(house.clock.now()), house.clock.now()
    nonce = challenges.make(house.keyring, attempt, ORIGIN, now=now)
    assert len(nonce) >= 44  # Web eID's least
    challenges.refuse_unless_asked(house.keyring, nonce, attempt, ORIGIN, now=now)
    assert challenges.make(house.keyring, attempt, ORIGIN, now=now) != nonce


async def test_it_is_good_for_five_minutes(house: House) -> None:
    attempt = new_id(house.clock.now())
    nonce = challenges.make(house.keyring, attempt, ORIGIN, now=house.clock.now())
    house.clock.advance(minutes=4, seconds=59)
    challenges.refuse_unless_asked(house.keyring, nonce, attempt, ORIGIN, now=house.clock.now())
    house.clock.advance(seconds=1)
    with pytest.raises(ChallengeGone, match="too_old"):
        challenges.refuse_unless_asked(house.keyring, nonce, attempt, ORIGIN, now=house.clock.now())


async def test_it_is_for_one_browser_and_one_origin(house: House) -> None:
    attempt, now = new_id(house.clock.now()), house.clock.now()
    nonce = challenges.make(house.keyring, attempt, ORIGIN, now=now)
    for other, origin in ((new_id(now), ORIGIN), (attempt, "https://id.example.vn.evil.example")):
        with pytest.raises(ChallengeGone, match="of_another"):
            challenges.refuse_unless_asked(house.keyring, nonce, other, origin, now=now)


async def test_every_bit_of_it_counts(house: House) -> None:
    attempt, now = new_id(house.clock.now()), house.clock.now()
    raw = b64decode(challenges.make(house.keyring, attempt, ORIGIN, now=now))
    for place in range(len(raw)):
        changed = b64encode(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]).decode()
        with pytest.raises(ChallengeGone, match="of_another"):
            challenges.refuse_unless_asked(house.keyring, changed, attempt, ORIGIN, now=now)


@pytest.mark.parametrize("nonce", ["", "A" * 84, "é" * 84, "\udcff" * 84, "A" * 83, "A" * 88, "A" * 100_000])
async def test_what_is_no_nonce_is_refused(house: House, nonce: str) -> None:
    with pytest.raises(ChallengeGone, match="of_another"):
        challenges.refuse_unless_asked(house.keyring, nonce, new_id(house.clock.now()), ORIGIN, now=house.clock.now())


async def test_no_other_text_says_the_same(house: House) -> None:
    """Two spellings of one nonce could be answered twice."""
    attempt, now = new_id(house.clock.now()), house.clock.now()
    nonce = challenges.make(house.keyring, attempt, ORIGIN, now=now)
    others = {nonce[:-1] + letter for letter in ascii_letters + digits + "+/="} - {nonce}
    for other in (*others, f"{nonce}=", f" {nonce}", f"{nonce}\n", nonce.replace("+", "-").replace("/", "_") + "="):
        with pytest.raises(ChallengeGone, match="of_another"):
            challenges.refuse_unless_asked(house.keyring, other, attempt, ORIGIN, now=now)


async def test_one_of_many_answers_counts(house: House) -> None:
    now = house.clock.now()
    nonce = challenges.make(house.keyring, new_id(now), ORIGIN, now=now)
    answers = await asyncio.gather(
        *(house.database.run(challenges.spend, nonce, now=now) for _ in range(8)), return_exceptions=True
    )
    assert [type(answer) for answer in answers].count(ChallengeGone) == 7
    with pytest.raises(ChallengeGone, match="answered_before"):
        await house.database.run(challenges.spend, nonce, now=now)
