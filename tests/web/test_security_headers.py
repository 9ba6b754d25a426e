"""Headers that no answer is without, and that no sender can write."""

import httpx
import pytest
from structlog.typing import EventDict

from idp.web.content_policy import CLOSED_POLICY
from tests.web.client import Client
from tests.web.sample import Sample

pytestmark = pytest.mark.anyio

PATHS = ["/sample", "/query?a=1", "/busy", "/nowhere", "/bug/x", "/redirected", "/language", "/error"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_them(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert len(headers.get_list("content-security-policy")) == len(headers.get_list("cache-control")) == 1


async def test_what_is_no_page_may_do_nothing(client: Client) -> None:
    assert (await client.get("/query?a=1")).headers["content-security-policy"] == CLOSED_POLICY


async def test_plain_http_is_not_told_to_insist_on_https(sample: Sample) -> None:
    transport = httpx.ASGITransport(app=sample.application("http://localhost:8000"))
    async with Client(transport=transport, base_url="http://localhost:8000") as client:
        assert "strict-transport-security" not in (await client.get("/sample")).headers


@pytest.mark.parametrize("value", ["x%0d%0aset-cookie:%20a=b", "x%0ay", "x%0dy", "x%00y"])
async def test_a_line_break_in_a_header_is_a_bug_and_not_a_header(
    client: Client, log_lines: list[EventDict], value: str
) -> None:
    answer = await client.get(f"/header?name={value}")
    assert answer.status_code == 500
    assert "x-name" not in answer.headers and "set-cookie" not in answer.headers
    assert log_lines[0]["error"] == ["idp.web.security_headers.UnsafeHeader"]


async def test_a_redirect_cannot_be_split(client: Client) -> None:
    answer = await client.get("/redirected?to=/x%0d%0aset-cookie:%20a=b")
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


async def test_forged_hosts_and_schemes_change_nothing(client: Client) -> None:
    forged = {
        "host": "evil.test",
        "x-forwarded-host": "evil.test",
        "x-forwarded-proto": "http",
        "forwarded": "host=evil.test",
    }
    for path in PATHS:
        answer = await client.get(path, headers=forged)
        assert "evil.test" not in answer.text + str(answer.headers)
