"""No metadata breaks the reader, and whatever it lets through is within what the agency settled."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idp.outbound.addresses import AllowList
from idp.portals import Profile, Registration, RegistrationRefused
from idp.portals.bounds import OFFERED, USUAL_SCOPES, Bounds
from idp.portals.members import KNOWN
from idp.portals.metadata import as_metadata, read_metadata
from tests.portals.files import EC_KEY
from tests.portals.test_any_file import keeps_the_rules

quick = settings(deadline=None)
NOWHERE = AllowList(())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["keys", "kty", "x", "y", "alg", "d", "kid"]) | st.text(max_size=3), inner)
    ),
    max_leaves=6,
)
near = st.sampled_from(
    [
        "web", "compat", "native", "service", "fapi2", "none", "client_secret_basic", "private_key_jwt", "openid",
        "openid offline_access citizen_number", "openid demo.api", "ES256", "RS256", "offline", "session", "ask",
        "always", "public", "pairwise", "lao-cai/land", "legacy-vnconnect", 0, 1, 2, True, [], {},
        ["authorization_code"], ["authorization_code", "refresh_token"], ["client_credentials"], ["code"], ["https://a.example/cb"],
        ["https://a.example/cb", "https://b.example/cb"], ["http://127.0.0.1/cb"], ["vn.example.app:/cb"],
        ["https://[::1]/cb"], ["https://a.example/"], ["https://[/cb"], "https://a.example/", "https://[", "http://localhost/",
        {"keys": [EC_KEY]}, {"keys": [{**EC_KEY, "d": "AAAA"}]}, {"keys": [{"kty": []}]}, "2030-01-01", ["no-pkce"],
    ]
)  # fmt: skip
names = st.sampled_from([*KNOWN, "client_name#vi", "client_name#\ud800", "sector_identifier_uri"]) | st.text(max_size=9)
metadata = st.dictionaries(names, near | json_values, max_size=7)
bounds = st.builds(
    Bounds,
    agency=st.just("UBND"),
    sector=st.sampled_from([None, None, "lao-cai"]),
    profiles=st.lists(st.sampled_from(OFFERED), min_size=1, unique=True).map(tuple),
    resources=st.sampled_from([frozenset[str](), frozenset({"https://a.example/"})]),
    scopes=st.sampled_from([frozenset(USUAL_SCOPES), frozenset({"openid", "demo.api"})]),
)
prefixed = st.builds(
    Bounds, agency=st.just("UBND"), sector_prefix=st.just("lao-cai/"), profiles=st.just((Profile.WEB,))
)
BASE = {"redirect_uris": ["https://a.example/cb"], "client_name": "A"}


def read(given_: Any, within: Bounds, *, demo: bool, before: Registration | None = None) -> Registration | None:
    try:
        described = read_metadata(given_, within, client_id="p-abc", before=before, demo=demo, allowed=NOWHERE)
    except RegistrationRefused as refusal:
        assert refusal.faults
        told = [f"{fault.member} {fault.sentence}" for fault in refusal.faults]
        assert all(each.isprintable() for each in told), told
        return None
    return described.portal.registration


@quick
@given(metadata, bounds | prefixed, st.booleans(), st.booleans())
@example({"jwks": {"keys": [{"kty": "EC", "alg": {}}]}}, Bounds(agency="A"), False, True)
def test_any_members(stated: dict[str, Any], within: Bounds, demo: bool, based: bool) -> None:
    portal = read({**(BASE if based else {}), **stated}, within, demo=demo)
    if portal is None:
        return
    keeps_the_rules(portal, demo=demo)
    assert portal.profile in within.profiles
    assert portal.scopes <= within.scopes
    assert set(portal.resources) <= within.resources
    assert (portal.agency, portal.province, portal.legal_basis) == ("UBND", None, "") or portal.agency == within.agency
    assert (portal.minimum_level, portal.step_up, portal.consent) in ((2, True, "ask"), (2, True, "always"))
    assert portal.sector.startswith(within.sector_prefix or within.sector or "")
    assert not portal.laxities and portal.leave_by is None
    # What is told can be sent again, and is the same portal then (RFC 7592 §2.2).
    told = as_metadata(portal)
    again = read(json.loads(orjson.dumps(told)) | _vouched(stated), within, demo=demo, before=portal)
    assert again == portal
    assert as_metadata(portal) == told


def _vouched(stated: dict[str, Any]) -> dict[str, Any]:
    """What is kept beside a registration."""
    return {name: stated[name] for name in ("sector_identifier_uri",) if name in stated}


@pytest.mark.parametrize("within", [Bounds(agency="A"), Bounds(agency="A", profiles=OFFERED)])
@quick
@given(json_values)
def test_each_member_takes_any_value(within: Bounds, value: Any) -> None:
    for member in (*KNOWN, "client_name#vi", "sector_identifier_uri"):
        read({**BASE, member: value}, within, demo=False)
