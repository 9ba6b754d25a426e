"""Whatever an endpoint raises becomes an answer that helps, and tells nothing that was typed."""

import re

import httpx
import orjson
import pytest
from structlog.typing import EventDict

from tests.web.client import Client
from tests.web.sample import ISSUER, SECRET, Sample

pytestmark = pytest.mark.anyio


def reference_in(page: httpx.Response) -> str:
    """The reference of an error page: in its attribute, in its text and in the way back of the language switch."""
    reference = re.findall(r'data-reference="([2-9A-Z]{4}-[2-9A-Z]{4})"', page.text)[0]
    assert f'<span class="code">{reference}</span>' in page.text
    return str(reference)


async def test_a_refusal_has_the_status_of_its_kind_and_when_to_come_back(client: Client) -> None:
    page = await client.get("/busy")
    assert page.status_code == 429
    assert page.headers["retry-after"] == "90"
    assert SECRET not in page.text


async def test_a_program_gets_json(client: Client) -> None:
    answer = await client.get("/busy", headers={"accept": "application/json", "accept-language": "en"})
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/json")
    assert answer.headers["retry-after"] == "90"
    body = answer.json()
    assert body.pop("reference")
    assert body == {"error": "unknown_error", "error_description": "We know nothing about this error."}


async def test_a_browser_gets_a_page_although_it_takes_json(client: Client) -> None:
    page = await client.get("/busy", headers={"accept": "text/html,application/json;q=0.9"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_bug_shows_a_reference_and_logs_where_it_is(client: Client, log_lines: list[EventDict]) -> None:
    page = await client.get("/bug/x?password=" + SECRET)
    assert page.status_code == 500
    fault, line = log_lines
    assert fault["event"] == "fault"
    assert fault["error"] == ["builtins.LookupError", "builtins.ValueError"]
    assert re.fullmatch(r"tests\.web\.sample:\d+ bug", fault["where"][-1])
    assert fault["reference"] == line["reference"] == reference_in(page)
    assert (line["route"], line["status"]) == ("/bug/{name}", 500)
    assert SECRET not in page.text + repr(log_lines)
    assert "/" not in "".join(fault["where"])


async def test_a_bug_in_a_page_for_a_bug_still_leaves_the_reference(
    sample: Sample, log_lines: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample.pages, "refusal_page", None)
    transport = httpx.ASGITransport(app=sample.application())
    async with Client(transport=transport, base_url=ISSUER) as client:
        answer = await client.get("/bug/x")
    assert answer.status_code == 500
    assert log_lines[0]["reference"] in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_bug_after_the_answer_began_cuts_it_short_and_is_logged(
    client: Client, log_lines: list[EventDict]
) -> None:
    with pytest.raises(Exception, match=r"^$") as caught:
        await client.get("/late-bug")
    assert SECRET not in repr(caught.value) + repr(caught.value.__cause__)
    assert caught.value.__suppress_context__
    assert log_lines[0]["event"] == "fault"
    assert SECRET not in repr(log_lines)


async def test_nothing_at_an_address_is_404_and_slashes_are_not_guessed(client: Client) -> None:
    for path in ("/nowhere", "/sample/", "//sample", "/static/", "/%00", "/sample%2f", "/static/..%2fmacros.html"):
        page = await client.get(path, headers={"host": "evil.test"})
        assert page.status_code == 404, path
        assert 'data-code="page_not_found"' in page.text
        assert "evil.test" not in page.text + str(page.headers)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "NONSENSE"])
async def test_another_method_is_405_and_names_all_that_are_allowed(client: Client, method: str) -> None:
    page = await client.request(method, "/sample")
    assert page.status_code == 405
    assert page.headers["allow"] == "GET, HEAD, POST"
    assert 'data-code="method_not_allowed"' in page.text
    assert (await client.request(method, "/form")).headers["allow"] == "POST"


async def test_head_is_get_without_its_body_and_never_a_posted_form(
    sample: Sample, client: Client, log_lines: list[EventDict]
) -> None:
    answer = await client.head("/both")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "5")
    assert (log_lines[0]["method"], log_lines[0]["route"]) == ("HEAD", "/both")
    assert (await client.head("/form")).status_code == 405


async def test_a_program_gets_json_for_every_refusal(client: Client) -> None:
    for method in ("GET", "HEAD", "POST", "PUT"):
        for path in ("/sample", "/form", "/query?a=1&a=1", "/busy", "/language?back=%ff", "/x" * 2000):
            answer = await client.request(method, path, headers={"accept": "application/json"})
            assert answer.status_code < 500
            if answer.status_code >= 400 and method != "HEAD":
                assert set(orjson.loads(answer.content)) == {"error", "error_description", "reference"}
