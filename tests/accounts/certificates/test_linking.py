"""Whose a certificate is: one account's, exactly this certificate, however many try at once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from idp import accounts
from idp.accounts import certificates
from idp.accounts.certificates import CertificateTaken, ProvedBy
from idp.accounts.tables import certificates as certificates_table
from idp.pki.certificate import Certificate
from idp.storage import Database, Statement
from tests.accounts.certificates.conftest import ISSUER, Link, List, Open
from tests.support.clock import ManualClock
from tests.support.pki import Authority, name

pytestmark = pytest.mark.anyio

ROWS = Statement(select(certificates_table))


async def test_a_linked_certificate_is_found_used_and_listed(
    database: Database, clock: ManualClock, new: Any, open_account: Open, link: Link, listed: List, told: Any
) -> None:
    account_id, certificate = await open_account(), new()
    assert await database.read(certificates.owner, certificate) is None
    assert not await database.run(certificates.note_use, account_id, certificate, now=clock.now())
    certificate_id = await link(account_id, certificate)
    added = clock.now()
    assert await database.read(certificates.owner, certificate) == account_id
    assert await database.read(accounts.second_factors, account_id) == {"certificate"}
    clock.advance(minutes=1)
    assert await database.run(certificates.note_use, account_id, certificate, now=clock.now())
    assert not await database.run(certificates.note_use, await open_account(), certificate, now=clock.now())
    [shown] = await listed(account_id)
    assert (shown.id, shown.issuer, shown.label) == (certificate_id, ISSUER, None)
    assert shown.valid_until == certificate.parsed.not_valid_after_utc
    assert (shown.added_at, shown.last_used_at) == (added, added + timedelta(minutes=1))
    details = {"method": "certificate", "factor_id": str(certificate_id)}
    assert await told(account_id) == [("second_factor_enrolled", details)]


async def test_linking_the_same_again_changes_nothing(
    new: Any, open_account: Open, link: Link, listed: List, told: Any
) -> None:
    account_id, certificate = await open_account(), new()
    first = await link(account_id, certificate)
    before = await listed(account_id)
    assert await link(account_id, certificate, ProvedBy.NUMBER) == first
    assert await listed(account_id) == before
    assert len(await told(account_id)) == 1


async def test_a_certificate_is_one_accounts(
    database: Database, new: Any, open_account: Open, link: Link, listed: List, told: Any
) -> None:
    first, second, certificate = await open_account(), await open_account(), new()
    await link(first, certificate)
    before = await listed(first)
    with pytest.raises(CertificateTaken):
        await link(second, certificate)
    assert await database.read(certificates.owner, certificate) == first
    assert (await listed(first), await listed(second), await told(second)) == (before, [], [])


async def test_of_many_accounts_that_link_it_at_once_one_gets_it(
    database: Database, new: Any, open_account: Open, link: Link
) -> None:
    for _ in range(5):
        certificate, people = new(), [await open_account() for _ in range(5)]
        outcomes = await asyncio.gather(*(link(each, certificate) for each in people), return_exceptions=True)
        [winner] = [person for person, outcome in zip(people, outcomes, strict=True) if isinstance(outcome, UUID)]
        assert sum(isinstance(outcome, CertificateTaken) for outcome in outcomes) == 4
        assert await database.read(certificates.owner, certificate) == winner


async def test_of_many_links_to_one_account_one_is_made(new: Any, open_account: Open, link: Link, told: Any) -> None:
    account_id, certificate = await open_account(), new()
    outcomes = await asyncio.gather(*(link(account_id, certificate) for _ in range(5)))
    assert len(set(outcomes)) == 1
    assert len(await told(account_id)) == 1


async def test_a_renewed_certificate_is_another(
    database: Database, ca: Authority, new: Any, open_account: Open, link: Link
) -> None:
    """The same key in office passes to the successor: a certificate without a number is linked anew."""
    token = ca.issue(name("Nguyễn Thị Hoa"))
    before, renewed = Certificate.read(token.der), new(token.key)
    assert before.key_digest == renewed.key_digest
    account_id = await open_account()
    await link(account_id, before)
    assert await database.read(certificates.owner, renewed) is None
    successor = await open_account()
    await link(successor, renewed)
    assert await database.read(certificates.owner, before) == account_id
    assert await database.read(certificates.owner, renewed) == successor


async def test_a_certificate_says_how_it_came(database: Database, open_account: Open, link: Link, new: Any) -> None:
    for proof in ProvedBy:
        await link(await open_account(), new(), proof)
    rows = await database.read(lambda db: db.all(ROWS))
    assert {row.proved_by for row in rows} == {"number", "enrolment", "activation"}
