"""RP-initiated logout: the conformance suite's modules, and that nobody else's link signs a person out."""

from urllib.parse import parse_qsl

import pytest

from tests.protocol.reading import shown_error
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.portal import Portal, Tokens, error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

GOODBYE = "https://suite.example/signed-out"


@pytest.fixture
def tokens(suite: Portal, visitor: Visitor) -> Tokens:
    """Those of a visitor who is signed in."""
    return suite.tokens(visitor.signs_in_at(suite))


def is_signed_in(visitor: Visitor, portal: Portal) -> bool:
    return "code" in portal.answer(visitor.goes_to(portal, prompt="none"))


def test_with_a_good_hint_the_person_is_signed_out_and_sent_back(
    suite: Portal, visitor: Visitor, tokens: Tokens
) -> None:
    """oidcc-rp-initiated-logout: no question, the state kept."""
    url = suite.sign_out_url(id_token_hint=tokens.id_token, post_logout_redirect_uri=GOODBYE, state="Hà & Nội")
    page = visitor.browser.open(url)
    assert (page.stopped, page.url.partition("?")[0], page.query) == (True, GOODBYE, {"state": "Hà & Nội"})
    assert not is_signed_in(visitor, suite)
    assert visitor.browser.cookies.get("localhost", "__Host-session") is None


def test_without_a_state_nothing_is_added_to_the_address(suite: Portal, visitor: Visitor, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-no-state."""
    url = suite.sign_out_url(id_token_hint=tokens.id_token, post_logout_redirect_uri=GOODBYE)
    assert visitor.browser.open(url).url == GOODBYE


def test_a_hint_alone_signs_out_and_stays_here(suite: Portal, visitor: Visitor, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri."""
    page = visitor.browser.open(suite.sign_out_url(id_token_hint=tokens.id_token, state="s"))
    assert page.has("signed-out")
    assert not is_signed_in(visitor, suite)


def test_a_form_posted_from_the_portal_does_the_same(suite: Portal, visitor: Visitor, tokens: Tokens) -> None:
    """RP-Initiated Logout §2: GET and POST. The cookie stays at home when another site posts, so it becomes a GET."""
    fields = {"id_token_hint": tokens.id_token, "post_logout_redirect_uri": GOODBYE, "state": "s"}
    answer = suite.http.post(suite.provider["end_session_endpoint"], data=fields)
    assert answer.status_code == 303
    assert tokens.id_token not in answer.headers["location"]
    page = visitor.browser.open(f"{suite.issuer}{answer.headers['location']}")
    assert page.url == f"{GOODBYE}?state=s"
    assert not is_signed_in(visitor, suite)


def test_what_was_posted_is_forgotten_after_a_minute(
    suite: Portal, visitor: Visitor, tokens: Tokens, clock: ManualClock, provider: Provider
) -> None:
    answer = suite.http.post(suite.provider["end_session_endpoint"], data={"id_token_hint": tokens.id_token})
    clock.advance(seconds=61)
    page = visitor.browser.open(f"{suite.issuer}{answer.headers['location']}")
    assert shown_error(page, provider) == "posted_too_long_ago"
    assert is_signed_in(visitor, suite)


@pytest.mark.parametrize("parameters", [{}, {"state": "s"}, {"client_id": "somebody"}, {"logout_hint": "x"}])
def test_without_a_hint_the_person_is_asked_first(
    suite: Portal, visitor: Visitor, tokens: Tokens, parameters: dict[str, str]
) -> None:
    """oidcc-rp-initiated-logout-no-params, -only-state; ASVS V10.6.2: a link alone signs nobody out."""
    page = visitor.browser.open(suite.sign_out_url(**parameters))
    assert page.has("sign-out-form")
    assert is_signed_in(visitor, suite)
    visitor.browser.open(suite.sign_out_url(**parameters))
    assert visitor.browser.submit("sign-out-form", button="sign-out").has("signed-out")
    assert not is_signed_in(visitor, suite)


def test_who_is_not_signed_in_is_not_asked(suite: Portal, provider: Provider) -> None:
    assert provider.browser().open(suite.sign_out_url()).has("signed-out")


@pytest.mark.parametrize(
    "address",
    [
        "https://suite.example/other",
        "https://suite.example/signed-out?added=1",
        "https://suite.example/signed-out/",
        "https://suite.example/signed-out#part",
        "https://suite.example.evil.example/signed-out",
        "https://suite.example/callback",
        "//suite.example/signed-out",
        "javascript:alert(1)",
    ],
)
def test_an_unregistered_address_is_never_visited(
    suite: Portal, visitor: Visitor, tokens: Tokens, provider: Provider, address: str
) -> None:
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, -query-added-to-post-logout-redirect-uri."""
    url = suite.sign_out_url(id_token_hint=tokens.id_token, post_logout_redirect_uri=address, state="s")
    assert shown_error(visitor.browser.open(url), provider) == "sign_out_request_refused"
    assert is_signed_in(visitor, suite)


def test_an_address_without_a_hint_is_never_visited(
    suite: Portal, visitor: Visitor, tokens: Tokens, provider: Provider
) -> None:
    """oidcc-rp-initiated-logout-no-id-token-hint."""
    for named in (None, suite.client_id):
        url = suite.sign_out_url(post_logout_redirect_uri=GOODBYE, client_id=named)
        assert shown_error(visitor.browser.open(url), provider) == "sign_out_request_refused"
    assert is_signed_in(visitor, suite)


@pytest.mark.parametrize("damage", ["bad", "modified", "cut", "unsigned"])
def test_a_hint_that_is_not_ours_signs_nobody_out(
    suite: Portal, visitor: Visitor, tokens: Tokens, provider: Provider, damage: str
) -> None:
    """oidcc-rp-initiated-logout-bad-id-token-hint, -modified-id-token-hint."""
    head, body, signature = tokens.id_token.split(".")
    hint = {
        "bad": "not a token",
        "modified": f"{head}.{body[:-4]}AAAA.{signature}",
        "cut": f"{head}.{body}.",
        "unsigned": f"eyJhbGciOiJub25lIn0.{body}.",
    }[damage]
    url = suite.sign_out_url(id_token_hint=hint, post_logout_redirect_uri=GOODBYE)
    assert shown_error(visitor.browser.open(url), provider) == "sign_out_request_refused"
    assert is_signed_in(visitor, suite)


def test_a_hint_of_another_portal_is_refused(
    suite: Portal, portal: Portal, visitor: Visitor, tokens: Tokens, provider: Provider
) -> None:
    """`client_id` must be the hint's audience (§2), and the address one of that portal's."""
    by_name = suite.sign_out_url(id_token_hint=tokens.id_token, client_id=portal.client_id)
    assert shown_error(visitor.browser.open(by_name), provider) == "sign_out_request_refused"
    foreign = portal.tokens(visitor.signs_in_at(portal)).id_token
    by_address = suite.sign_out_url(id_token_hint=foreign, post_logout_redirect_uri=GOODBYE)
    assert shown_error(visitor.browser.open(by_address), provider) == "sign_out_request_refused"
    assert is_signed_in(visitor, suite)


def test_a_hint_of_somebody_else_does_not_sign_out_who_is_here(
    suite: Portal, visitor: Visitor, tokens: Tokens, provider: Provider
) -> None:
    other = suite.tokens(provider.visitor().signs_in_at(suite))
    page = visitor.browser.open(suite.sign_out_url(id_token_hint=other.id_token, post_logout_redirect_uri=GOODBYE))
    assert page.has("sign-out-form")
    assert is_signed_in(visitor, suite)


def test_an_old_hint_is_good_and_a_signed_out_person_is_sent_back(
    suite: Portal, visitor: Visitor, tokens: Tokens, clock: ManualClock
) -> None:
    """§4: the session may have ended, the ID token expired; the person goes back all the same."""
    clock.advance(hours=9)
    url = suite.sign_out_url(id_token_hint=tokens.id_token, post_logout_redirect_uri=GOODBYE)
    assert visitor.browser.open(url).url == GOODBYE
    assert visitor.browser.open(url).url == GOODBYE


def test_signing_out_of_a_session_that_lay_idle_ends_what_lives_in_it(
    provider: Provider, visitor: Visitor, clock: ManualClock
) -> None:
    """The person is asked for nothing any more, but the portal's refresh token would go on until the night."""
    portal = provider.portal(minimum_level=1, refresh="session")
    tokens = portal.tokens(visitor.signs_in_at(portal))
    clock.advance(minutes=31)
    assert visitor.browser.open(portal.sign_out_url(id_token_hint=tokens.id_token)).has("signed-out")
    assert error_of(portal.refresh(tokens.refresh_token)) == "invalid_grant"


def test_signing_out_at_one_portal_signs_out_everywhere(
    suite: Portal, provider: Provider, visitor: Visitor, tokens: Tokens
) -> None:
    other = provider.portal(minimum_level=1, refresh="session")
    there = other.tokens(visitor.goes_to(other))
    visitor.browser.open(suite.sign_out_url(id_token_hint=tokens.id_token))
    assert other.userinfo(there.access_token).status_code == 401
    assert not is_signed_in(visitor, other)


def test_the_sign_out_form_counts_only_in_the_browser_that_was_shown_it(
    suite: Portal, visitor: Visitor, tokens: Tokens, provider: Provider
) -> None:
    """Another site's form signs nobody out (ASVS V3.5.1)."""
    form = provider.browser().open(f"{suite.issuer}/sign-out").form("sign-out-form").filled({}, None)
    cookie = visitor.browser.cookies.header(suite.issuer)
    answer = suite.http.post(f"{suite.issuer}/sign-out", data=dict(form), headers={"cookie": cookie})
    assert answer.status_code == 403
    assert is_signed_in(visitor, suite)


FAREWELL = "https://portal.example/front-channel"


@pytest.fixture
def framed(provider: Provider) -> Portal:
    """A portal that only the person's browser can tell."""
    return provider.portal(
        frontchannel_logout_uri=f"{FAREWELL}?from=idp",
        frontchannel_logout_session_required=True,
        post_logout_redirect_uris=[GOODBYE],
    )


def frames(page: Page) -> list[str]:
    return [each.attributes["src"] for each in page.elements if each.tag == "iframe"]


def test_a_portal_that_the_browser_tells_is_framed_on_the_way(framed: Portal, visitor: Visitor) -> None:
    """Front-Channel Logout 1.0 §3: `iss` and `sid` beside what the address has already."""
    tokens = framed.tokens(visitor.signs_in_at(framed))
    url = framed.sign_out_url(id_token_hint=tokens.id_token, post_logout_redirect_uri=GOODBYE, state="s")
    answer = visitor.browser.open(url)
    [frame] = frames(answer)
    address, _, query = frame.partition("?")
    assert address == FAREWELL
    assert dict(parse_qsl(query)) == {"from": "idp", "iss": framed.issuer, "sid": tokens.claims["sid"]}
    assert "frame-src https://portal.example" in answer.headers["content-security-policy"]
    assert answer.link("continue") == f"{GOODBYE}?state=s"
    assert not is_signed_in(visitor, framed)


def test_whoever_signs_out_at_our_own_page_tells_it_too(framed: Portal, visitor: Visitor) -> None:
    framed.tokens(visitor.signs_in_at(framed))
    visitor.browser.open(f"{framed.issuer}/sign-out")
    page = visitor.browser.submit("sign-out-form")
    assert len(frames(page)) == 1
    assert page.link("continue").endswith("/signed-out")


def test_it_is_not_framed_where_its_person_was_not(framed: Portal, suite: Portal, visitor: Visitor) -> None:
    assert framed.members["frontchannel_logout_uri"]
    tokens = suite.tokens(visitor.signs_in_at(suite))
    page = visitor.browser.open(suite.sign_out_url(id_token_hint=tokens.id_token))
    assert page.has("signed-out") and not frames(page)
