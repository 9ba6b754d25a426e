"""An API that wants a better sign-in, and portals that fetch one: over the real provider, with its clock (RFC 9470)."""

import asyncio
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from joserfc.jwk import ECKey
from starlette.applications import Starlette

from deploy.step_up.at_provider import Asked, AtProvider, Person
from deploy.step_up.both import StepUpPortal, portals
from deploy.step_up.challenge import Challenge
from deploy.step_up.holding import ByKeys
from deploy.step_up.records_api import EXTRACT, RECORDS, build_api
from tests.support.provider import LoopThread, Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy
from tests.support.visitor import Visitor

LEVEL = "urn:vn:eid:auth-level:"


@dataclass
class Watched(AtProvider):
    """A portal's program that shows the test whom it signed in, as it would show somebody who has broken in."""

    signed_in: list[Person] = field(default_factory=list)

    async def finish(self, asked: Asked, answer: Mapping[str, str]) -> Person:
        self.signed_in.append(await super().finish(asked, answer))
        return self.signed_in[-1]


@dataclass
class Example:
    """Everything that runs: the provider, the API and both portals."""

    provider: Provider
    api: str
    bound: StepUpPortal
    plain: StepUpPortal
    programs: dict[str, Watched]

    def portal(self, name: str) -> StepUpPortal:
        found: StepUpPortal = getattr(self, name)
        return found

    def held_by(self, name: str) -> Person:
        """What the portal holds of the person who signed in there last."""
        return self.programs[name].signed_in[-1]


@contextmanager
def serving(thread: LoopThread, app: Starlette, listening: socket.socket) -> Iterator[None]:
    """The application on that socket, until the end of the block."""
    config = uvicorn.Config(app, lifespan="on", proxy_headers=False, ws="none", access_log=False, log_config=None)
    server = uvicorn.Server(config)

    async def start() -> "asyncio.Task[None]":
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.005)
        return task

    async def stop(task: "asyncio.Task[None]") -> None:
        server.should_exit = True
        await task

    task = thread.run(start())
    try:
        yield
    finally:
        thread.run(stop(task))


@pytest.fixture(scope="module")
def running(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    folder = tmp_path_factory.mktemp("step_up")
    thread = LoopThread()
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    resource, bound_url, plain_url = (f"http://localhost:{each.getsockname()[1]}" for each in sockets)
    key = ECKey.generate_key("P-256", {"kid": "own", "use": "sig"})
    bound, plain = portals(bound_url, plain_url, resource, key=key, secret=f"demo-{secrets.token_hex(20)}")
    with running_provider(sqlite_copy(_sqlite_template, folder), folder) as provider:

        def clock() -> float:
            return provider.clock.now().timestamp()

        for portal in (bound, plain):
            provider.register(portal.registration())
        programs = {
            name: Watched(**vars(portal.at_provider(provider.issuer, clock)))
            for name, portal in (("bound", bound), ("plain", plain))
        }
        api = build_api(issuer=provider.issuer, url=resource, clock=clock)
        with (
            serving(thread, api, sockets[0]),
            serving(thread, bound.build(programs["bound"]), sockets[1]),
            serving(thread, plain.build(programs["plain"]), sockets[2]),
        ):
            yield Example(provider, resource, bound, plain, programs)
    thread.close()
    for each in sockets:
        each.close()


@pytest.fixture
def example(running: Example) -> Iterator[Example]:
    yield running
    running.provider.close_browsers()


@pytest.fixture
def visitor(example: Example) -> Visitor:
    """Somebody with an account, in a fresh browser."""
    return example.provider.visitor()


def shown(visitor: Visitor) -> dict[str, Any]:
    """What the API has told, on the portal's page."""
    told: dict[str, Any] = json.loads(visitor.browser.page.element("answer").text)
    return told


@pytest.mark.parametrize("name", ["bound", "plain"])
def test_the_portal_fetches_the_sign_in_that_the_api_wants(example: Example, visitor: Visitor, name: str) -> None:
    portal, browser = example.portal(name), visitor.browser
    browser.open(f"{portal.url}/sign-in")
    visitor.gives_password()
    assert browser.page.element("level").text == f"{LEVEL}1", "a password is enough here"
    browser.click("records")
    assert shown(visitor)["client_id"] == portal.client_id

    browser.click("extract")
    assert browser.page.has("otp-form"), "the one-time code is asked, and the password is not asked again"
    visitor.gives_code()
    assert browser.page.url == f"{portal.url}/extract"
    first = shown(visitor)
    assert (first["acr"], first["extract"]) == (f"{LEVEL}2", "Thửa 57, tờ bản đồ số 12, 180 m²")

    example.provider.clock.advance(seconds=200)
    browser.open(f"{portal.url}/extract")
    assert shown(visitor) == first, "five minutes are not over"

    example.provider.clock.advance(seconds=150)
    browser.open(f"{portal.url}/records")
    assert shown(visitor)["client_id"] == portal.client_id, "the records do not ask how long ago"
    browser.open(f"{portal.url}/extract")
    assert browser.page.has("sign-in-form"), "max_age has passed"
    visitor.goes_on()
    again = shown(visitor)
    assert again["acr"] == f"{LEVEL}2"
    assert again["auth_time"] == first["auth_time"] + 350


@pytest.mark.parametrize("name", ["bound", "plain"])
def test_what_the_api_and_the_portal_say_on_the_way(example: Example, visitor: Visitor, name: str) -> None:
    """The challenge at the API, word by word, and that the portal hands it on."""
    portal = example.portal(name)
    visitor.browser.open(f"{portal.url}/sign-in")
    visitor.gives_password()
    answer = call(example, example.held_by(name), EXTRACT, key=key_of(example, name))
    assert answer.status_code == 401
    error, wanted = 'error="insufficient_user_authentication"', f'acr_values="{LEVEL}2", max_age="300"'
    scheme = "DPoP" if name == "bound" else "Bearer"
    assert answer.headers["www-authenticate"].startswith(f'{scheme} realm="land-registry", {error}, {wanted}')
    assert answer.json() == {"error": "insufficient_user_authentication"}
    visitor.browser.open(f"{portal.url}/extract")
    sent = next(visit.location for visit in visitor.browser.history[::-1] if visit.url.endswith("/extract"))
    assert sent is not None
    asked = httpx.URL(sent).params
    if name == "plain":
        assert (asked["acr_values"], asked["max_age"], asked["resource"]) == (f"{LEVEL}2", "300", example.api)
    else:
        assert asked.keys() == {"client_id", "request_uri"}, "what is wanted was pushed"


def test_one_good_sign_in_serves_both_portals(example: Example, visitor: Visitor) -> None:
    visitor.browser.open(f"{example.bound.url}/extract")
    visitor.goes_on()
    assert shown(visitor)["acr"] == f"{LEVEL}2"
    visitor.browser.open(f"{example.plain.url}/extract")
    assert shown(visitor)["acr"] == f"{LEVEL}2", "nothing is asked again"


def test_a_token_that_another_portal_stole_is_worth_nothing(example: Example, visitor: Visitor) -> None:
    visitor.browser.open(f"{example.bound.url}/records")
    visitor.goes_on()
    stolen = example.held_by("bound")
    invalid = 'DPoP realm="land-registry", error="invalid_token"'
    assert call(example, stolen, RECORDS, key=None).headers["www-authenticate"].startswith(invalid)
    thief = ByKeys(example.bound.key, ECKey.generate_key("P-256"))
    refused = call(example, stolen, RECORDS, key=thief)
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_dpop_proof"})
    assert call(example, stolen, RECORDS, key=key_of(example, "bound")).status_code == 200
    # And at the provider neither the thief's name nor its key help with what renews the token.
    fields = {"grant_type": "refresh_token", "refresh_token": stolen.refresh_token or ""}
    token_url = f"{example.provider.issuer}/token"
    answer = example.provider.http.post(token_url, data=fields, auth=(example.plain.client_id, example.plain.secret))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_token_for_the_api_is_for_nothing_else(example: Example, visitor: Visitor) -> None:
    visitor.browser.open(f"{example.plain.url}/records")
    visitor.goes_on()
    bearer = {"Authorization": f"Bearer {example.held_by('plain').access_token}"}
    assert example.provider.get("/userinfo", headers=bearer).status_code == 401


def test_somebody_else_does_not_go_on_where_the_first_was_going(example: Example, visitor: Visitor) -> None:
    """The first leaves the browser to another, who signs in when the extract wants a better sign-in."""
    browser = visitor.browser
    browser.open(f"{example.plain.url}/sign-in")
    visitor.gives_password()
    example.provider.clock.advance(seconds=320)
    browser.open(f"{example.plain.url}/extract")
    assert browser.page.has("sign-in-form")
    other = Visitor(example.provider.newcomer(), browser, example.provider.clock)
    other.goes_on()
    assert browser.page.url == f"{example.plain.url}/"


def test_a_portal_that_may_not_ask_for_more_says_so_and_does_not_go_round(example: Example, visitor: Visitor) -> None:
    """The provider heeds `acr_values` of this portal no more, so that what the API wants is never reached."""
    usual = example.plain.registration()
    example.provider.register({**usual, "step_up": False}, replace=True)
    try:
        visitor.browser.open(f"{example.plain.url}/extract")
        visitor.goes_on()
        assert (visitor.browser.page.status, visitor.browser.page.has("not-enough")) == (403, True)
    finally:
        example.provider.register(usual, replace=True)


def test_an_answer_that_nobody_waits_for_is_none(example: Example, visitor: Visitor) -> None:
    page = visitor.browser.open(f"{example.bound.url}/callback?code=c_x&state=y&iss={example.provider.issuer}")
    assert (page.status, page.has("failed")) == (502, True)


@pytest.mark.parametrize(
    ("header", "error", "wanted"),
    [
        ("", "", {}),
        ('Bearer realm="a"', "", {}),
        (
            'DPoP error="insufficient_user_authentication", acr_values="a b", max_age="5"',
            "step-up",
            {"acr_values": "a b", "max_age": "5"},
        ),
        ('Bearer error="insufficient_user_authentication", max_age="soon"', "step-up", {}),
        ("Bearer error=insufficient_user_authentication", "", {}),
    ],
    ids=range(5),
)
def test_a_challenge_is_read_or_left(header: str, error: str, wanted: dict[str, str]) -> None:
    read = Challenge.read(httpx.Response(401, headers={"www-authenticate": header}))
    assert (read.is_step_up, read.wanted) == (error == "step-up", wanted)


def key_of(example: Example, name: str) -> ByKeys | None:
    """What the portal proves its tokens with."""
    holding = example.programs[name].holding
    return holding if isinstance(holding, ByKeys) else None


def call(example: Example, person: Person, path: str, *, key: ByKeys | None) -> httpx.Response:
    """A call with that token, proven by `key` or not at all; once more where a nonce is asked for."""
    url, now = f"{example.api}{path}", example.provider.clock.now().timestamp()
    for _ in range(2):
        bearer = {"Authorization": f"Bearer {person.access_token}"}
        headers = bearer if key is None else key.proof("GET", url, now, person.access_token)
        answer = example.provider.http.get(url, headers=headers)
        if key is None or not key.heed(url, answer.headers.get("dpop-nonce")):
            break
    return answer
