"""A form counts only from the browser that it was shown in."""

import re

import httpx
import pytest

from tests.web.client import Client
from tests.web.sample import NUMBER, Sample

pytestmark = pytest.mark.anyio


async def open_form(client: Client) -> str:
    """Show the sample form to this client; the token that it carries."""
    page = await client.get("/sample")
    tokens = set(re.findall(r'name="csrf" value="([A-Za-z0-9_-]{43})"', page.text))
    assert len(tokens) == 1
    return str(tokens.pop())


async def send(client: Client, token: str | None, **headers: str) -> httpx.Response:
    fields = {"citizen_number": NUMBER} | ({} if token is None else {"csrf": token})
    return await client.post("/sample", data=fields, headers=headers)


def assert_stale(response: httpx.Response) -> None:
    assert response.status_code == 403
    assert 'data-code="stale_form"' in response.text


async def test_the_browser_that_was_shown_the_form_may_send_it(client: Client) -> None:
    token = await open_form(client)
    assert (await send(client, token)).json()["citizen_number"] == NUMBER
    assert (await send(client, token, **{"sec-fetch-site": "same-origin"})).status_code == 200


async def test_the_cookie_is_made_once_and_only_for_a_form(client: Client) -> None:
    assert "set-cookie" not in (await client.get("/nowhere")).headers
    first = await client.get("/sample")
    cookie = first.headers["set-cookie"]
    assert re.fullmatch(r"__Host-browser=b_[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax", cookie)
    assert "set-cookie" not in (await client.get("/sample")).headers
    assert await open_form(client) in first.text


async def test_without_or_with_another_token_nothing_happens(client: Client) -> None:
    token = await open_form(client)
    for wrong in (None, "", token[:-1], token + "A", "é" * 43, token.swapcase()):
        assert_stale(await send(client, wrong))


async def test_a_token_of_another_browser_is_refused(client: Client) -> None:
    token = await open_form(client)
    client.cookies.clear()
    assert_stale(await send(client, token))
    await open_form(client)
    assert_stale(await send(client, token))


async def test_a_cookie_that_we_never_make_is_no_browser(client: Client, sample: Sample) -> None:
    for value in ("", "b_short", "b_" + "a" * 44, "x" * 45):
        client.cookies.clear()
        client.cookies.set("__Host-browser", value)
        assert_stale(await send(client, sample.csrf.token(value)))


async def test_a_form_posted_by_another_site_is_refused_even_with_its_token(client: Client) -> None:
    token = await open_form(client)
    for site in ("cross-site", "same-site", "nonsense"):
        assert_stale(await send(client, token, **{"sec-fetch-site": site}))
