"""A certificate's way from one host to the other: once, in a minute, for one attempt and one path."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from idp.attempts.pending import Attempt, AttemptMissing
from idp.sign_in.certificates import tickets
from idp.sign_in.certificates.errands import Errand
from idp.sign_in.certificates.tickets import TicketGone
from idp.sign_in.tables import certificate_tickets
from idp.storage import Statement
from idp.storage.identifiers import new_id
from tests.support.house import House

pytestmark = pytest.mark.anyio

BACK = "/sign-in/certificate/take"
DER = b"a certificate"
SEALED = Statement(select(certificate_tickets.c.certificate_sealed))


def errand_of(house: House) -> Errand:
    return Errand.to(Attempt.begin(then="/authorize", now=house.clock.now()), BACK, now=house.clock.now())


async def store(house: House, for_: Errand) -> str:
    return await house.database.run(tickets.store, house.keyring, for_, DER, None, now=house.clock.now())


async def spend(house: House, value: str, for_: Errand) -> bytes:
    return await house.database.run(
        tickets.spend, house.keyring, value, attempt_id=for_.attempt_id, back=for_.back, now=house.clock.now()
    )


async def test_it_brings_the_certificate_once(house: House) -> None:
    for_ = errand_of(house)
    value = await store(house, for_)
    assert value.startswith("k_")
    assert await spend(house, value, for_) == DER
    with pytest.raises(TicketGone):
        await spend(house, value, for_)


async def test_one_of_many_gets_it(house: House) -> None:
    for_ = errand_of(house)
    value = await store(house, for_)
    answers = await asyncio.gather(*(spend(house, value, for_) for _ in range(8)), return_exceptions=True)
    assert [answer for answer in answers if not isinstance(answer, TicketGone)] == [DER]


async def test_it_is_good_for_a_minute(house: House) -> None:
    for_ = errand_of(house)
    early, late = await store(house, for_), await store(house, for_)
    house.clock.advance(seconds=59)
    assert await spend(house, early, for_) == DER
    house.clock.advance(seconds=1)
    with pytest.raises(TicketGone):
        await spend(house, late, for_)


async def test_it_is_good_for_its_attempt_and_its_path_alone(house: House) -> None:
    for_ = errand_of(house)
    value = await store(house, for_)
    for other in (
        replace(for_, attempt_id=new_id(house.clock.now())),
        replace(for_, back="/account/certificates/take"),
    ):
        with pytest.raises(TicketGone):
            await spend(house, value, other)
    assert await spend(house, value, for_) == DER


@pytest.mark.parametrize("value", ["", "k_", "k_" + "A" * 43, "\udcff", "x" * 10_000])
async def test_what_is_no_ticket_is_refused(house: House, value: str) -> None:
    with pytest.raises(TicketGone):
        await spend(house, value, errand_of(house))


async def test_the_certificate_is_sealed(house: House) -> None:
    for_ = errand_of(house)
    await store(house, for_)
    [row] = await house.database.read(lambda db: db.all(SEALED))
    assert DER not in bytes(row.certificate_sealed)


async def test_a_reference_travels_sealed(house: House) -> None:
    for_ = errand_of(house)
    sealed = for_.seal(house.keyring)
    assert Errand.open(sealed, house.keyring, now=house.clock.now()) == for_
    assert for_.without.startswith("/authorize?attempt=")
    assert for_.attempt not in sealed


async def test_a_reference_is_over_after_five_minutes(house: House) -> None:
    sealed = errand_of(house).seal(house.keyring)
    house.clock.advance(minutes=4, seconds=59)
    Errand.open(sealed, house.keyring, now=house.clock.now())
    house.clock.advance(seconds=1)
    with pytest.raises(AttemptMissing, match="too_old"):
        Errand.open(sealed, house.keyring, now=house.clock.now())


async def test_what_we_sealed_as_something_else_is_no_reference(house: House) -> None:
    attempt = Attempt.begin(then="/authorize", now=house.clock.now())
    sealed = errand_of(house).seal(house.keyring)
    changed = sealed[:-9] + ("A" if sealed[-9] != "A" else "B") + sealed[-8:]
    for text in ("", "x", attempt.seal(house.keyring), changed):
        with pytest.raises(AttemptMissing):
            Errand.open(text, house.keyring, now=house.clock.now())
