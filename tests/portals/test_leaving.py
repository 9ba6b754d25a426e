"""A portal of the old interface has a day to leave by, and what is tolerated of it stands in its file by name."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from idp.portals import RegistrationRefused, read_portals, register
from idp.portals.departures import departure_of
from idp.portals.laxities import UNLESS_STATED, Laxity
from idp.portals.leaving import days_left, fault_of
from idp.portals.portal import Portal, Registration
from idp.portals.writing import as_toml
from idp.storage import Database
from tests.portals.files import NATIVE, SERVICE, WEB, faults, read

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LEGACY: dict[str, Any] = {**WEB, "profile": "legacy-vnconnect", "leave_by": "2027-12-31"}


def of(**stated: Any) -> Registration:
    [new] = read({**LEGACY, **stated})
    return new.registration


def test_what_is_unstated_is_written_out() -> None:
    found = of()
    assert found.token_endpoint_auth_method == "client_secret_post"
    assert (found.id_token_signed_response_alg, found.leave_by, found.after_leave_by) == ("RS256", "2027-12-31", "warn")
    assert found.laxities == UNLESS_STATED == set(Laxity) - {Laxity.PLAIN_HTTP}
    assert found.consent == "ask"


def test_every_laxity_is_a_warning_and_so_is_the_day() -> None:
    warnings = of(laxities=["no_pkce", "old_claims"], token_endpoint_auth_method="client_secret_basic").warnings
    assert warnings == [
        "profile legacy-vnconnect is to be left by 2027-12-31: move the portal to web before",
        "laxity no_pkce: whoever steals a code can plant it in a browser of their own",
        "laxity old_claims: reads claims that no other provider has",
    ]
    assert len(of().warnings) <= 20
    assert all(len(warning) <= 200 for warning in of().warnings)


@pytest.mark.parametrize(
    ("stated", "member"),
    [
        ({"leave_by": ...}, "leave_by"),
        ({"leave_by": "2027-13-01"}, "leave_by"),
        ({"leave_by": "2027-02-30"}, "leave_by"),
        ({"leave_by": "20271231"}, "leave_by"),
        ({"leave_by": "2027-W01-1"}, "leave_by"),
        ({"leave_by": 2027}, "leave_by"),
        ({"leave_by": "soon"}, "leave_by"),
        ({"laxities": ["no_pkce", "everything"]}, "laxities"),
        ({"laxities": ["no_pkce", "no_pkce"]}, "laxities"),
        ({"laxities": "no_pkce"}, "laxities"),
        ({"laxities": ["plain_http", "no_pkce", "secret_in_body"]}, "laxities"),
        ({"laxities": ["no_pkce"]}, "token_endpoint_auth_method"),
        ({"after_leave_by": "refuse"}, "after_leave_by"),
        ({"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method"),
        ({"redirect_uris": ["http://dvc.example/signin-oidc"]}, "redirect_uris"),
        ({"grant_types": ["client_credentials"]}, "grant_types"),
    ],
    ids=str,
)
def test_what_such_a_file_cannot_say(stated: dict[str, Any], member: str) -> None:
    assert member in faults({**LEGACY, **stated})


@pytest.mark.parametrize(
    "profile", [WEB, {**WEB, "profile": "compat"}, NATIVE, SERVICE], ids=lambda one: one["profile"]
)
@pytest.mark.parametrize(
    "stated", [{"laxities": ["no_pkce"]}, {"leave_by": "2027-12-31"}, {"after_leave_by": "warn"}], ids=str
)
def test_no_other_profile_is_lax(profile: dict[str, Any], stated: dict[str, Any]) -> None:
    assert faults({**profile, **stated}) == set(stated)


def test_an_address_in_clear_is_opted_into() -> None:
    stated = ["plain_http", "old_claims", "secret_in_body"]
    found = of(laxities=stated, redirect_uris=["http://dvc.example/signin-oidc"])
    assert found.redirect_uris == ("http://dvc.example/signin-oidc",)
    assert faults({**LEGACY, "laxities": stated, "post_logout_redirect_uris": ["http://dvc.example/"]}) == {
        "post_logout_redirect_uris"
    }
    for bad in ("http://user@dvc.example/", "http://dvc.example/#x", "http://*.example/", "http:///x"):
        assert "redirect_uris" in faults({**LEGACY, "laxities": stated, "redirect_uris": [bad]})


@pytest.mark.parametrize("laxities", [..., [], ["no_pkce", "old_claims"]], ids=str)
def test_a_file_that_was_written_reads_as_what_it_was_written_from(laxities: Any) -> None:
    registration = of(laxities=laxities, after_leave_by="disable", token_endpoint_auth_method="client_secret_basic")
    [again] = read_portals(as_toml(registration).encode())
    assert again.registration == registration
    assert Registration.from_json(registration.to_json()) == registration


def test_a_laxity_that_is_given_up_one_day_is_gone() -> None:
    stored = of().to_json()
    assert Registration.from_json({**stored, "laxities": ["no_pkce", "gone"]}).laxities == {Laxity.NO_PKCE}


def test_a_date_of_toml_is_a_date() -> None:
    text = as_toml(of()).replace('"2027-12-31"', "2027-12-31")
    assert read_portals(text.encode())[0].registration.leave_by == "2027-12-31"


@pytest.mark.parametrize(
    ("days", "is_fine"), [(-1, False), (0, True), (90, True), (732, True), (733, False), (9999, False)]
)
async def test_the_day_is_at_most_two_years_ahead_when_it_is_set(database: Database, days: int, is_fine: bool) -> None:
    leave_by = (date(2026, 11, 23) + timedelta(days=days)).isoformat()
    new = read({**LEGACY, "leave_by": leave_by})
    if is_fine:
        [done] = await database.run(register, new, now=NOW)
        assert done.outcome == "added"
        return
    with pytest.raises(RegistrationRefused) as refused:
        await database.run(register, new, now=NOW)
    assert {fault.member for fault in refused.value.faults} == {"leave_by"}


async def test_a_day_that_is_over_keeps_nobody_from_changing_the_rest(database: Database) -> None:
    await database.run(register, read(LEGACY), now=NOW)
    later = NOW + timedelta(days=800)
    [done] = await database.run(register, read({**LEGACY, "laxities": ["secret_in_body"]}), replace=True, now=later)
    assert (done.outcome, done.portal.laxities) == ("changed", frozenset({Laxity.SECRET_IN_BODY}))
    with pytest.raises(RegistrationRefused):
        await database.run(register, read({**LEGACY, "leave_by": "2028-01-01"}), replace=True, now=later)


async def test_a_portal_moves_to_web_and_is_lax_no_more(database: Database) -> None:
    await database.run(register, read(LEGACY), now=NOW)
    [done] = await database.run(register, read(WEB), replace=True, now=NOW)
    moved: Portal = done.portal
    assert (moved.needs_pkce, moved.laxities, moved.leave_by, moved.warnings) == (True, frozenset(), None, [])
    assert await database.read(departure_of, moved, now=NOW) is None


def test_days_are_counted_in_viet_nam() -> None:
    evening = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # half past midnight there, a day later
    assert days_left("2026-11-24", now=NOW) == 1
    assert days_left("2026-11-24", now=evening) == 0
    assert days_left("2026-11-23", now=evening) == -1
    assert fault_of("2026-11-23", now=evening) == "is over"
