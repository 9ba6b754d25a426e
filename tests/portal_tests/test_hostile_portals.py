"""A portal under test is not trusted: whatever it does, the run ends, with a report that says what it was."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.portal_tests.browser import Budget, Stopped, origin_of
from idp.portal_tests.cookies import Cookies
from tests.portal_tests.hostile import hostile, says
from tests.portal_tests.small_portal import small_portal
from tests.portal_tests.trying import HASTE, a_port, found, tried
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.provider import Provider

QUICK = replace(HASTE, call=timedelta(milliseconds=300))


async def hangs(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def drips(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(300):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def floods(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()


async def breaks_off(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def says_nonsense(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff not http at all\r\n\r\n")
    await writer.drain()


@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("respond", "seen"),
    [
        (hangs, "silent"),
        (drips, "silent"),
        (floods, "too_much"),
        (breaks_off, "unreachable"),
        (says_nonsense, "unreachable"),
        (says("Location: /start"), "redirects_without_end"),
        (says("Location: http://169.254.169.254/latest/meta-data"), "sent_elsewhere"),
        (says("Location: file:///etc/passwd"), "sent_elsewhere"),
        (says("Location: http://[::1"), "sent_elsewhere"),
        (says("Location: //user:secret@localhost/"), "sent_elsewhere"),
        (says(status="200 OK"), "not_sent_to_provider"),
        (says(*(f"Set-Cookie: c{n}={'x' * 400}" for n in range(60)), status="500 Oops"), "not_sent_to_provider"),
    ],
    ids=[
        *("hangs", "drips", "floods", "breaks-off", "nonsense", "loops", "inside", "file", "half-an-address"),
        *("user", "no-redirect", "cookies"),
    ],
)
def test_whatever_it_does_the_run_ends_and_says_so(provider: Provider, respond: Any, seen: str) -> None:
    with hostile(respond) as portal:
        run = tried(provider, portal.members(), pace=QUICK)
        called = len(portal.server.requests)
    results = found(run)
    assert (run.outcome, results["start"].finding.seen) == ("red", seen)
    assert {each.finding.seen for step, each in results.items() if step != "start"} == {"not_tried"}
    assert called < 30


@ON_POSTGRESQL
def test_a_portal_that_falls_silent_is_asked_three_times_more(provider: Provider) -> None:
    with small_portal(provider.clock.now, a_port()) as portal:
        members = portal.members(backchannel_logout_uri=None)
        portal.falls_silent_after = 14
        run = tried(provider, {name: value for name, value in members.items() if value}, pace=QUICK)
    seen = [each.finding.seen for each in found(run).values()]
    assert run.outcome == "red"
    assert seen.count("silent") == 3
    assert seen[-1] == "not_tried"


def test_a_run_has_so_many_calls_and_no_more() -> None:
    budget = Budget(left=2)
    budget.spend()
    budget.spend()
    with pytest.raises(Stopped, match="too_many_calls"):
        budget.spend()


@ON_POSTGRESQL
def test_a_run_has_so_much_time_and_no_more(provider: Provider) -> None:
    with hostile(hangs) as portal:
        hasty = replace(HASTE, call=timedelta(seconds=20), whole=timedelta(milliseconds=200))
        run = tried(provider, portal.members(), pace=hasty)
    assert (run.outcome, run.sealed_keys) == ("stopped", None)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example/x?y", "https://a.example:443"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("https://a.example:99999/", ""),
        ("https://u@a.example/", ""),
        ("gopher://a.example/", ""),
        ("https:///nowhere", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_an_origin_is_written_out(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("line", "there", "sent"),
    [
        ("a=1", "https://p.example/x/y", "a=1"),
        ("a=1; Path=/other", "https://p.example/x", ""),
        ("a=1; Path=/x", "https://p.example/xy", ""),
        ("a=1", "https://q.example/x/y", ""),
        ("a=1; Domain=p.example; Path=/", "https://sub.p.example/", "a=1"),
        ("a=1; Domain=example; Path=/", "https://p.example/", ""),
        ("a=1; Domain=q.example; Path=/", "https://p.example/", ""),
        ("a=1; Secure; Path=/", "http://p.example/", ""),
        ("__Host-a=1; Secure; Path=/x", "https://p.example/x", ""),
        ("__Host-a=1; Secure; Path=/", "https://p.example/x", "__Host-a=1"),
        ("a=1; Max-Age=0; Path=/", "https://p.example/", ""),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", "https://p.example/", ""),
        ("a=1; Expires=nonsense; Path=/", "https://p.example/", "a=1"),
        ("a=1; Expires=1 Jan 2020 00:00:00 +99999999999999; Path=/", "https://p.example/", "a=1"),
        ("a=1; Expires=1 Jan 20200000000000000000 00:00:00 GMT; Path=/", "https://p.example/", "a=1"),
        ("novalue", "https://p.example/x/", ""),
        ("a=" + "x" * 5000, "https://p.example/x/", ""),
    ],
)
def test_cookies_go_where_a_browser_sends_them(line: str, there: str, sent: str) -> None:
    cookies = Cookies()
    cookies.take("https://p.example/x/", line)
    assert cookies.header(there, from_elsewhere=False, is_post=False) == sent
    assert urlsplit(there).hostname


@given(st.text() | st.from_regex(r"a=1(; (Expires|Max-Age|Domain|Path)=[0-9A-Za-z:,+ -]{0,30}){1,3}", fullmatch=True))
def test_no_cookie_ends_a_run(line: str) -> None:
    Cookies().take("https://p.example/", line)


@pytest.mark.parametrize(
    ("same_site", "by_get", "by_post"), [("Strict", "", ""), ("Lax", "a=1", ""), ("None", "a=1", "a=1")]
)
def test_same_site_holds_on_the_way_back(same_site: str, by_get: str, by_post: str) -> None:
    cookies = Cookies()
    cookies.take("https://p.example/", f"a=1; Secure; Path=/; SameSite={same_site}")
    sent = [cookies.header("https://p.example/", from_elsewhere=True, is_post=is_post) for is_post in (False, True)]
    assert sent == [by_get, by_post]
