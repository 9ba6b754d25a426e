"""Any gateway that takes JSON."""

from base64 import b64encode
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from idp.notices.drivers import DeliveryFailed, HttpGateway
from idp.outbound import Outbound
from idp.sealing import Secret
from idp.storage.identifiers import new_id
from tests.contracts.sender import SenderContract, WayOut
from tests.notices.gateway import CUT, GARBAGE, HANG, Gateway, gateway
from tests.support.clock import START
from tests.support.ports import free_port

pytestmark = pytest.mark.anyio

HOA = "+84912345678"
REFERENCE = new_id(START)


@pytest.fixture
async def remote() -> AsyncIterator[Gateway]:
    async with gateway() as served:
        yield served


@pytest.fixture
async def outbound(remote: Gateway) -> AsyncIterator[Outbound]:
    opened = Outbound(allow=[urlsplit(remote.url).netloc])
    yield opened
    await opened.close()


def sender_to(url: str, outbound: Outbound, *, user: str = "") -> HttpGateway:
    return HttpGateway(outbound, url=url, user=user, password=Secret("mật khẩu"), sender="DinhDanh")


class TestHttpGateway(SenderContract):
    """The suite of every driver."""

    @pytest.fixture
    def way_out(self, remote: Gateway, outbound: Outbound) -> WayOut:
        async def arrived(_count: int) -> list[tuple[str, str]]:
            return [(each["to"], each["text"]) for each in (request.json() for request in remote.requests)]

        return WayOut(sender_to(remote.url, outbound), arrived)


async def test_what_stands_in_a_request(remote: Gateway, outbound: Outbound) -> None:
    await sender_to(remote.url, outbound).send(HOA, "Mã: 482913", reference=REFERENCE)
    await sender_to(remote.url, outbound, user="định danh").send(HOA, "Mã: 482913", reference=REFERENCE)
    bearer, basic = remote.requests
    assert bearer.line == "POST /send HTTP/1.1"
    assert bearer.json() == {"id": str(REFERENCE), "from": "DinhDanh", "to": HOA, "text": "Mã: 482913"}
    assert bearer.headers["content-type"] == "application/json"
    assert bearer.headers["idempotency-key"] == str(REFERENCE)
    assert bearer.headers["authorization"] == "Bearer mật khẩu"
    assert basic.headers["authorization"] == "Basic " + b64encode("định danh:mật khẩu".encode()).decode()


@pytest.mark.parametrize(
    ("behaviour", "reason", "permanent"),
    [
        (400, "status_400", True),
        (401, "status_401", True),
        (302, "status_302", True),
        (429, "status_429", False),
        (503, "status_503", False),
        # Whoever says these may have taken the message before.
        (500, "status_500", True),
        (502, "status_502", True),
        (CUT, "no_answer", True),
        (GARBAGE, "no_answer", True),
    ],
)
async def test_a_message_that_may_have_been_taken_is_not_tried_again(
    remote: Gateway, outbound: Outbound, behaviour: str | int, reason: str, permanent: bool
) -> None:
    remote.behaviour = behaviour
    with pytest.raises(DeliveryFailed) as failed:
        await sender_to(remote.url, outbound).send(HOA, "Mã: 482913", reference=REFERENCE)
    assert (failed.value.reason, failed.value.permanent) == (reason, permanent)
    assert len(remote.requests) == 1


async def test_a_gateway_that_hangs_may_have_taken_it(
    remote: Gateway, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.notices.drivers.posting.SECONDS", 0.2)
    remote.behaviour = HANG
    with pytest.raises(DeliveryFailed) as failed:
        await sender_to(remote.url, outbound).send(HOA, "Mã: 482913", reference=REFERENCE)
    assert (failed.value.reason, failed.value.permanent) == ("no_answer", True)


async def test_where_nobody_listens_nothing_was_taken() -> None:
    port = free_port()
    outbound = Outbound(allow=[f"127.0.0.1:{port}"])
    with pytest.raises(DeliveryFailed) as failed:
        await sender_to(f"http://127.0.0.1:{port}/", outbound).send(HOA, "Mã: 482913", reference=REFERENCE)
    assert (failed.value.reason, failed.value.permanent) == ("unreachable", False)
    await outbound.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://10.0.0.1/", "https://no-such-host.invalid/"])
async def test_an_address_that_may_not_be_called_is_not(remote: Gateway, outbound: Outbound, url: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        await sender_to(url, outbound).send(HOA, "Mã: 482913", reference=REFERENCE)
    assert not failed.value.permanent
    assert remote.requests == []
