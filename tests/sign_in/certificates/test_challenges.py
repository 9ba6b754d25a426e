"""What is to be signed: asked of one attempt, by one form, at one origin, for five minutes, and answered once."""

import asyncio
from base64 import b64decode, b64encode
from dataclasses import replace
from string import ascii_letters, digits

import pytest

from idp.sign_in.certificates import challenges
from idp.sign_in.certificates.challenges import ChallengeGone, Question
from idp.storage.identifiers import new_id
from tests.support.house import House

pytestmark = pytest.mark.anyio

ORIGIN = "https://id.example.vn"


def question(house: House) -> Question:
    return Question(new_id(house.clock.now()), "/sign-in/challenge", ORIGIN)


async def test_what_was_asked_may_be_answered(house: House) -> None:
    asked, now = question(house), house.clock.now()
    nonce = challenges.make(house.keyring, asked, now=now)
    assert len(nonce) >= 44  # Web eID's least
    challenges.refuse_unless_asked(house.keyring, nonce, asked, now=now)
    assert challenges.make(house.keyring, asked, now=now) != nonce


async def test_it_is_good_for_five_minutes(house: House) -> None:
    asked = question(house)
    nonce = challenges.make(house.keyring, asked, now=house.clock.now())
    house.clock.advance(minutes=4, seconds=59)
    challenges.refuse_unless_asked(house.keyring, nonce, asked, now=house.clock.now())
    house.clock.advance(seconds=1)
    with pytest.raises(ChallengeGone, match="too_old"):
        challenges.refuse_unless_asked(house.keyring, nonce, asked, now=house.clock.now())


async def test_it_is_for_one_browser_one_form_and_one_origin(house: House) -> None:
    asked, now = question(house), house.clock.now()
    nonce = challenges.make(house.keyring, asked, now=now)
    for other in (
        replace(asked, attempt_id=new_id(now)),
        replace(asked, origin="https://id.example.vn.evil.example"),
        replace(asked, form="/account/certificates/add"),
    ):
        with pytest.raises(ChallengeGone, match="of_another"):
            challenges.refuse_unless_asked(house.keyring, nonce, other, now=now)


async def test_every_bit_of_it_counts(house: House) -> None:
    asked, now = question(house), house.clock.now()
    raw = b64decode(challenges.make(house.keyring, asked, now=now))
    for place in range(len(raw)):
        changed = b64encode(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]).decode()
        with pytest.raises(ChallengeGone, match="of_another"):
            challenges.refuse_unless_asked(house.keyring, changed, asked, now=now)


@pytest.mark.parametrize("nonce", ["", "A" * 84, "é" * 84, "\udcff" * 84, "A" * 83, "A" * 88, "A" * 100_000])
async def test_what_is_no_nonce_is_refused(house: House, nonce: str) -> None:
    with pytest.raises(ChallengeGone, match="of_another"):
        challenges.refuse_unless_asked(house.keyring, nonce, question(house), now=house.clock.now())


async def test_no_other_text_says_the_same(house: House) -> None:
    """Two spellings of one nonce could be answered twice."""
    asked, now = question(house), house.clock.now()
    nonce = challenges.make(house.keyring, asked, now=now)
    others = {nonce[:-1] + letter for letter in ascii_letters + digits + "+/="} - {nonce}
    for other in (*others, f"{nonce}=", f" {nonce}", f"{nonce}\n", nonce.replace("+", "-").replace("/", "_") + "="):
        with pytest.raises(ChallengeGone, match="of_another"):
            challenges.refuse_unless_asked(house.keyring, other, asked, now=now)


async def test_one_of_many_answers_counts(house: House) -> None:
    now = house.clock.now()
    nonce = challenges.make(house.keyring, question(house), now=now)
    answers = await asyncio.gather(
        *(house.database.run(challenges.spend, nonce, now=now) for _ in range(8)), return_exceptions=True
    )
    assert [type(answer) for answer in answers].count(ChallengeGone) == 7
    with pytest.raises(ChallengeGone, match="answered_before"):
        await house.database.run(challenges.spend, nonce, now=now)
