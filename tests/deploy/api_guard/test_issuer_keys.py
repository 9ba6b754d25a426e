"""Where the guard has the issuer's keys from, and what it does while the issuer is silent or says nonsense."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from deploy.api_guard import issuer_keys
from tests.deploy.api_guard.guarded import KEY, Guarded, guarded
from tests.support.small_server import answer

FRESH = ECKey.generate_key("P-256", {"kid": "fresh"})
PUBLIC = KEY.as_dict(private=False)


@pytest.fixture
def api() -> Iterator[Guarded]:
    with guarded(scope=["records"]) as running:
        yield running


def test_they_are_read_once_and_kept(api: Guarded) -> None:
    assert [api.ask(api.token()).status for _ in range(5)] == [200] * 5
    assert len(api.server.requests) == 2, "discovery and keys"


def test_a_new_key_is_found_while_it_runs_and_made_up_names_ask_once_a_second(api: Guarded) -> None:
    assert api.ask(api.token()).status == 200
    api.jwks["keys"].append(FRESH.as_dict(private=False))
    signed = api.token(header={"kid": "fresh"}, key=FRESH)
    for number in range(20):
        assert api.ask(api.token(header={"kid": f"made-up-{number}"})).status == 401
    assert len(api.server.requests) == 2, "the issuer was asked a moment ago"
    api.now += 1.5
    assert api.ask(signed).status == 200
    assert len(api.server.requests) == 4


def test_a_key_that_was_taken_back_is_forgotten(api: Guarded) -> None:
    assert api.ask(api.token()).status == 200
    api.jwks["keys"] = [FRESH.as_dict(private=False)]
    api.now += issuer_keys.FRESH_SECONDS + 1
    assert api.ask(api.token()).status == 401


def test_known_keys_count_for_a_while_when_the_issuer_is_silent(api: Guarded) -> None:
    assert api.ask(api.token()).status == 200
    api.about["jwks_uri"] = None
    api.now += issuer_keys.FRESH_SECONDS + 1
    assert api.ask(api.token()).status == 200
    assert api.ask(api.token(header={"kid": "fresh"}, key=FRESH)).status == 503, "it cannot say that there is none"
    api.now += issuer_keys.KEEP_SECONDS
    assert api.ask(api.token()).status == 503
    del api.about["jwks_uri"]
    api.now += 2
    assert api.ask(api.token()).status == 200


def test_a_clock_that_goes_back_does_not_keep_it_from_asking(api: Guarded) -> None:
    assert api.ask(api.token()).status == 200
    api.now -= 3600
    api.jwks["keys"].append(FRESH.as_dict(private=False))
    assert api.ask(api.token(header={"kid": "fresh"}, key=FRESH)).status == 200


NONSENSE: list[bytes] = [
    answer(status="500 Internal Server Error"),
    answer(status="302 Found", headers="Location: http://127.0.0.1:1/jwks\r\n"),
    answer(b"<html>"),
    answer(b"[]"),
    answer(b"{}"),
    answer(b'{"keys": {}}'),
    answer(b'{"keys": [], "keys": []}'),
    answer(b'{"keys": [%s]}' % b",".join([b"{}"] * 101)),
    answer(b'{"keys": [], "x": "%s"}' % (b"x" * 300_000)),
    answer(b"\xff"),
    b"nonsense\r\n\r\n",
]


@pytest.mark.parametrize("nonsense", range(len(NONSENSE)))
@pytest.mark.parametrize("of", [b"/jwks", b"/.well-known"])
def test_an_issuer_that_says_nonsense_lets_nobody_in(api: Guarded, nonsense: int, of: bytes) -> None:
    said = NONSENSE[nonsense]
    api.server.answer_to = lambda request: said if of in request else api.document(request)
    refused = api.ask(api.token())
    assert (refused.status, refused.body) == (503, b'{"error": "temporarily_unavailable"}')
    assert refused.header("retry-after") == "1"


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://another.example"},
        {"jwks_uri": 5},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://["},
    ],
    ids=str,
)
def test_a_discovery_document_that_cannot_be_ours_is_nonsense(api: Guarded, about: dict[str, Any]) -> None:
    api.about |= about
    assert api.ask(api.token()).status == 503


def test_an_issuer_that_hangs_is_not_waited_for_long(api: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer_keys, "_SECONDS_TO_ANSWER", 0.05)

    async def hang(_: Any) -> None:
        await asyncio.Event().wait()

    api.server.respond = hang
    assert api.ask(api.token()).status == 503


def test_many_wait_for_one_answer_and_not_one_after_the_other(api: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer_keys, "_SECONDS_TO_ANSWER", 0.2)

    async def hang(_: Any) -> None:
        api.now += 5
        await asyncio.Event().wait()

    api.server.respond = hang
    tokens = [api.token(header={"kid": f"made-up-{number}"}) for number in range(20)]
    assert [answer.status for answer in api.ask_at_once(tokens)] == [503] * 20
    assert api.server.connections == 1


def test_known_keys_do_not_wait_for_an_issuer_that_hangs(api: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.ask(api.token()).status == 200
    monkeypatch.setattr(issuer_keys, "_SECONDS_TO_ANSWER", 0.2)
    before = api.server.connections

    async def hang(_: Any) -> None:
        await asyncio.Event().wait()

    api.server.respond = hang
    api.now += issuer_keys.FRESH_SECONDS + 1
    assert [answer.status for answer in api.ask_at_once([api.token()] * 20)] == [200] * 20
    assert api.server.connections == before + 1


@pytest.mark.parametrize(
    "keys",
    [
        [PUBLIC, FRESH.as_dict(private=False) | {"kid": "published"}],
        [KEY.as_dict(private=True)],
        [PUBLIC | {"use": "enc"}],
        [PUBLIC | {"alg": "RS256"}],
        [PUBLIC | {"kid": None}],
        [PUBLIC | {"x": PUBLIC["y"]}],
        [OctKey.generate_key(256, {"kid": "published"}).as_dict()],
        ["published", None, 5],
    ],
    ids=["two of one name", "private", "use", "alg", "no name", "not on the curve", "secret", "no keys"],
)
def test_a_key_that_is_not_good_is_none(api: Guarded, keys: list[Any]) -> None:
    api.jwks["keys"] = json.loads(json.dumps(keys))
    assert api.ask(api.token()).status == 401
