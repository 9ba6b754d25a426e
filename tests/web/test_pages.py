"""Pages: escaped, in one language, under their own policy."""

import gc
import re
from datetime import UTC, datetime

import jinja2
import pytest
from markupsafe import Markup

from idp.web.content_policy import page_policy, source_of
from idp.web.shown_times import day, moment
from idp.web.translations import MissingTranslation
from tests.web.client import Client
from tests.web.requests import request
from tests.web.sample import LONG_NAME, PORTAL, Sample


@pytest.mark.anyio
async def test_a_page_has_a_policy_of_its_own_with_a_fresh_nonce(client: Client) -> None:
    first, second = await client.get("/sample"), await client.get("/sample")
    policy = first.headers["content-security-policy"]
    nonce = re.findall(r"script-src 'nonce-([A-Za-z0-9_-]{22})'", policy)[0]
    assert policy == (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        f"form-action 'self' {PORTAL}; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )
    assert re.findall(r"<script[^>]*>", first.text) and all(
        f'nonce="{nonce}"' in script for script in re.findall(r"<script[^>]*>", first.text)
    )
    assert nonce not in second.text + second.headers["content-security-policy"]


@pytest.mark.anyio
async def test_nothing_on_a_page_comes_from_elsewhere_or_stands_inline(client: Client) -> None:
    page = await client.get("/sample")
    assert all(address.startswith(("/", "#")) for address in re.findall(r'(?:src|href|action)="([^"]*)"', page.text))
    assert not re.findall(r"\son[a-z]+=|\sstyle=|<style|javascript:", page.text)


@pytest.mark.anyio
async def test_a_page_leaves_nothing_to_the_garbage_collector(sample: Sample) -> None:
    """Else it stops the event loop for tens of milliseconds, every few hundred pages."""
    await sample.show(request("/sample"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            await sample.show(request("/sample"))
        assert gc.collect() < 20
    finally:
        gc.enable()


@pytest.mark.anyio
async def test_what_was_typed_is_escaped(client: Client) -> None:
    token = re.findall(r'name="csrf" value="([^"]+)"', (await client.get("/sample")).text)[0]
    typed = """"><script>alert(1)</script>{{ 7*7 }}"""
    page = await client.post("/sample", data={"csrf": token, "citizen_number": typed})
    assert "<script>alert" not in page.text
    assert "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page.text


@pytest.mark.anyio
async def test_a_form_shown_again_says_why_and_how_long_to_wait(client: Client) -> None:
    token = re.findall(r'name="csrf" value="([^"]+)"', (await client.get("/sample")).text)[0]
    page = await client.post("/sample", data={"csrf": token, "citizen_number": "1", "password": "hunter2hunter2"})
    assert page.status_code == 429
    assert page.headers["retry-after"] == "120"
    assert page.text.index('id="error"') < page.text.index('id="sample-form"')
    assert "2 phút" in page.text
    assert 'aria-describedby="citizen_number-hint error"' in page.text
    assert "hunter2" not in page.text


@pytest.mark.anyio
async def test_a_title_never_holds_what_the_heading_may(client: Client) -> None:
    page = await client.get("/sample")
    assert LONG_NAME in page.text
    assert re.findall(r"<title>(.*)</title>", page.text) == ["Định Danh · Định Danh"]


def test_a_value_is_escaped_inside_a_sentence_unless_it_is_markup(sample: Sample) -> None:
    html = sample.pages.translations.html
    assert html("vi", "web.wait", wait="<b>&") == Markup("Thời gian chờ: &lt;b&gt;&amp;.")
    assert html("vi", "web.wait", wait=Markup("<b>2</b>")) == Markup("Thời gian chờ: <b>2</b>.")
    assert sample.pages.translations.text("en", "web.wait", wait="<b>") == "Time to wait: <b>."


def test_a_sentence_or_value_that_nobody_wrote_is_a_bug(sample: Sample) -> None:
    with pytest.raises(MissingTranslation):
        sample.pages.translations.html("en", "web.nothing")
    with pytest.raises(KeyError):
        sample.pages.translations.html("en", "web.wait")
    with pytest.raises(jinja2.UndefinedError):
        sample.pages.page(request("/sample"), "sample.html")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://a.vn/cb?x=1#y", "https://a.vn"),
        ("https://A.vn:8443/cb", "https://a.vn:8443"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://[::1]:5000/", "http:"),
        ("vn.gov.app:/cb", "vn.gov.app:"),
        ("vn.gov.app://host/cb", "vn.gov.app:"),
    ],
)
def test_the_source_of_a_redirect_address(address: str, source: str) -> None:
    assert source_of(address) == source
    assert f"form-action 'self' {source};" in page_policy("n", form_action=[source, source])


@pytest.mark.parametrize(
    "source", ["*", "https://a.vn; script-src *", "'unsafe-inline'", "https://a.vn b", "https://", ""]
)
def test_what_is_no_source_cannot_enter_a_policy(source: str) -> None:
    with pytest.raises(ValueError, match="not a Content-Security-Policy source"):
        page_policy("n", form_action=[source])


def test_frames_are_named_one_by_one() -> None:
    assert page_policy("n", frames=["https://a.vn"]).endswith("; frame-src https://a.vn")


def test_times_are_those_of_viet_nam() -> None:
    late = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    assert (moment("vi", late), day("vi", late)) == ("01:30 ngày 21/11/2026", "21/11/2026")
    assert (moment("en", late), day("en", late)) == ("21 November 2026, 01:30", "21 November 2026")
