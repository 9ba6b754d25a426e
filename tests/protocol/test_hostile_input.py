"""Whatever is sent to whichever address: never a fault, never a redirect elsewhere, never what was sent as markup."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from idp.app.building import build_app
from tests.protocol.engines import ON_POSTGRESQL
from tests.protocol.hostile import METHOD, NAMES, NASTY, SCRIPT, Attack, attacks, needed
from tests.support.portal import FORM, Portal
from tests.support.provider import Provider
from tests.support.raw_http import Answer, send
from tests.support.visitor import Visitor

SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=SHARED)
LONG = settings(max_examples=5000, deadline=None, suppress_health_check=SHARED)


@dataclass
class Target:
    """What an attacker with an account of their own would have: right values, cookies, credentials."""

    provider: Provider
    portal: Portal
    right: dict[str, bytes]
    cookies: dict[bool, bytes]
    credentials: bytes

    def suffers(self, attack: Attack) -> Answer:
        """Send it and see that nothing came of it."""
        query, body, headers = self._laid_out(attack)
        answer = send(self.provider.issuer, attack.method, query, headers=headers, body=body)
        assert answer.status < 500, (attack, answer.body[:600])
        assert SCRIPT not in answer.body, attack
        assert b"Traceback" not in answer.body
        assert answer.header("set-cookie") is None or "evil" not in str(answer.headers)
        location = answer.header("location") or "/"
        at_home = location.startswith("/") and not location.startswith(("//", "/\\", "/\t"))
        assert at_home or location.startswith(self.portal.callback), (attack, location)
        return answer

    def _laid_out(self, attack: Attack) -> tuple[bytes, bytes | None, list[tuple[bytes, bytes]]]:
        encoded = attack.encoded(self.right)
        given = {name.encode(): value for name, value in attack.headers}
        usual = {b"cookie": self.cookies[attack.signed_in], b"content-type": FORM.encode()}
        if attack.path in ("/token", "/introspect", "/revoke"):
            usual[b"authorization"] = self.credentials
        headers = list({**usual, **given}.items())
        if attack.method == "POST":
            return attack.path.encode(), encoded, headers
        # A space or a line end would end the request's first line: another request, not this one.
        query = encoded.replace(b" ", b"%20").replace(b"\x00", b"%00")
        return attack.path.encode() + b"?" + query, None, headers


@pytest.fixture
def target(provider: Provider, visitor: Visitor) -> Target:
    portal = provider.portal(minimum_level=1, refresh="session", scope="openid profile", consent="ask")
    tokens = portal.tokens(visitor.signs_in_at(portal, scope="openid profile"))
    visitor.clock.advance(seconds=1)
    form = dict(visitor.goes_to(portal, prompt="login").form("sign-in-form").filled({}, None))
    asked = dict(pair.split("=") for pair in portal.ask().partition("?")[2].split("&"))
    right = {
        **{name: value.encode() for name, value in asked.items() if name not in ("redirect_uri", "scope")},
        **{name: value.encode() for name, value in form.items()},
        "redirect_uri": portal.callback.encode(),
        "scope": b"openid profile",
        "prompt": b"consent",
        "max_age": b"600",
        "response_mode": b"query",
        "grant_type": b"refresh_token",
        "refresh_token": str(tokens.refresh_token).encode(),
        "token": tokens.access_token.encode(),
        "access_token": tokens.access_token.encode(),
        "id_token_hint": tokens.id_token.encode(),
        "citizen_number": visitor.citizen.number.encode(),
        "password": visitor.citizen.password.encode(),
        "decision": b"deny",
        "lang": b"en",
        "back": b"/",
    }
    everything = visitor.browser.cookies.header(provider.issuer).encode()
    signed_out = b"; ".join(part for part in everything.split(b"; ") if not part.startswith(b"__Host-session="))
    _, proof = portal.proof()
    return Target(provider, portal, right, {True: everything, False: signed_out}, proof["authorization"].encode())


def test_the_table_names_paths_that_are_there(provider: Provider) -> None:
    """Those of the specifications and of signing in; a person's own pages have such tests in tests/citizen."""
    known = {getattr(route, "path", "") for route in build_app(provider.parts).routes}
    assert set(NAMES) <= known


@QUICK
@given(attack=attacks())
def test_nothing_that_is_sent_does_harm(target: Target, attack: Attack) -> None:
    target.suffers(attack)


@pytest.mark.long
@LONG
@given(attack=attacks())
def test_nothing_that_is_sent_does_harm_however_often(target: Target, attack: Attack) -> None:
    target.suffers(attack)


@ON_POSTGRESQL
@pytest.mark.parametrize("path", NAMES)
def test_each_parameter_with_each_value_that_is_known_to_hurt(target: Target, path: str) -> None:
    """The rest of the request is right, so that the value gets as far as it can."""
    method = METHOD.get(path, "POST")
    for name in NAMES[path]:
        rest: list[tuple[str, bytes | None]] = [(other, None) for other in needed(path) if other != name]
        for value in (*NASTY, b"a" * 100_000):
            target.suffers(Attack(method, path, [*rest, (name, value)], [], escaped=True, signed_in=True))


@ON_POSTGRESQL
@QUICK
@given(secret=st.binary(max_size=60), name=st.sampled_from(["session", "attempt_000000000000", "browser", "device"]))
@example(secret=b"s_" + b"\xff" * 40, name="session")
def test_no_cookie_does_harm(target: Target, secret: bytes, name: str) -> None:
    clean = secret.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")
    headers = [("cookie", b"__Host-%s=%s" % (name.encode(), clean))]
    for path in ("/authorize", "/end-session", "/consent", "/sign-in/password", "/authorize/continue"):
        fields: list[tuple[str, bytes | None]] = [(each, None) for each in needed(path)]
        target.suffers(Attack("GET", path, fields, headers, escaped=True, signed_in=False))
