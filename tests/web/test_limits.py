"""Bodies are bounded in size and time, announced or not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from idp.web.answers import Answers
from idp.web.forms import MOST_BYTES
from idp.web.limits import BodyLimit, BodyTooSlow
from tests.web.client import Client
from tests.web.requests import request, streamed
from tests.web.sample import Sample

pytestmark = pytest.mark.anyio
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_a_body_of_the_limit_is_read(client: Client) -> None:
    body = b"a=" + b"x" * (MOST_BYTES - 2)
    assert (await client.post("/form", content=body, headers=FORM)).json() == {"a": "x" * (MOST_BYTES - 2)}


async def test_a_body_announced_as_too_long_is_refused_unread(client: Client) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b""
        raise AssertionError("the body was read")

    headers = FORM | {"content-length": str(MOST_BYTES + 1)}
    for path in ("/form", "/sample", "/nowhere"):
        answer = await client.post(path, content=never(), headers=headers)
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"
        assert 'data-code="too_large"' in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_body_that_grows_too_long_is_cut(client: Client) -> None:
    answer = await client.post("/form", content=streamed(b"a=", *[b"x" * 1024] * 64, b"y"), headers=FORM)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("length", ["-1", "1e9", "x", "", "0x10", "9" * 400, "+5"])
async def test_a_length_that_is_no_number_is_refused(client: Client, length: str) -> None:
    answer = await client.post("/form", content=streamed(b"a=1"), headers=FORM | {"content-length": length})
    assert answer.status_code == 400
    assert 'data-code="request_not_understood"' in answer.text


async def test_a_body_that_does_not_come_is_not_waited_for(sample: Sample) -> None:
    sent: list[Message] = []
    raised: list[Exception] = []

    async def reads_all(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            while (await receive())["more_body"]:
                continue
        except BodyTooSlow as refusal:
            raised.append(refusal)
        await PlainTextResponse("x")(scope, receive, send)

    async def drips() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    limit = BodyLimit(reads_all, answers=Answers(sample.pages), most_time=timedelta(seconds=0.1))
    await limit(request(method="POST").scope, drips, send)
    assert len(raised) == 1
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_after_the_body_a_disconnect_is_waited_for_as_long_as_it_takes(sample: Sample) -> None:
    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.request"
        assert (await receive())["type"] == "http.disconnect"

    messages: list[Message] = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        if len(messages) == 1:
            await asyncio.sleep(0.05)
        return messages.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError("nothing to send")

    await BodyLimit(waits, answers=Answers(sample.pages), most_time=timedelta(seconds=0.01))(
        request(method="POST").scope, receive, send
    )


async def test_a_client_that_goes_away_is_no_bug(sample: Sample, log_lines: list[dict[str, object]]) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError("nobody is there")

    scope = request("/form", method="POST", headers=[("content-type", FORM["content-type"])]).scope
    await sample.application()(scope, receive, send)
    assert [line["event"] for line in log_lines] == ["request"]
