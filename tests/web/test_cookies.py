"""Cookies are of one kind."""

from datetime import timedelta

import pytest
from starlette.responses import Response

from idp.web.cookies import HostCookie
from tests.web.requests import request

COOKIE = HostCookie("sample")


def test_a_cookie_is_kept_read_and_forgotten() -> None:
    response = Response()
    COOKIE.set(response, "s_a-b.c~D")
    COOKIE.set(response, "s_1", max_age=timedelta(hours=1))
    COOKIE.clear(response)
    kind = "Path=/; Secure; HttpOnly; SameSite=Lax"
    assert [value.decode() for name, value in response.raw_headers if name == b"set-cookie"] == [
        f"__Host-sample=s_a-b.c~D; {kind}",
        f"__Host-sample=s_1; {kind}; Max-Age=3600",
        f"__Host-sample=; {kind}; Max-Age=0",
    ]
    assert COOKIE.read(request(headers=[("cookie", "other=1; __Host-sample=s_1")])) == "s_1"


@pytest.mark.parametrize("sent", ["", "__Host-sample=", "sample=x", "__Host-sample=é", '__Host-sample="a b"'])
def test_what_we_never_set_is_not_there(sent: str) -> None:
    assert COOKIE.read(request(headers=[("cookie", sent)])) is None


@pytest.mark.parametrize("value", ["", "a;b", "a\r\nb", "é", "a b", "x" * 3801])
def test_a_value_that_could_break_out_is_a_bug(value: str) -> None:
    with pytest.raises(ValueError, match="not a value"):
        COOKIE.set(Response(), value)


def test_a_name_has_no_prefix_of_its_own() -> None:
    with pytest.raises(ValueError, match="name"):
        HostCookie("__Host-x")
