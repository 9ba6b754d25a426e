"""A gateway nobody here wrote: Kannel with its fake phone network."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest

from idp.notices.drivers import DeliveryFailed, KannelGateway
from idp.outbound import Outbound
from idp.sealing import Secret
from idp.storage.identifiers import new_id
from tests.contracts.sender import SenderContract, WayOut
from tests.notices.gateway import Gateway, gateway
from tests.support.clock import START
from tests.support.kannel import Kannel, kannel

pytestmark = pytest.mark.anyio

HOA = "+84912345678"
REFERENCE = new_id(START)


@pytest.fixture(scope="module")
def smsbox() -> Iterator[Kannel]:
    with kannel() as running:
        yield running


@pytest.fixture
async def remote() -> AsyncIterator[Gateway]:
    async with gateway() as served:
        yield served


@pytest.fixture
async def outbound(smsbox: Kannel, remote: Gateway) -> AsyncIterator[Outbound]:
    opened = Outbound(allow=[urlsplit(url).netloc for url in (smsbox.send_url, remote.url)])
    yield opened
    await opened.close()


def sender_to(url: str, outbound: Outbound, *, user: str, password: str) -> KannelGateway:
    return KannelGateway(outbound, url=url, user=user, password=Secret(password), sender="DinhDanh")


class TestKannel(SenderContract):
    """The suite of every driver."""

    @pytest.fixture
    def way_out(self, smsbox: Kannel, outbound: Outbound) -> WayOut:
        async def arrived(count: int) -> list[tuple[str, str]]:
            async with asyncio.timeout(15):
                while len(messages := smsbox.sent()) < count:
                    await asyncio.sleep(0.02)
            assert {message.sender for message in messages} <= {"DinhDanh"}
            return [(message.to, message.text) for message in messages]

        return WayOut(sender_to(smsbox.send_url, outbound, user=smsbox.user, password=smsbox.password), arrived)


async def test_a_wrong_password_is_told_by_kannel_and_not_tried_again(smsbox: Kannel, outbound: Outbound) -> None:
    before = len(smsbox.sent())
    with pytest.raises(DeliveryFailed) as failed:
        await sender_to(smsbox.send_url, outbound, user=smsbox.user, password="sai").send(
            HOA, "Mã: 482913", reference=REFERENCE
        )
    assert (failed.value.reason, failed.value.permanent) == ("status_403", True)
    assert len(smsbox.sent()) == before


async def test_neither_secrets_nor_the_message_stand_in_the_address(remote: Gateway, outbound: Outbound) -> None:
    remote.behaviour = 202
    await sender_to(remote.url, outbound, user="op", password="bí mật %41+ß").send(
        HOA, "Mã: 482913", reference=REFERENCE
    )
    [request] = remote.requests
    assert request.line == "POST /send HTTP/1.1"
    assert request.body.decode() == "Mã: 482913"
    assert request.headers["x-kannel-password"] == "bí mật %41+ß"
    assert request.headers["x-kannel-to"] == HOA


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (403, True), (404, True), (500, False), (503, False), (502, True)]
)
async def test_what_kannel_itself_did_not_take_is_tried_again(
    remote: Gateway, outbound: Outbound, status: int, permanent: bool
) -> None:
    remote.behaviour = status
    with pytest.raises(DeliveryFailed) as failed:
        await sender_to(remote.url, outbound, user="op", password="x").send(HOA, "Mã: 482913", reference=REFERENCE)
    assert (failed.value.reason, failed.value.permanent) == (f"status_{status}", permanent)
