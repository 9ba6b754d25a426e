"""A portal that publishes its keys changes them without a word to us, and nobody can make us call it for nothing."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from idp.key_sets.portal_key_sets import PortalKeySets
from idp.portals.portal import Portal as Registered
from idp.portals.registering import set_disabled
from tests.protocol.portal_keys.conftest import OLD
from tests.support.at_once import at_once
from tests.support.eventually import eventually
from tests.support.forging import claims_of, signed
from tests.support.key_server import KeyServer, key
from tests.support.portal import ASSERTION_TYPE, Portal, error_of
from tests.support.portal_file import KEY
from tests.support.provider import Provider
from tests.support.raw_http import Answer
from tests.support.refusal_record import Record
from tests.support.small_server import answer

NEW = key("new")
RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)


@pytest.fixture
def portal(provider: Provider, keys: KeyServer) -> Portal:
    return provider.portal(token_endpoint_auth_method="private_key_jwt", jwks_uri=keys.uri)


@pytest.fixture
def record(provider: Provider, portal: Portal) -> Record:
    assert portal.client_id
    return Record(provider)


def asks(portal: Portal, by: Any, **header: Any) -> httpx.Response:
    """A request that `by` signed for."""
    head = {"kid": by.kid, **header}
    proof = {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed(claims_of(portal.assertion()), by, **head),
    }
    return portal.post("introspection", {"token": "x", **proof}, authenticate=False)


def test_the_published_key_proves_the_portal(portal: Portal, keys: KeyServer) -> None:
    assert asks(portal, OLD).status_code == 200
    assert error_of(asks(portal, NEW)) == "invalid_client"
    assert keys.calls == 1


def test_a_portal_rolls_its_keys_over_without_a_word(portal: Portal, keys: KeyServer, provider: Provider) -> None:
    assert asks(portal, OLD).status_code == 200
    keys.publishes(OLD, NEW)
    provider.clock.advance(seconds=5)
    assert asks(portal, NEW).status_code == 200
    assert asks(portal, OLD).status_code == 200
    keys.publishes(NEW)
    provider.clock.advance(minutes=10)
    assert asks(portal, NEW).status_code == 200
    assert error_of(asks(portal, OLD)) == "invalid_client"


@pytest.mark.parametrize(
    ("cache_control", "minutes"),
    [
        (None, 10),
        ("public", 10),
        ("max-age=1", 1),
        ("no-store", 1),
        ("max-age=1800, no-cache", 1),
        ("public, Max-Age=1800", 30),
        ('max-age="1800"', 30),
        ("max-age=9999999999", 24 * 60),
        ("max-age=-5", 10),
        ("max-age=x", 10),
        ("max-age=", 10),
    ],
)
def test_a_set_is_good_for_as_long_as_it_says_within_bounds(
    portal: Portal, keys: KeyServer, provider: Provider, cache_control: str | None, minutes: int
) -> None:
    keys.publishes(OLD, cache_control=cache_control)
    assert asks(portal, OLD).status_code == 200
    provider.clock.advance(seconds=60 * minutes - 1)
    assert asks(portal, OLD).status_code == 200
    assert keys.calls == 1
    provider.clock.advance(seconds=1)
    assert asks(portal, OLD).status_code == 200
    assert keys.calls == 2


def test_made_up_kids_make_us_call_once_in_five_seconds(portal: Portal, keys: KeyServer, provider: Provider) -> None:
    for number in range(20):
        assert error_of(asks(portal, key(f"made-up-{number}"))) == "invalid_client"
    assert keys.calls == 1
    provider.clock.advance(seconds=4.9)
    assert error_of(asks(portal, key("another"))) == "invalid_client"
    assert keys.calls == 1
    provider.clock.advance(seconds=0.2)
    assert error_of(asks(portal, key("another"))) == "invalid_client"
    assert keys.calls == 2
    assert asks(portal, OLD).status_code == 200
    assert keys.calls == 2


def test_many_at_once_wait_for_one_call(portal: Portal, keys: KeyServer, record: Record) -> None:
    """One assertion is good once: the other twenty-nine were verified as well, and came too late."""
    answers = while_held(keys, portal, signed(claims_of(portal.assertion()), OLD, kid="old"), times=30)
    assert sorted(each.status for each in answers) == [200] + [401] * 29
    assert record.reasons() == {"assertion_used_before"}
    assert keys.calls == 1


def test_many_strangers_at_once_wait_for_one_call(portal: Portal, keys: KeyServer, record: Record) -> None:
    answers = while_held(keys, portal, signed(claims_of(portal.assertion()), NEW, kid="made-up"), times=40)
    assert {each.status for each in answers} == {401}
    assert keys.calls == 1
    assert record.reasons() == {"key"}


def while_held(keys: KeyServer, portal: Portal, assertion: str, *, times: int) -> list[Answer]:
    """So many requests at once, which the key server answers only after they have come."""
    fields = {"token": "x", "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    address = portal.provider["introspection_endpoint"]
    with keys.held() as release, ThreadPoolExecutor(1) as pool:
        answers = pool.submit(at_once, address, fields, headers={}, times=times)
        eventually(lambda: keys.calls > 0)
        release()
        return answers.result()


@pytest.mark.parametrize(
    "change",
    [{"iss": "nobody", "sub": "nobody"}, {"iss": 7, "sub": ["x"]}, {"iss": None, "sub": None}],
    ids=["of nobody", "of no text", "of nothing"],
)
def test_a_token_that_names_no_portal_calls_nobody(portal: Portal, keys: KeyServer, change: dict[str, Any]) -> None:
    claims = {**claims_of(portal.assertion()), **change}
    for token in (signed(claims, OLD), "x", "e30.e30.", "..", signed("[]", OLD)):
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
        assert portal.post("introspection", {"token": "x", **proof}, authenticate=False).status_code == 401
    assert keys.calls == 0


def test_an_algorithm_that_the_portal_may_not_use_calls_nobody(provider: Provider, keys: KeyServer) -> None:
    portal = provider.portal(profile="fapi2", jwks_uri=keys.uri)
    assert error_of(asks(portal, RSA, alg="RS256")) == "invalid_client"
    assert keys.calls == 0


def test_keys_outlive_their_server_by_a_day(
    portal: Portal, keys: KeyServer, provider: Provider, record: Record
) -> None:
    assert asks(portal, OLD).status_code == 200
    keys.fails()
    provider.clock.advance(hours=23.9)
    assert asks(portal, OLD).status_code == 200
    assert keys.calls == 2
    assert error_of(asks(portal, NEW)) == "invalid_client"
    assert record.reasons() == {"key_set_status"}
    provider.clock.advance(hours=0.2)
    assert error_of(asks(portal, OLD)) == "invalid_client"
    keys.publishes(OLD)
    provider.clock.advance(seconds=5)
    assert asks(portal, OLD).status_code == 200


def test_known_keys_wait_for_nobody_once_their_server_has_failed(
    portal: Portal, keys: KeyServer, provider: Provider
) -> None:
    """What the late answer brings is taken up, though nobody waited for it."""
    assert asks(portal, OLD).status_code == 200
    keys.fails()
    provider.clock.advance(minutes=10)
    assert asks(portal, OLD).status_code == 200
    keys.publishes(NEW)
    provider.clock.advance(seconds=5)
    with keys.held() as release:
        for _ in range(3):
            assert asks(portal, OLD).status_code == 200
        release()
        eventually(lambda: asks(portal, OLD).status_code == 401)
    assert keys.calls == 3
    assert asks(portal, NEW).status_code == 200


def test_known_keys_wait_for_a_second_where_their_server_begins_to_hang(
    portal: Portal, keys: KeyServer, provider: Provider
) -> None:
    assert asks(portal, OLD).status_code == 200
    keys.publishes(NEW)
    provider.clock.advance(minutes=10)
    with keys.held() as release:
        assert asks(portal, OLD).status_code == 200
        release()
        eventually(lambda: asks(portal, OLD).status_code == 401)
    assert keys.calls == 2


def test_an_unknown_key_is_waited_for_though_the_server_has_failed(
    portal: Portal, keys: KeyServer, provider: Provider
) -> None:
    assert asks(portal, OLD).status_code == 200
    keys.fails()
    provider.clock.advance(minutes=10)
    assert asks(portal, OLD).status_code == 200
    keys.publishes(OLD, NEW)
    provider.clock.advance(seconds=5)
    assert asks(portal, NEW).status_code == 200


def test_a_call_that_nobody_waits_for_ends_with_the_program(provider: Provider, keys: KeyServer) -> None:
    parts = provider.parts
    sets = PortalKeySets(parts.portals, parts.outbound_to_portals, parts.clock)
    registered = of(provider, provider.portal(jwks_uri=keys.uri).client_id)
    provider.run(sets.ready(registered))
    provider.clock.advance(minutes=10)

    async def close_while_it_calls() -> int:
        await sets.ready(registered)
        before = len(asyncio.all_tasks())
        await sets.close()
        return before - len(asyncio.all_tasks())

    with keys.held():
        assert provider.run(close_while_it_calls()) >= 1
    assert len(sets.of(registered).certificates) == 0
    assert sets.of(registered).fault is None


def test_a_portal_that_was_never_heard_is_not_called_at_every_request(
    portal: Portal, keys: KeyServer, provider: Provider, record: Record
) -> None:
    keys.fails()
    for _ in range(5):
        assert error_of(asks(portal, OLD)) == "invalid_client"
    assert keys.calls == 1
    assert record.reasons() == {"key_set_status"}
    keys.publishes(OLD)
    provider.clock.advance(seconds=5)
    assert asks(portal, OLD).status_code == 200


def test_a_changed_address_is_asked_at_once_and_the_old_keys_are_gone(
    provider: Provider, portal: Portal, keys: KeyServer
) -> None:
    assert asks(portal, OLD).status_code == 200
    keys.publishes(NEW)
    moved = provider.register({**portal.members, "jwks_uri": f"{keys.uri}?moved"}, replace=True)
    assert error_of(asks(moved, OLD)) == "invalid_client"
    assert asks(moved, NEW).status_code == 200
    assert keys.calls == 2
    stays = {name: value for name, value in portal.members.items() if name != "jwks_uri"}
    settled = provider.register({**stays, "jwks": {"keys": [KEY.as_dict(private=False)]}}, replace=True)
    assert error_of(asks(settled, NEW)) == "invalid_client"
    assert settled.introspect("x") == {"active": False}
    assert keys.calls == 2


def _set(*listed: Any) -> Callable[[KeyServer], None]:
    return lambda keys: keys.publishes(*listed)


def _says(body: bytes, **more: str) -> Callable[[KeyServer], None]:
    return lambda keys: keys.says(answer(body, **more))


PUBLIC = OLD.as_dict(private=False)
BAD: dict[str, tuple[Callable[[KeyServer], None], str]] = {
    "html": (
        _says(b"<!doctype html><title>Welcome</title>", headers="Content-Type: text/html\r\n"),
        "key_set_not_json",
    ),
    "empty": (_says(b""), "key_set_not_json"),
    "a list": (_says(b"[]"), "key_set_not_json"),
    "a member twice": (_says(b'{"keys": [], "keys": []}'), "key_set_not_json"),
    "deep": (_says(b'{"keys":' + b"[" * 30000 + b"]" * 30000 + b"}"), "key_set_not_json"),
    "no text": (_says(b'{"keys": ["\xff"]}'), "key_set_not_json"),
    "no keys": (_says(b"{}"), "key_set_not_a_key_set"),
    "keys that are no list": (_says(b'{"keys": {}}'), "key_set_not_a_key_set"),
    "21 keys": (_set(*[PUBLIC] * 21), "key_set_too_many_keys"),
    "11 usable keys": (_set(*[PUBLIC] * 11), "key_set_too_many_keys"),
    "65 kB": (_says(b" " * (1 << 16) + b"{}"), "key_set_unavailable"),
    "a redirect": (_says(b"", status="302 Found", headers="Location: http://127.0.0.1:1/\r\n"), "key_set_redirects"),
    "created": (_says(b'{"keys": []}', status="201 Created"), "key_set_status"),
    "an error": (_says(b'{"keys": []}', status="500 Internal Server Error"), "key_set_status"),
    "packed": (_says(b"x", headers="Content-Encoding: gzip\r\n"), "key_set_unavailable"),
    "its private key": (_set(OLD.as_dict(private=True)), "key"),
    "its private key beside the public one": (_set(OLD.as_dict(private=True), PUBLIC), "key"),
    "for encryption only": (_set({**PUBLIC, "use": "enc"}), "key"),
    "for another algorithm only": (_set({**PUBLIC, "alg": "ECDH-ES"}), "key"),
    "nothing understood": (_set({"kty": "AKP"}, {"kty": "oct", "k": "AAAA"}, {**PUBLIC, "crv": "P-521"}), "key"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_key_set_proves_nobody_and_harms_nobody(
    provider: Provider, portal: Portal, keys: KeyServer, record: Record, name: str
) -> None:
    publish, reason = BAD[name]
    publish(keys)
    assert error_of(asks(portal, OLD)) == "invalid_client"
    assert record.reasons() == {reason}
    assert provider.portal().introspect("x") == {"active": False}
    keys.publishes(OLD)
    provider.clock.advance(minutes=10)
    assert asks(portal, OLD).status_code == 200


def test_what_is_not_understood_in_a_set_is_left_out(portal: Portal, keys: KeyServer) -> None:
    """RFC 7517 §5; the private key that lies open takes nothing else with it."""
    odd: list[dict[str, Any]] = [
        {"kty": "AKP", "alg": "ML-DSA-44", "kid": "tomorrow"},
        {"kty": "OKP", "crv": "X25519", "x": "AAAA"},
        {**key("other curve").as_dict(private=False), "crv": "P-521"},
        key("burnt").as_dict(private=True),
        {**PUBLIC, "kid": "false certificate", "x5c": ["MIIB"]},
    ]
    keys.publishes(*odd, OLD, {**NEW.as_dict(private=False), "use": "enc", "alg": "ECDH-ES"}, RSA)
    assert asks(portal, OLD).status_code == 200
    assert asks(portal, RSA, alg="PS256").status_code == 200
    assert error_of(asks(portal, NEW)) == "invalid_client"


def test_a_token_without_a_kid_is_tried_with_every_key_of_its_algorithm(portal: Portal, keys: KeyServer) -> None:
    keys.publishes(OLD, RSA, NEW)
    assert asks(portal, NEW, kid=None).status_code == 200
    assert asks(portal, RSA, alg="RS256", kid=None).status_code == 200
    assert error_of(asks(portal, key("stranger"), kid=None)) == "invalid_client"
    assert error_of(asks(portal, NEW, kid="old")) == "invalid_client"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/jwks", "https://127.0.0.1:9/jwks", "https://localhost:9/jwks"])
def test_an_address_inside_is_not_called(provider: Provider, address: str) -> None:
    """The demo may register one; only what IDP_OUTBOUND_ALLOW lists is called."""
    portal = provider.portal(token_endpoint_auth_method="private_key_jwt", jwks_uri=address)
    record = Record(provider)
    assert error_of(asks(portal, OLD)) == "invalid_client"
    assert record.reasons() == {"key_set_not_allowed"}


def test_portals_that_are_gone_drop_out(provider: Provider, keys: KeyServer) -> None:
    parts = provider.parts
    sets = PortalKeySets(parts.portals, parts.outbound_to_portals, parts.clock)
    several = [provider.portal(jwks_uri=f"{keys.uri}?{number}").client_id for number in range(3)]
    for client_id in several:
        provider.run(sets.ready(of(provider, client_id)))
    assert (len(sets), keys.calls) == (3, 3)
    left = of(provider, several[2])
    for client_id in several[:2]:
        provider.run(parts.database.run(set_disabled, client_id, True, now=provider.clock.now()))
    provider.tick()
    provider.clock.advance(minutes=10)
    provider.run(sets.ready(left))
    assert (len(sets), keys.calls) == (1, 4)


def of(provider: Provider, client_id: str) -> Registered:
    found = provider.parts.portals.get(client_id)
    assert found is not None
    return found


def test_a_request_object_has_its_keys_fetched_too(portal: Portal, keys: KeyServer) -> None:
    """What a token is for is said by its reader; whose keys it needs, by its `iss`."""
    request = signed({"iss": portal.client_id, "aud": portal.issuer}, OLD, kid="old")
    portal.post("introspection", {"token": "x", "request": request}, authenticate=False)
    assert keys.calls == 1
