"""Answers by a form that the browser posts (OAuth 2.0 Form Post Response Mode; the suite's form-post plan)."""

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.portal import Portal
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL


def test_the_answer_is_posted_also_without_javascript(suite: Portal, visitor: Visitor) -> None:
    page = visitor.signs_in_at(suite, response_mode="form_post", state='"><script>alert(1)</script>')
    assert page.status == 200
    assert page.headers["cache-control"] == "no-store"
    form = page.form("form-post")
    assert (form.method, form.action) == ("POST", suite.callback)
    back = visitor.browser.submit("form-post", button="continue")
    assert back.url == suite.callback
    assert suite.tokens(back).claims["sub"]


def test_an_error_is_posted_too(suite: Portal, visitor: Visitor) -> None:
    for changes in ({"prompt": "none"}, {"response_type": "token"}, {"max_age": "soon"}):
        page = visitor.goes_to(suite, response_mode="form_post", **changes)
        assert page.status == 200
        assert suite.error(visitor.browser.submit("form-post", button="continue"))


def test_the_page_may_post_to_the_portal_and_run_nothing_but_its_own_script(suite: Portal, visitor: Visitor) -> None:
    page = visitor.signs_in_at(suite, response_mode="form_post")
    policy = page.headers["content-security-policy"]
    origin = suite.callback.rpartition("/")[0]
    assert f"form-action 'self' {origin};" in policy
    assert "script-src 'nonce-" in policy
    assert "unsafe" not in policy


def test_state_and_nonce_survive_unchanged(suite: Portal, visitor: Visitor) -> None:
    text = "Nguyễn Thị Hà 🪷 & = + % # \\ ' \""
    page = visitor.signs_in_at(suite, response_mode="form_post", state=text, nonce=text)
    back = visitor.browser.submit("form-post", button="continue")
    assert not page.stopped
    assert suite.answer(back)["state"] == text
    assert suite.tokens(back).claims["nonce"] == text


def test_a_response_mode_that_is_not_there_is_an_error_by_query(suite: Portal, visitor: Visitor) -> None:
    for mode in ("fragment", "fragment.jwt", "JWT", "FORM_POST", "form_post query"):
        page = visitor.goes_to(suite, response_mode=mode)
        assert suite.error(page) == "invalid_request"
        assert "#" not in page.url
