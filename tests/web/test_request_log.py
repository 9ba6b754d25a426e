"""One line a request, with nothing in it that a client wrote."""

import io

import orjson
import pytest
import structlog
from structlog.typing import EventDict

from idp.web import log_lines as lines_of_log
from idp.web.references import is_reference, new_reference
from tests.web.client import Client
from tests.web.sample import SECRET


@pytest.mark.anyio
async def test_a_line_has_the_route_and_never_the_request(client: Client, log_lines: list[EventDict]) -> None:
    headers = {"x-forwarded-for": SECRET, "user-agent": SECRET, "cookie": f"a={SECRET}", "authorization": SECRET}
    await client.get(f"/query?a={SECRET}", headers=headers)
    await client.post("/form", data={SECRET: SECRET}, headers=headers)
    await client.get(f"/bug/{SECRET}", headers=headers)
    await client.get(f"/{SECRET}", headers=headers)
    await client.request(SECRET.upper(), "/sample", headers=headers)
    requests = [line for line in log_lines if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in requests] == [
        ("GET", "/query", 200),
        ("POST", "/form", 200),
        ("GET", "/bug/{name}", 500),
        ("GET", None, 404),
        ("OTHER", "/sample", 405),
    ]
    assert all(set(line) <= {"event", "log_level", "method", "route", "status", "ms", "reference"} for line in requests)
    assert SECRET not in repr(log_lines).lower()


@pytest.mark.anyio
async def test_a_line_has_the_reference_that_the_person_was_shown(client: Client, log_lines: list[EventDict]) -> None:
    page = await client.get("/busy")
    assert f'data-reference="{log_lines[0]["reference"]}"' in page.text
    await client.get("/sample")
    assert "reference" not in log_lines[1]


def test_lines_are_json_and_hold_no_exception() -> None:
    written = io.BytesIO()
    lines_of_log.configure("warning", written)
    try:
        log = structlog.get_logger()
        log.info("unheard")
        try:
            raise LookupError(SECRET)
        except LookupError:
            log.exception("fault", reference="7F3K-9QX2")
    finally:
        structlog.reset_defaults()
    line = orjson.loads(written.getvalue())
    assert line.pop("at").endswith("Z")
    assert line == {"event": "fault", "level": "error", "reference": "7F3K-9QX2"}


def test_references_are_easy_to_say_and_do_not_repeat() -> None:
    made = {new_reference() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_reference(reference) for reference in made)
    assert not any(
        is_reference(text) for text in ("", "7F3K9QX2", "7F3K-9QX0", "7f3k-9qx2", "7F3K-9QX2\n", "7F3K-9QX2X")
    )
