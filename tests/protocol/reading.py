"""What tests of this folder look for in an answer."""

from urllib.parse import urlsplit

import httpx

from tests.support.html_page import Page
from tests.support.provider import Provider


def shown_error(page: Page, provider: Provider) -> str:
    """The code on our own error page, which says nothing of what was sent and leads nowhere else."""
    assert not page.stopped, f"sent to {page.url}"
    assert 400 <= page.status < 500, page.status
    assert page.url.startswith(f"{provider.issuer}/")
    error = page.element("error")
    assert error.attributes["data-reference"]
    assert urlsplit(page.url).path == "/error"
    assert page.query.keys() == {"code", "reference"}
    return error.attributes["data-code"]


def elsewhere(response: httpx.Response, provider: Provider) -> str | None:
    """Where a redirect leads when that is not the provider itself, else None."""
    location = response.headers.get("location")
    if location is None or (location.startswith("/") and not location.startswith(("//", "/\\"))):
        return None
    assert response.status_code == 303, "307 and 308 would repeat a form, 302 is read in two ways (RFC 9700 §4.12)"
    return None if location.startswith(f"{provider.issuer}/") else str(location)
