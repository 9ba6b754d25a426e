"""Which access tokens the guard believes (RFC 9068 §4, RFC 8725)."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from deploy.api_guard import Guard
from deploy.api_guard.compact import NotCompact, public_key, read_object
from deploy.api_guard.credentials import Credentials
from deploy.api_guard.refusals import Refused
from tests.deploy.api_guard.guarded import AUDIENCE, KEY, NOW, OTHER, Guarded, SigningKey, base64url, compact, guarded

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EDWARDS = OKPKey.generate_key("Ed25519", {"kid": "edwards"})
LONGER = ECKey.generate_key("P-384", {"kid": "longer"})
INVALID = 'Bearer realm="api", error="invalid_token"'


@pytest.fixture
def api() -> Iterator[Guarded]:
    with guarded(scope=["records"], urls=[]) as running:
        yield running


def test_a_good_token_is_let_in_and_its_claims_are_handed_on(api: Guarded) -> None:
    answer = api.ask(api.token())
    assert (answer.status, answer.body) == (200, b"records")
    assert answer.claims is not None
    assert (answer.claims["sub"], answer.claims["scope"]) == ("somebody", "records other")


@pytest.mark.parametrize("key", [RSA, EDWARDS], ids=["PS256", "EdDSA"])
def test_every_algorithm_that_is_published_counts(api: Guarded, key: SigningKey) -> None:
    api.jwks["keys"].append(key.as_dict(private=False))
    algorithm = "PS256" if key is RSA else "EdDSA"
    assert api.ask(api.token(header={"alg": algorithm, "kid": key.kid}, key=key)).status == 200


def test_ed25519_is_another_name_of_eddsa(api: Guarded) -> None:
    """RFC 9864 §2.2; a token by either name counts with a key by either."""
    api.jwks["keys"] += [{**EDWARDS.as_dict(private=False), "kid": name, "alg": name} for name in ("Ed25519", "EdDSA")]
    for kid, algorithm in product(("Ed25519", "EdDSA"), repeat=2):
        token = api.token(header={"alg": algorithm, "kid": kid}, key=EDWARDS)
        assert api.ask(token).status == 200
        assert api.ask(f"{token[:-8]}AAAAAAAA").challenge == INVALID
    api.guarded_by(urls=[], algorithms=["ES256"])
    assert api.ask(api.token(header={"alg": "Ed25519", "kid": "Ed25519"}, key=EDWARDS)).challenge == INVALID


@pytest.mark.parametrize(
    "exponent", [1, 2, 65536, (1 << 32) + 1, (1 << 2047) + 1], ids=["1", "2", "even", "33", "2048"]
)
def test_an_rsa_key_with_an_odd_exponent_is_none(exponent: int) -> None:
    """Whoever brings a proof chooses it, and a long one would make us reckon for long."""
    octets = exponent.to_bytes((exponent.bit_length() + 7) // 8)
    jwk = {**RSA.as_dict(private=False), "e": base64url(octets)}
    with pytest.raises(NotCompact):
        public_key(jwk)
    for good in (b"\3", b"\1\0\1", b"\xff\xff\xff\xff"):
        assert public_key({**jwk, "e": base64url(good)}).key_type == "RSA"


@pytest.mark.parametrize("seconds", [8, -308])
def test_a_clock_that_is_eight_seconds_off_does_not_matter(api: Guarded, seconds: int) -> None:
    at = int(NOW) + seconds
    assert api.ask(api.token(iat=at, nbf=at, auth_time=at, exp=at + 300)).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://another.example"},
        {"iss": None},
        {"iss": ["x"]},
        {"aud": "https://another.example"},
        {"aud": [1, {}, "https://records.example.evil"]},
        {"aud": []},
        {"aud": None},
        {"exp": int(NOW) - 11},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": int(NOW) + 61},
        {"iat": None},
        {"nbf": int(NOW) + 61},
        {"auth_time": int(NOW) + 61},
        {"auth_time": "now"},
        {"auth_time": -(10**400)},
        {"sub": None},
        {"client_id": None},
        {"jti": None},
        {"scope": ["records"]},
        {"acr": 2},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None}},
        {"header": {"typ": "logout+jwt"}},
        {"header": {"typ": "dpop+jwt"}},
        {"header": {"typ": 1}},
        {"header": {"kid": "unheard-of"}},
        {"header": {"kid": None}},
        {"header": {"kid": 7}},
        {"header": {"kid": "../../etc/passwd"}},
        {"header": {"jwk": OTHER.as_dict(private=False)}, "key": OTHER},
        {"header": {"jku": "https://evil.example/jwks"}},
        {"header": {"x5u": "https://evil.example/x5u"}},
        {"header": {"x5c": ["MIIB"]}},
        {"header": {"crit": ["exp"]}},
        {"header": {"b64": False}},
        {"header": {"zip": "DEF"}},
        {"key": OTHER},
    ],
    ids=lambda changes: "header " + next(iter(changes["header"])) if "header" in changes else next(iter(changes)),
)
def test_a_token_that_is_not_for_us_is_refused(api: Guarded, changes: dict[str, Any]) -> None:
    answer = api.ask(api.token(**changes))
    assert (answer.status, answer.challenge, answer.claims) == (401, INVALID, None)


def test_the_algorithm_is_ours_to_choose(api: Guarded) -> None:
    """RFC 8725 §3.1, §3.2, §3.5: none, a secret made of the public key, an RSA signature by PKCS #1, another curve."""
    secret = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    api.jwks["keys"] += [RSA.as_dict(private=False), LONGER.as_dict(private=False)]
    bad = [
        api.token(header={"alg": "none"}, key=None),
        api.token(header={"alg": "None"}, key=None),
        api.token(header={"alg": "HS256"}, key=secret),
        api.token(header={"alg": "RS256", "kid": "rsa"}, key=RSA),
        api.token(header={"alg": "ES384", "kid": "longer"}, key=LONGER),
        api.token(header={"alg": "PS256"}, key=RSA),
        api.token().rpartition(".")[0] + ".",
        api.token(header={"alg": ["ES256"]} | {"alg": "ES256"}).replace("e", "f", 1),
    ]
    assert [api.ask(each).challenge for each in bad] == [INVALID] * len(bad)


def test_an_api_may_take_fewer_algorithms(api: Guarded) -> None:
    api.guarded_by(urls=[], algorithms=["EdDSA"])
    assert api.ask(api.token()).challenge == INVALID


def test_a_token_has_one_text(api: Guarded) -> None:
    """Repeated members, padding, bits at the end, text after the end, bytes that are not UTF-8, depth, numbers."""
    good = api.token()
    claims = json.dumps({"iss": api.issuer, "aud": AUDIENCE, "sub": "a", "client_id": "a", "jti": "a"})[1:-1]
    times = f'"iat": {int(NOW)}, "exp": {int(NOW) + 300}, "scope": "records"'
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "published"}
    assert api.ask(compact(header, f"{{{claims}, {times}}}".encode())).status == 200
    payloads = [
        f'{{{claims}, {times}, "sub": "b"}}'.encode(),
        f'{{{claims}, {times}, "x": {{"a": 1, "a": 2}}}}'.encode(),
        f'{{{claims}, {times}, "x": NaN}}'.encode(),
        f'{{{claims}, {times}, "x": "\\ud800"}}'.encode(),
        f'{{{claims}, {times}, "x": "'.encode() + b'\xff"}',
        b"\xef\xbb\xbf" + f"{{{claims}, {times}}}".encode(),
        f'{{{claims}, {times}, "x": {"[" * 3000}{"]" * 3000}}}'.encode(),
        f'{{{claims}, {times}, "x": {"9" * 5000}}}'.encode(),
        f"[{{{claims}, {times}}}]".encode(),
        b"",
    ]
    bad = [compact(header, payload) for payload in payloads]
    bad += [good + "=", good + ".", good + "A", f".{good}", good.replace(".", "..", 1), good + "\n"]
    bad.append(compact(json.dumps(header)[:-1].encode() + b', "kid": "published"}', f"{{{claims}, {times}}}".encode()))
    assert [api.ask(each).status for each in bad] == [401] * len(bad)


@pytest.mark.parametrize("length", [10_000, 10_000_000])
def test_long_values_are_refused_and_do_no_harm(api: Guarded, length: int) -> None:
    long = "A" * length
    for value in (long, f"{long}.{long}.{long}", api.token(sub=long), api.token(header={"x": long})):
        assert api.ask(value).challenge == INVALID
    assert api.ask(scheme=long, token="a").status == 400


def test_the_one_authorization_header_is_read_and_nothing_else(api: Guarded) -> None:
    good = api.token()
    nothing = api.ask(query_string=b"access_token=" + good.encode())
    assert (nothing.status, nothing.challenge, nothing.body) == (401, 'Bearer realm="api"', b"{}")
    header = (b"authorization", b"Bearer " + good.encode())
    for headers in ([header, header], [(b"authorization", b"Basic eDp5")], [(b"authorization", b"Bearer ")]):
        refused = api.ask(headers=headers)
        assert (refused.status, refused.challenge) == (400, 'Bearer realm="api", error="invalid_request"')
    assert api.ask(headers=[(b"Authorization", b"bEARER   " + good.encode())]).status == 200
    assert api.ask(headers=[(b"authorization", b"Bearer a b")]).status == 401


def test_answers_are_kept_by_nobody_and_a_token_is_never_logged(api: Guarded, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = api.token(exp=1)
    answer = api.ask(token)
    assert (answer.header("cache-control"), answer.header("content-type")) == ("no-store", "application/json")
    said = [record.getMessage() for record in caplog.records if record.name == "api_guard"]
    assert said == ["refused status=401 error=invalid_token reason=expired"]
    assert not any(part in caplog.text for part in token.split("."))


@given(st.binary(max_size=300))
def test_whatever_the_header_is_it_is_read_or_refused(value: bytes) -> None:
    for whole in (value, b"Bearer " + value, b"DPoP " + value):
        try:
            read = Credentials.read({"headers": [(b"authorization", whole)]}, takes_dpop=True)
        except Refused as refused:
            assert refused.status in (400, 401)
        else:
            assert read.token.isascii()
            assert " " not in read.token


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists).map(
        lambda value: json.dumps({"a": value}).encode()
    )
)
def test_whatever_the_bytes_are_they_are_an_object_or_refused(data: bytes) -> None:
    try:
        assert isinstance(read_object(data), dict)
    except NotCompact as refused:
        assert str(refused) == "json"


def test_whatever_the_token_is_nothing_breaks() -> None:
    parts = st.binary(max_size=60).map(base64url) | st.text(max_size=30)
    header = st.fixed_dictionaries(
        {"alg": st.sampled_from(["ES256", "none", 1, None, ["ES256"]]), "typ": st.just("at+jwt")},
        optional={"kid": st.sampled_from(["published", 1, None, {}]), "x": st.text()},
    ).map(lambda members: base64url(json.dumps(members).encode()))
    values = st.lists(parts, max_size=4).map(".".join) | st.tuples(header, parts, parts).map(".".join)

    with guarded(scope=["records"]) as api:

        @given(values)
        def run(value: str) -> None:
            sent = [(b"authorization", b"Bearer " + value.encode("utf-8", "replace"))]
            assert api.ask(headers=sent).status in (400, 401)

        run()


def test_whatever_a_signed_token_says_nothing_breaks() -> None:
    names = ["iss", "aud", "exp", "iat", "nbf", "auth_time", "scope", "acr", "cnf", "sub", "client_id", "jti"]
    numbers = st.integers() | st.floats(allow_nan=False)
    bindings = st.dictionaries(st.sampled_from(["jkt", "x5t#S256"]), st.integers() | st.text())
    values = st.none() | st.booleans() | numbers | st.text() | st.lists(st.integers()) | bindings
    with guarded(scope=["records"], acr=["a"], max_age=300) as api:

        @given(st.dictionaries(st.sampled_from(names), values))
        def run(claims: dict[str, Any]) -> None:
            token = api.token(**claims)
            assert api.ask(token).status in (200, 401, 403)
            assert api.ask(token, "x.y.z").status == 401

        run()


@pytest.mark.parametrize(
    "settings",
    [
        {"audience": ""},
        {"audience": []},
        {"issuer": "id.example"},
        {"issuer": "ftp://id.example"},
        {"urls": ["records.example"]},
        {"urls": "https://records.example"},
        {"algorithms": ["HS256"]},
        {"algorithms": []},
        {"realm": 'a"b'},
        {"scope": "records"},
        {"scope": ["two words"]},
        {"max_age": -1},
        {"proxies": ["proxy.example"]},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused_at_start(api: Guarded, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        api.guarded_by(**settings)


def test_whoever_is_no_caller_over_http(api: Guarded) -> None:
    """Start and stop go through; a WebSocket does not."""
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def send(message: Any) -> None:
        seen.append(message)

    guard = Guard(application, issuer=api.issuer, audience=AUDIENCE, scope=["records"])
    api.loop.run(guard({"type": "lifespan"}, None, send))  # type: ignore[arg-type]
    api.loop.run(guard({"type": "websocket"}, None, send))  # type: ignore[arg-type]
    assert seen == ["lifespan", {"type": "websocket.close", "code": 1008}]
