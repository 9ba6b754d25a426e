"""Static files: from memory, under a name of their content, kept for good."""

import pytest

from idp.web.static import StaticFolder
from tests.web.client import Client
from tests.web.sample import Sample


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("site.css", "text/css; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
        ("show_password.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_a_file_is_served_once_and_cached_for_good(
    client: Client, sample: Sample, name: str, media_type: str
) -> None:
    address = sample.pages.static.address(name)
    answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = await client.head(address)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))
    assert (await client.post(address)).status_code == 405


@pytest.mark.anyio
async def test_nothing_else_is(client: Client) -> None:
    for name in ("site.css", "..", "%2e%2e", "site.000000000000.css", "", "x/y"):
        assert (await client.get(f"/static/{name}")).status_code == 404


def test_the_address_changes_with_the_content() -> None:
    assert StaticFolder({"a.css": b"1"}).address("a.css") != StaticFolder({"a.css": b"2"}).address("a.css")
    with pytest.raises(KeyError):
        StaticFolder({}).address("a.css")
    with pytest.raises(KeyError):
        StaticFolder({"a.exe": b"1"})
