"""Point 7: keys are changed by one command while everything runs."""

import json
import time
from typing import Any

from joserfc import jws

from tests.acceptance.suite import Person, Suite
from tests.support.portal import Portal


def published(suite: Suite) -> set[str]:
    return {key["kid"] for key in suite.http.get(suite.discovery["jwks_uri"]).json()["keys"]}


def signed_with(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


def rotated(suite: Suite, options: str) -> list[dict[str, Any]]:
    return list(json.loads(suite.demo.run(f"keys rotate --json {options}")))


def wait_until_published(suite: Suite, kid: str) -> None:
    deadline = time.monotonic() + 10
    while kid not in published(suite):
        assert time.monotonic() < deadline, "the running provider did not take the key up"
        time.sleep(0.1)


def test_a_key_added_now_signs_at_once_and_the_old_one_stays(suite: Suite, basic: Portal, woman: Person) -> None:
    before, old = published(suite), basic.tokens(woman.signs_in_at(basic))
    [added] = rotated(suite, "--algorithm RS256 --now")
    wait_until_published(suite, added["kid"])
    assert published(suite) == before | {added["kid"]}
    fresh = old
    deadline = time.monotonic() + 10
    while signed_with(fresh.id_token) != added["kid"]:
        assert time.monotonic() < deadline, "the new key does not sign"
        fresh = basic.tokens(woman.goes_to(basic))
    assert signed_with(old.id_token) in published(suite)
    # What the old key signed is still good.
    assert basic.code(woman.goes_to(basic, prompt="none", id_token_hint=old.id_token))


def test_a_planned_key_is_published_before_it_signs(suite: Suite) -> None:
    portal, person = suite.portal("told"), suite.person()
    added = rotated(suite, "--algorithm EdDSA")[0]
    wait_until_published(suite, added["kid"])
    assert added["state"] == "next"
    assert signed_with(portal.tokens(person.signs_in_at(portal)).id_token) != added["kid"]


def test_access_tokens_survive_a_rotation(suite: Suite, basic: Portal, woman: Person) -> None:
    tokens, program = basic.tokens(woman.signs_in_at(basic)), suite.portal("program")
    [added] = rotated(suite, "--algorithm ES256 --now")
    wait_until_published(suite, added["kid"])
    assert basic.claims(tokens)
    deadline = time.monotonic() + 10
    while True:
        token = program.post("token", {"grant_type": "client_credentials"}).json()["access_token"]
        if signed_with(token) == added["kid"]:
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    answer = suite.http.get(f"{suite.issuer}/demo-api", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, "the API did not find the new key"
