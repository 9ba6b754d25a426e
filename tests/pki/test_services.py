"""Services that are slow, stale, wrong or dead: who is refused, who is not, and what the record says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest
from cryptography import x509
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.outbound import Outbound
from idp.pki import upkeep
from idp.pki.checking import Checking
from idp.pki.refusals import CertificateRefused
from idp.pki.trust_list import AnchorPolicy, RevocationSource
from idp.storage import Database, Statement
from tests.pki.world import DEAD, HOUR, SUBJECT, World, take_in, world
from tests.support.pki import NOW, Authority
from tests.support.small_server import answer

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
BY_LIST = AnchorPolicy(revocation=("crl",))
RECORDED = Statement(
    select(audit_events.c.event, audit_events.c.details)
    .where(audit_events.c.event.like("revocation_source%"))
    .order_by(audit_events.c.id)
)
REDIRECT = answer(b"", status="302 Found", headers="Location: http://127.0.0.1:1/\r\n")


@pytest.fixture
async def vietnam() -> AsyncIterator[World]:
    async with world() as made:
        yield made


@pytest.fixture
async def checking(vietnam: World, database: Database) -> AsyncIterator[Checking]:
    """By lists alone."""
    checking = await vietnam.checking(database, vietnam.trust())
    yield checking
    checking.close()


async def why_not(checking: Checking, der: bytes, at: datetime = NOW) -> str:
    """The reason of the refusal."""
    with pytest.raises(CertificateRefused) as refused:
        await checking.check(der, at=at)
    return refused.value.reason


def lists_wrongly(vietnam: World) -> dict[str, bytes]:
    """Answers at the address of a list, by the reason why they are none."""
    vnpt, namesake = vietnam.authority("vnpt"), Authority.root(vietnam.authority("vnpt").common_name)
    partial = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)
    return {
        "crl_unreachable": DEAD,
        "crl_not_decodable": answer(b"<html>"),
        "crl_forged": answer(namesake.crl()),
        "crl_of_another": answer(vietnam.authority("viettel").crl()),
        "crl_stale": answer(vnpt.crl(this_update=NOW - 9 * HOUR, next_update=NOW - HOUR)),
        "crl_from_the_future": answer(vnpt.crl(this_update=NOW + HOUR, next_update=NOW + 9 * HOUR)),
        "crl_too_old": answer(vnpt.crl(this_update=NOW - 25 * HOUR)),
        "crl_of_another_kind": answer(vnpt.crl(extensions=[(partial, True)])),
    }


@pytest.mark.parametrize(
    "reason",
    [
        "crl_unreachable",
        "crl_not_decodable",
        "crl_forged",
        "crl_of_another",
        "crl_stale",
        "crl_from_the_future",
        "crl_too_old",
        "crl_of_another_kind",
    ],
)
async def test_a_list_that_is_none_refuses(checking: Checking, vietnam: World, reason: str) -> None:
    issued = vietnam.issue("vnpt")
    vietnam.services["vnpt"].crl = lists_wrongly(vietnam)[reason]
    assert await why_not(checking, issued.der) == reason
    # Others are not asked again at once, and hear the same; later it is asked again.
    asked = len(vietnam.asked)
    assert await why_not(checking, vietnam.issue("vnpt").der, NOW + timedelta(seconds=5)) == reason
    assert len(vietnam.asked) == asked
    vietnam.services["vnpt"].crl = None
    vietnam.services["vnpt"].number = 2
    vietnam.services["vnpt"].this_update = NOW
    assert await checking.check(issued.der, at=NOW + MINUTE)


async def test_a_redirect_is_not_followed(checking: Checking, vietnam: World) -> None:
    vietnam.services["vnpt"].crl = REDIRECT
    assert await why_not(checking, vietnam.issue("vnpt").der) == "crl_unreachable"


async def test_a_list_that_never_ends_is_none(
    checking: Checking, vietnam: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.pki.list_cache.MOST_BYTES", 1000)
    vietnam.services["vnpt"].crl = answer(b"\0" * 2000)
    assert await why_not(checking, vietnam.issue("vnpt").der) == "crl_unreachable"


async def test_nobody_waits_for_a_slow_list_for_long_and_it_is_there_for_the_next(
    checking: Checking, vietnam: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.pki.list_source.PATIENCE", 0.2)
    may_answer = asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        await may_answer.wait()
        writer.write(vietnam.services["vnpt"].list_now())
        await writer.drain()

    issued = vietnam.issue("vnpt")
    vietnam.server.respond = slowly
    assert {await why_not(checking, issued.der) for _ in range(3)} == {"crl_unreachable"}
    assert vietnam.asked == ["/crl/vnpt"]
    may_answer.set()
    vietnam.server.respond = None
    for _ in range(50):
        await asyncio.sleep(0.02)
        if not checking.changed_sources() and vietnam.asked:
            break
    assert await checking.check(issued.der, at=NOW + MINUTE)


@pytest.mark.parametrize("sources", [("ocsp", "crl"), ("ocsp",)])
async def test_a_responder_that_is_wrong_or_away_leaves_the_list(
    vietnam: World, database: Database, sources: tuple[RevocationSource, ...]
) -> None:
    checking = await vietnam.checking(database, vietnam.trust(policy=replace(BY_LIST, revocation=sources)))
    issued, namesake = vietnam.issue("vnpt"), Authority.root(vietnam.authority("vnpt").common_name)
    at = NOW
    for reason, said in (
        ("ocsp_unreachable", DEAD),
        ("ocsp_unreachable", REDIRECT),
        ("ocsp_not_decodable", answer(b"<html>")),
        ("ocsp_forged", answer(namesake.ocsp(issued.certificate))),
        ("ocsp_forged", answer(vietnam.authority("viettel").ocsp(issued.certificate))),
        (
            "ocsp_forged",
            answer(
                vietnam.authority("vnpt").ocsp(
                    issued.certificate, responder=vietnam.authority("viettel").issue_responder()
                )
            ),
        ),
        ("ocsp_stale", answer(vietnam.authority("vnpt").ocsp(issued.certificate, next_update=NOW - HOUR / 2))),
        ("ocsp_unreachable", answer(b"\0" * (1 << 17))),
    ):
        vietnam.services["vnpt"].ocsp = said
        at += MINUTE
        if "crl" in sources:
            assert await checking.check(issued.der, at=at)
        else:
            assert await why_not(checking, issued.der, at) == reason
    checking.close()


async def test_a_silent_responder_is_left_alone_for_a_moment(vietnam: World, database: Database) -> None:
    checking = await vietnam.checking(database, vietnam.trust(policy=AnchorPolicy(revocation=("ocsp",))))
    issued = vietnam.issue("vnpt")
    vietnam.services["vnpt"].ocsp = DEAD
    for _ in range(5):
        assert await why_not(checking, issued.der) == "ocsp_unreachable"
    assert vietnam.asked.count("/ocsp/vnpt") == 1
    # Nobody else's is.
    assert await checking.check(vietnam.issue("viettel").der, at=NOW)
    vietnam.services["vnpt"].ocsp = None
    assert await checking.check(issued.der, at=NOW + timedelta(seconds=6))
    checking.close()


async def recorded(database: Database) -> list[tuple[str, str, str]]:
    """What the record says of sources: event, the end of the address, reason."""
    told = []
    for row in await database.read(lambda db: db.all(RECORDED)):
        details = orjson.loads(row.details)
        told.append((row.event, details["source"].rpartition("/")[2], details.get("reason", "")))
    return told


async def test_lists_are_there_before_anybody_needs_them(
    checking: Checking, vietnam: World, database: Database
) -> None:
    # Those about the authorities; those about people are known once the operator names them.
    await upkeep.run_once(checking, database, now=NOW)
    assert sorted(vietnam.asked) == ["/crl/g1", "/crl/g2", "/crl/gov"]
    trust = vietnam.trust()
    for called in ("vnpt", "viettel", "agencies"):
        trust = trust.with_lists(vietnam.certificate(called), [f"http://{vietnam.server.here}/crl/{called}"])
    await take_in(database, trust)
    await checking.refresh(database)
    await upkeep.run_once(checking, database, now=NOW + MINUTE)
    assert sorted(vietnam.asked[3:]) == ["/crl/agencies", "/crl/viettel", "/crl/vnpt"]
    fetched = len(vietnam.asked)
    assert await checking.check(vietnam.issue("vnpt").der, at=NOW + 2 * MINUTE)
    assert len(vietnam.asked) == fetched
    assert await recorded(database) == []


async def test_a_named_list_is_asked_about_certificates_that_name_none(
    checking: Checking, vietnam: World, database: Database
) -> None:
    silent = vietnam.authority("vnpt").issue(SUBJECT)
    assert await why_not(checking, silent.der) == "crl_not_named"
    url = f"http://{vietnam.server.here}/crl/vnpt"
    await take_in(database, vietnam.trust().with_lists(vietnam.certificate("vnpt"), [url]))
    await checking.refresh(database)
    assert await checking.check(silent.der, at=NOW)
    vietnam.services["vnpt"].revoked, vietnam.services["vnpt"].number = [silent.certificate], 2
    await upkeep.run_once(checking, database, now=NOW + 6 * HOUR)
    assert await why_not(checking, silent.der, NOW + 6 * HOUR) == "revoked"


async def test_half_a_life_later_they_are_fetched_anew_and_not_each_minute(
    checking: Checking, vietnam: World, database: Database
) -> None:
    for at, asked in ((NOW, 1), (NOW + 4 * HOUR, 1), (NOW + 5 * HOUR, 2), (NOW + 5 * HOUR + MINUTE, 2)):
        await upkeep.run_once(checking, database, now=at)
        assert vietnam.asked.count("/crl/g1") == asked
    service = vietnam.services["g1"]
    service.number, service.this_update, service.next_update = 2, NOW + 5 * HOUR, NOW + 17 * HOUR
    await upkeep.run_once(checking, database, now=NOW + 6 * HOUR)
    await upkeep.run_once(checking, database, now=NOW + 8 * HOUR)
    assert vietnam.asked.count("/crl/g1") == 3


async def test_the_record_says_once_that_a_source_fails_and_once_that_it_works(
    checking: Checking, vietnam: World, database: Database
) -> None:
    service = vietnam.services["g1"]
    service.crl = DEAD
    for minute in range(3):
        await upkeep.run_once(checking, database, now=NOW + minute * MINUTE)
    assert await recorded(database) == [("revocation_source_failed", "g1", "crl_unreachable")]
    assert vietnam.asked.count("/crl/g1") == 3
    service.crl = answer(b"<html>")
    for minute in (3, 4):
        await upkeep.run_once(checking, database, now=NOW + minute * MINUTE)
    service.crl = None
    for minute in (5, 6):
        await upkeep.run_once(checking, database, now=NOW + minute * MINUTE)
    assert await recorded(database) == [
        ("revocation_source_failed", "g1", "crl_unreachable"),
        ("revocation_source_failed", "g1", "crl_not_decodable"),
        ("revocation_source_works", "g1", ""),
    ]


async def test_one_that_never_answers_delays_no_other(vietnam: World, database: Database) -> None:
    asked, may_end = asyncio.Event(), asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await may_end.wait()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as silent:
        here = f"127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        outbound = Outbound(allow=[vietnam.server.here, here])
        trust = vietnam.trust().with_lists(vietnam.certificate("vnpt"), [f"http://{here}/crl"])
        checking = await vietnam.checking(database, trust, outbound)
        fetching = asyncio.create_task(checking.fetch_ahead(at=NOW))
        await asyncio.wait_for(asked.wait(), 10)
        while len(vietnam.asked) < 3:
            await asyncio.sleep(0.01)
        assert sorted(vietnam.asked) == ["/crl/g1", "/crl/g2", "/crl/gov"]
        assert not fetching.done()
        may_end.set()
        await fetching
        checking.close()
        await outbound.close()


async def test_lists_of_whoever_is_distrusted_are_fetched_no_more(
    checking: Checking, vietnam: World, database: Database
) -> None:
    await checking.check(vietnam.issue("vnpt").der, at=NOW)
    await take_in(database, vietnam.trust(anchors=["g2"], issuers=["viettel"]))
    await checking.refresh(database)
    before = len(vietnam.asked)
    await upkeep.run_once(checking, database, now=NOW + 8 * HOUR)
    assert vietnam.asked[before:] == ["/crl/g2"]


async def test_so_many_addresses_are_known_and_no_more(
    checking: Checking, vietnam: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = checking._revocation.lists
    monkeypatch.setattr(cache, "_most", 4)
    issuer = vietnam.certificate("vnpt")
    for number in range(20):
        url = f"http://{vietnam.server.here}/crl/vnpt#{number}"
        await cache.current(url, (), issuer, longest_age=24 * HOUR, at=NOW)
    assert len(cache.states) == 4
