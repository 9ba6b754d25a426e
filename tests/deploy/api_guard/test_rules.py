"""What a path asks for beyond a good token, and how that is said (RFC 6750 §3.1, RFC 9470 §3)."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.api_guard import Rule
from deploy.api_guard.rules import rule_of
from tests.deploy.api_guard.guarded import CALLER, NOW, Guarded, guarded

ONE, TWO, THREE = (f"urn:vn:eid:auth-level:{level}" for level in (1, 2, 3))
WANTED = 'Bearer realm="api", error="insufficient_user_authentication"'
RULES = [
    Rule("/healthz", is_open=True),
    Rule("/records", scope=["records"]),
    Rule("/records", ["POST", "DELETE"], scope=["records", "records.write"], acr=[TWO, THREE], max_age=300),
    Rule("/records/sealed", scope=["records"], acr=[TWO], bound=True),
]


@pytest.fixture
def api() -> Iterator[Guarded]:
    with guarded(scope=["everything"], rules=RULES) as running:
        yield running


def test_a_scope_that_is_missing_is_named(api: Guarded) -> None:
    refused = api.ask(api.token(scope="openid"))
    assert (refused.status, refused.body) == (403, b'{"error": "insufficient_scope"}')
    assert refused.challenge == 'Bearer realm="api", error="insufficient_scope", scope="records"'
    assert api.ask(api.token(scope=None)).status == 403
    assert api.ask(api.token(scope="recordsx xrecords")).status == 403


def test_a_level_that_is_too_low_is_asked_for(api: Guarded) -> None:
    fields: dict[str, Any] = {"scope": "records records.write"}
    refused = api.ask(api.token(**fields), method="POST")
    assert (refused.status, refused.body) == (401, b'{"error": "insufficient_user_authentication"}')
    assert refused.challenge == f'{WANTED}, acr_values="{TWO} {THREE}", max_age="300"'
    assert api.ask(api.token(acr=None, **fields), method="POST").status == 401
    for level in (TWO, THREE):
        assert api.ask(api.token(acr=level, **fields), method="POST").status == 200


def test_a_sign_in_that_is_too_old_is_asked_for_again(api: Guarded) -> None:
    def ask(auth_time: int | None) -> int:
        token = api.token(acr=TWO, auth_time=auth_time, scope="records records.write")
        return api.ask(token, method="POST").status

    assert [ask(int(NOW) - age) for age in (0, 299, 310, 311, 3600)] == [200, 200, 200, 401, 401]
    assert ask(None) == 401, "one that does not say is old"


def test_the_challenge_has_the_scheme_of_the_call(api: Guarded) -> None:
    token = api.token(binding=CALLER)
    proof = api.proof(token, htm="POST")
    refused = api.ask(token, proof, method="POST")
    assert refused.challenge.startswith('DPoP realm="api", error="insufficient_scope", scope="records records.write"')


def test_a_path_may_want_bound_tokens_only(api: Guarded) -> None:
    sealed: dict[str, Any] = {"path": "/records/sealed/1"}
    assert api.ask(api.token(acr=TWO), **sealed).challenge == 'Bearer realm="api", error="invalid_token"'
    token = api.token(acr=TWO, binding=CALLER)
    proof = api.proof(token, htu="https://records.example/api/records/sealed/1")
    assert api.ask(token, proof, **sealed).status == 200


def test_the_longest_path_decides_and_the_guards_own_is_for_the_rest(api: Guarded) -> None:
    good = api.token()
    assert api.ask(good).status == 200
    assert api.ask(good, path="/records/1", method="HEAD").status == 200
    for path in ("/", "/recordsx", "/Records", "/healthzz"):
        assert 'scope="everything"' in api.ask(good, path=path).challenge
    assert api.ask(path="/healthz").status == 200
    assert api.ask(path="/healthz/live").claims == {}


def test_a_rule_for_everything_takes_the_place_of_the_guards_own(api: Guarded) -> None:
    api.guarded_by(scope=["everything"], rules=[Rule("/", scope=["records"])])
    assert api.ask(api.token(), path="/anything").status == 200


@pytest.mark.parametrize(
    "path", ["/healthz/../records", "/healthz/./x", "/healthz//x", "//healthz", "/healthz/..", "/healthz\\..", "", "*"]
)
def test_a_path_that_can_be_read_in_two_ways_is_refused(api: Guarded, path: str) -> None:
    assert api.ask(path=path).status == 400
    assert api.ask(api.token(), path=path).status == 400


def test_below_a_mount_the_paths_are_those_of_the_application(api: Guarded) -> None:
    assert api.ask(path="/v1/healthz", root_path="/v1").status == 200
    assert api.ask(path="/v1/healthz").status == 401
    assert api.ask(api.token(), path="/v1/records", root_path="/v1/").status == 200


@given(st.lists(st.sampled_from(["a", "b", "..", ".", "", "open"]), max_size=5).map("/".join), st.booleans())
def test_what_is_open_is_below_what_was_opened(path: str, is_rooted: bool) -> None:
    rules = [Rule("/open", is_open=True), Rule("/", scope=["records"])]
    rule = rule_of(rules, f"/{path}" if is_rooted else path, "GET")
    if rule is rules[0]:
        assert f"/{path}".replace("//", "/").startswith("/open")
        assert ".." not in path


@pytest.mark.parametrize(
    "stated",
    [
        {"path": "/"},
        {"path": "/", "acr": [TWO], "bound": True},
        {"path": "/", "scope": ["records"], "is_open": True},
        {"path": "records", "scope": ["records"]},
        {"path": "/", "scope": "records"},
        {"path": "/", "scope": ["records"], "acr": ['a"b']},
        {"path": "/", "scope": ["records"], "max_age": -1},
        *({"path": path, "scope": ["records"]} for path in ("", "/a/../b", "/a//b", "/a\\b")),
        {"path": "/", "scope": ["records"], "methods": "DELETE"},
        {"path": "/", "scope": ["records"], "methods": ["delete"]},
        {"path": "/", "scope": ["records"], "methods": ["GET", "Delete"]},
        {"path": "/", "scope": ["records"], "methods": []},
        {"path": "/", "scope": ["records"], "methods": [""]},
        {"path": "/", "scope": ["records"], "methods": ["GET POST"]},
        {"path": "/", "scope": ["records"], "methods": ["DELETE\n"]},
        {"path": "/", "scope": ["records"], "methods": ["HEAD"]},
        {"path": "/", "is_open": True, "max_age": 0},
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Rule(**stated)


def test_a_guard_without_a_scope_does_not_start(api: Guarded) -> None:
    """A token for this API that allows nothing, `scope: ""`, would get through."""
    with pytest.raises(ValueError, match="names a scope"):
        api.guarded_by(scope=[])
    assert api.ask(api.token(scope="")).status == 403
