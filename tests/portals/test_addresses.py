"""Only addresses of one spelling, in one place, are ever sent a browser."""

from typing import Any
from uuid import UUID

import pytest

from idp.portals import Portal
from idp.portals.addresses import LOOPBACK, LOOPBACK_LITERALS, fault_of
from tests.portals.files import NATIVE, WEB, read

GOOD = [
    "https://portal.example",
    "https://portal.example/",
    "https://portal.example/signed-in",
    "https://portal.example:8443/a/b?x=1&y=%20",
    "https://xn--tn-min-g4a.example/~x",
    "https://portal.example?x=y@z",
    "https://192.0.2.7/cb",
    "https://[2001:db8::7]:8443/cb",
    "https://suite/cb",
]

BAD = [
    "",
    "portal.example",
    "//portal.example/cb",
    "/cb",
    "https:",
    "https://",
    "https:///cb",
    "https:/portal.example/cb",
    "https:portal.example",
    "HTTPS://portal.example/cb",
    "Https://portal.example/cb",
    "https://Portal.example/cb",
    "https://portal.example/cb#",
    "https://portal.example/cb#here",
    "https://*.example/cb",
    "https://portal.example/*",
    "https://user@portal.example/cb",
    "https://user:word@portal.example/cb",
    "https://portal.example@evil.example/cb",
    "https://portal.example:443:443/cb",
    "https://portal.example:/cb",
    "https://portal.example:0/cb",
    "https://portal.example:65536/cb",
    "https://portal.example:99999999/cb",
    "https://portal.example:+80/cb",
    "https://portal.example\\@evil.example/cb",
    "https://portal.example/a/../cb",
    "https://portal.example/a/./cb",
    "https://portal.example/a/%2E%2e",
    "https://portal.example/.%2e?x",
    "https://portal.example/%zz",
    "https://portal.example/%2",
    "https://portal.example/a b",
    " https://portal.example/cb",
    "https://portal.example/cb\n",
    "https://portal.example/cb\r\nSet-Cookie: a=b",
    "https://portal.example/\0",
    "https://portal.example/\x7f",
    "https://cổng.example/cb",
    "https://portal.example/đăng-nhập",
    "https://portal\u3002example/cb",
    "https://-portal.example/cb",
    "https://portal-.example/cb",
    "https://portal..example/cb",
    "https://portal.example./cb",
    "https://por_tal.example/cb",
    "https://2130706433/cb",
    "https://0x7f.1/cb",
    "https://127.1/cb",
    "https://0177.0.0.1/cb",
    "https://256.0.0.1/cb",
    "https://[::1/cb",
    "https://[2001:DB8::7]/cb",
    "https://[2001:db8:0:0:0:0:0:7]/cb",
    "https://[fe80::1%25eth0]/cb",
    "https://portal.example/" + "x" * 1000,
    "http://portal.example/cb",
    "http://localhost/cb",
    "http://127.0.0.1/cb",
    "javascript:alert(1)",
    "javascript://portal.example/%0aalert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://portal.example/x",
    "ftp://portal.example/cb",
    "urn:ietf:wg:oauth:2.0:oob",
    "vn.example.app:/cb",
]


@pytest.mark.parametrize("address", GOOD)
def test_good(address: str) -> None:
    assert fault_of(address) is None


@pytest.mark.parametrize("address", BAD)
def test_bad(address: str) -> None:
    assert fault_of(address)


@pytest.mark.parametrize("address", [address for address in BAD if not address.startswith(("http://", "vn.example"))])
def test_bad_for_an_app_in_the_demo_too(address: str) -> None:
    assert fault_of(address, loopback_http=LOOPBACK, private_schemes=True)


@pytest.mark.parametrize(
    ("address", "literals", "every"),
    [
        ("http://127.0.0.1:8000/cb", True, True),
        ("http://[::1]:8000/cb", True, True),
        ("http://127.0.0.1", True, True),
        ("http://localhost:8000/cb", False, True),
        ("http://127.0.0.2/cb", False, False),
        ("http://127.0.0.1.evil.example/cb", False, False),
        ("http://localhost.evil.example/cb", False, False),
        ("http://localhost@evil.example/cb", False, False),
        ("http://evil.example/?http://127.0.0.1/", False, False),
        ("http://127.0.0.1:70000/cb", False, False),
    ],
)
def test_http_stays_on_this_machine(address: str, literals: bool, every: bool) -> None:
    assert (fault_of(address, loopback_http=LOOPBACK_LITERALS) is None) == literals
    assert (fault_of(address, loopback_http=LOOPBACK) is None) == every


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("vn.example.app:/signed-in", True),
        ("vn.gov.dinh-danh:/a?b=c", True),
        ("vn.example.app:/", True),
        ("vn.example.app://signed-in", False),
        ("vn.example.app:signed-in", False),
        ("VN.example.app:/signed-in", False),
        ("app:/signed-in", False),
        ("vn.:/signed-in", False),
        ("vn.example.app:/a#b", False),
    ],
)
def test_an_app_has_a_scheme_of_its_own_domain(address: str, good: bool) -> None:
    assert (fault_of(address, private_schemes=True) is None) == good


def portal(**stated: Any) -> Portal:
    [new] = read(stated)
    return Portal.from_json(new.registration.to_json(), id=UUID(int=1), secret_digest=None)


@pytest.mark.parametrize(
    "other",
    [
        "https://dichvucong.quangninh.example/signed-in/",
        "https://dichvucong.quangninh.example/signed-in?x=1",
        "https://dichvucong.quangninh.example/signed-in#",
        "https://dichvucong.quangninh.example:443/signed-in",
        "https://dichvucong.quangninh.example/Signed-in",
        "https://DICHVUCONG.quangninh.example/signed-in",
        "https://dichvucong.quangninh.example/./signed-in",
        "https://dichvucong.quangninh.example/signed%2din",
        "http://dichvucong.quangninh.example/signed-in",
        "https://dichvucong.quangninh.example.evil.example/signed-in",
        "",
        "\0",
        "\ud800",
    ],
)
def test_an_address_is_compared_to_the_letter(other: str) -> None:
    web = portal(**WEB)
    assert web.accepts_redirect("https://dichvucong.quangninh.example/signed-in")
    assert not web.accepts_redirect(other)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("http://127.0.0.1/signed-in", True),
        ("http://127.0.0.1:1/signed-in", True),
        ("http://127.0.0.1:65535/signed-in", True),
        ("http://127.0.0.1:65536/signed-in", False),
        ("http://127.0.0.1:0/signed-in", False),
        ("http://127.0.0.1:/signed-in", False),
        ("http://127.0.0.1:8000/signed-in/x", False),
        ("http://127.0.0.1:8000/signed-in?x", False),
        ("http://127.0.0.1:8000", False),
        ("http://localhost:8000/signed-in", False),
        ("http://[::1]:8000/signed-in", False),
        ("http://127.0.0.1:8000@evil.example/signed-in", False),
        ("http://127.0.0.1.evil.example:8000/signed-in", False),
        ("https://127.0.0.1:8000/signed-in", False),
        ("vn.example.app:/signed-in", True),
        ("vn.example.app:/signed-in2", False),
    ],
)
def test_an_apps_port_is_its_own_affair(address: str, accepted: bool) -> None:
    assert portal(**NATIVE).accepts_redirect(address) == accepted


def test_a_web_portals_port_is_not() -> None:
    [new] = read({**WEB, "redirect_uris": ["http://127.0.0.1:8001/signed-in"]}, demo=True)
    web = Portal.from_json(new.registration.to_json(), id=UUID(int=1), secret_digest=None)
    assert not web.accepts_redirect("http://127.0.0.1:8002/signed-in")
