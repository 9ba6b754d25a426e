"""The language of a page: the person's choice, the portal's hint, the browser's wish, Vietnamese."""

import re

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp.web.language_switch import way_back
from idp.web.languages import choose, hint
from tests.web.client import Client
from tests.web.requests import Headers, request

CHOSE_VIETNAMESE = ("cookie", "__Host-lang=vi")
WANTS_ENGLISH = ("accept-language", "en-US,en;q=0.9")


@pytest.mark.parametrize(
    ("query", "headers", "language"),
    [
        (b"", [], "vi"),
        (b"", [WANTS_ENGLISH], "en"),
        (b"", [("accept-language", "fr, en;q=0.5, vi;q=0.8")], "vi"),
        (b"", [("accept-language", "en;q=0, *;q=0.5")], "vi"),
        (b"", [("accept-language", "de-DE,ja")], "vi"),
        (b"ui_locales=en", [], "en"),
        (b"ui_locales=fr-CA+EN_us+vi", [], "en"),
        (b"ui_locales=fr", [WANTS_ENGLISH], "en"),
        (b"ui_locales=vi-VN", [WANTS_ENGLISH], "vi"),
        (b"ui_locales=en", [CHOSE_VIETNAMESE, WANTS_ENGLISH], "vi"),
        (b"", [("cookie", "__Host-lang=xx"), WANTS_ENGLISH], "en"),
    ],
)
def test_who_decides(query: bytes, headers: Headers, language: str) -> None:
    assert choose(request(query=query, headers=headers)) == language


def test_a_hint_that_an_attempt_kept_speaks_where_the_address_is_silent() -> None:
    later = request("/sign-in/code", headers=[("accept-language", "vi")])
    hint(later, "fr en")
    assert choose(later) == "en"


@given(st.text(st.characters(codec="latin-1"), max_size=600), st.binary(max_size=100))
@example("en;q=inf, vi;q=nan, en;q=1e400, ;;;q==,=", b"ui_locales=%ff")
def test_nothing_that_is_sent_breaks_the_choice(wish: str, query: bytes) -> None:
    assert choose(request(query=query, headers=[("accept-language", wish), ("cookie", wish)])) in ("vi", "en")


@pytest.mark.parametrize(
    ("path", "query", "method", "back"),
    [
        ("/sample", b"a=1&b=%20", "GET", "/sample?a=1&b=%20"),
        ("/sample", b"a=1", "POST", "/sample"),
        ("/đường dẫn", b"", "GET", "/%C4%91%C6%B0%E1%BB%9Dng%20d%E1%BA%ABn"),
        ("//evil.test/", b"", "GET", "/"),
        ("/\\evil.test", b"", "GET", "/%5Cevil.test"),
        ("/x", b"\xff", "GET", "/"),
        ("/language", b"lang=en&back=/", "GET", "/"),
    ],
)
def test_the_way_back_is_the_page_itself(path: str, query: bytes, method: str, back: str) -> None:
    assert way_back(request(path, query=query, method=method)) == back


@pytest.mark.anyio
async def test_the_switch_is_a_link_that_remembers_and_returns(client: Client) -> None:
    page = await client.get("/sample?wide=1", headers={"accept-language": "vi"})
    assert '<html lang="vi">' in page.text
    link = re.findall(r'href="([^"]+)" lang="en" hreflang="en"', page.text)[0].replace("&amp;", "&")
    answer = await client.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sample?wide=1")
    assert answer.headers["set-cookie"].startswith(
        "__Host-lang=en; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536"
    )
    page = await client.get("/sample?wide=1&ui_locales=vi", headers={"accept-language": "vi"})
    assert '<html lang="en">' in page.text
    assert page.headers["content-language"] == "en"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "back",
    [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "/%09/evil.test",
        "\t//evil.test",
        "/\n/evil.test",
        "evil.test",
        "javascript:alert(1)",
        "",
        "/a b",
        "/x%0d%0aset-cookie: a=b",
        "/é",
        "\x00/",
        "/language?back=/",
        "/\\\\evil.test",
    ],
)
async def test_it_leads_to_no_other_host(client: Client, back: str) -> None:
    answer = await client.get("/language", params={"lang": "en", "back": back})
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert httpx.URL("https://idp.test/").join(location).host == "idp.test"
    assert location.startswith("/") and not location.startswith(("//", "/\\", "/language"))
    assert "a=b" not in answer.headers["set-cookie"]


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["", "?lang=xx", "?lang=en&lang=vi", "?lang=%ff&back=%ff", "?" + "&" * 3000])
async def test_a_strange_switch_still_ends_on_a_page(client: Client, query: str) -> None:
    answer = await client.get(f"/language{query}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
