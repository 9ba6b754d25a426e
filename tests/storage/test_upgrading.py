"""From the version before certificates to this one: nothing is lost, and nobody has to begin again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Table, insert

from idp.accounts import activation
from idp.audit.verify import verify
from idp.clock import Clock
from idp.storage import Statement
from idp.storage.migrations import check, upgrade
from tests.citizen.applicants import Applicant, Applicants
from tests.sign_in.certificates.holder import Holder
from tests.storage.earlier import REVISION, Earlier, House, Rows, earlier_tables, read_rows, write_rows
from tests.support.authorities import Authorities, authorities
from tests.support.clock import ManualClock
from tests.support.ports import free_port
from tests.support.postgresql import PostgreSQL
from tests.support.provider import Provider
from tests.support.schema import sqlite_copy


@dataclass
class Upgraded:
    """The rows that there were, and are after one upgrade and after two, and the provider of today over them."""

    url: str
    tables: dict[str, Table]
    before: Rows
    after: Rows
    after_two: Rows
    earlier: Earlier
    trusted: Authorities
    provider: Provider


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def upgraded(
    request: pytest.FixtureRequest, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    folder = tmp_path_factory.mktemp("upgraded")
    house = House.build(folder, ManualClock(Clock().now().replace(microsecond=0)), free_port())
    with house.provider(sqlite_copy(_sqlite_template, folder)) as provider:
        earlier = Earlier.live(provider)
        lived = provider.parts.settings.database_url
    tables = earlier_tables(folder)
    url = _fresh(request, folder)
    upgrade(url, REVISION)
    write_rows(url, tables, read_rows(lived, tables))

    before = read_rows(url, tables)
    upgrade(url)
    after = read_rows(url, tables)
    upgrade(url)
    after_two = read_rows(url, tables)
    with authorities() as trusted, house.provider(url, **trusted.settings) as provider:
        earlier.meet(provider)
        yield Upgraded(url, tables, before, after, after_two, earlier, trusted, provider)
    earlier.close_browsers()


def _fresh(request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{folder}/upgraded.db"
    server = cast(PostgreSQL, request.getfixturevalue("postgresql_server"))
    return server.new_database(f"upgraded_{folder.name}")


def test_not_a_row_is_lost_or_changed(upgraded: Upgraded) -> None:
    assert upgraded.after == upgraded.before
    lived_in = {name for name, rows in upgraded.before.items() if rows}
    assert lived_in > {"accounts", "persons", "totp_secrets", "sessions", "attempts", "codes", "grants"}
    assert lived_in > {"portals", "consents", "refresh_tokens", "activations", "activation_codes", "one_time_codes"}
    assert lived_in > {"audit_events", "audit_chain", "notices", "known_devices", "data_keys", "signing_keys"}


def test_upgrading_twice_changes_nothing(upgraded: Upgraded) -> None:
    assert upgraded.after_two == upgraded.after
    check(upgraded.url)


def test_the_record_still_verifies_and_goes_on(upgraded: Upgraded) -> None:
    provider = upgraded.provider
    sealed = sum(row["position"] is not None for row in upgraded.before["audit_events"])
    assert 0 < sealed < len(upgraded.before["audit_events"])
    first = provider.run(verify(provider.parts.database, now=provider.clock.now()))
    assert (first.holds, first.rows) == (True, sealed)
    [head] = upgraded.before["audit_chain"]
    assert first.head == head["hash"].hex()
    provider.tick()
    second = provider.run(verify(provider.parts.database, now=provider.clock.now()))
    assert second.holds
    assert second.rows >= len(upgraded.before["audit_events"])


def test_whoever_was_signed_in_is(upgraded: Upgraded) -> None:
    earlier = upgraded.earlier
    page = earlier.resident.goes_to(earlier.portal, scope="openid profile", prompt="none")
    assert earlier.portal.tokens(page).claims["sub"] == earlier.tokens.claims["sub"], "and agreed, too"


def test_tokens_of_before_are_good(upgraded: Upgraded) -> None:
    earlier = upgraded.earlier
    assert earlier.portal.jwks == earlier.jwks
    assert earlier.portal.claims(earlier.tokens)["name"]
    assert earlier.portal.refreshed(earlier.tokens).claims["sub"] == earlier.tokens.claims["sub"]


def test_a_code_of_before_is_redeemed(upgraded: Upgraded) -> None:
    earlier = upgraded.earlier
    assert earlier.portal.tokens(earlier.waiting.browser.page).claims["sub"]


def test_who_had_given_the_password_needs_no_more_than_the_code(upgraded: Upgraded) -> None:
    halfway = upgraded.earlier.halfway
    halfway.gives_code()
    claims = upgraded.earlier.portal.tokens(halfway.goes_on()).claims
    assert claims["amr"] == ["pwd", "otp", "mfa"]


def test_people_sign_in_as_before(upgraded: Upgraded) -> None:
    earlier = upgraded.earlier
    again = upgraded.provider.visitor(earlier.resident.citizen)
    claims = earlier.portal.tokens(again.signs_in_at(earlier.portal, scope="openid profile")).claims
    assert claims["sub"] == earlier.tokens.claims["sub"]
    assert claims["acr"] == "urn:vn:eid:auth-level:2"


def opens_account(applicant: Applicant, code: str | None = None) -> None:
    """From the page for the code on: by the one that the phone got, or by another."""
    applicant.proves(code)
    applicant.chooses()
    applicant.confirms_app()
    assert applicant.account() is not None


def test_an_activation_that_was_begun_before_is_finished(upgraded: Upgraded) -> None:
    applicant = upgraded.earlier.applicant
    assert applicant.account() is None
    opens_account(applicant)


def test_a_counters_code_of_before_is_good(upgraded: Upgraded) -> None:
    summoned = upgraded.earlier.summoned
    summoned.begins()
    opens_account(summoned, upgraded.earlier.counter_code)


def test_what_is_new_works(upgraded: Upgraded) -> None:
    provider, trusted, earlier = upgraded.provider, upgraded.trusted, upgraded.earlier
    citizen = earlier.resident.citizen
    trusted.introduce(provider)
    for signs_in in (Holder.signs_in_by_tls, Holder.signs_in_by_challenge):
        holder = Holder(provider, provider.visitor(citizen), trusted.card(provider, citizen))
        signs_in(holder, earlier.portal)
        claims = earlier.portal.tokens(holder.visitor.goes_on()).claims
        assert (claims["sub"], claims["amr"]) == (earlier.tokens.claims["sub"], ["swk", "pop"])


# While both versions serve side by side


def test_the_earlier_programs_insertions_are_taken(upgraded: Upgraded, database_url: str) -> None:
    """Each with the columns that it named, and rows that there really were."""
    write_rows(database_url, upgraded.tables, upgraded.before)
    assert read_rows(database_url, upgraded.tables) == upgraded.before


def test_an_activation_that_the_earlier_program_begins_is_finished_by_this_one(
    upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    applicant = Applicants(upgraded.provider).somebody()
    with monkeypatch.context() as earlier_program:
        earlier_program.setattr(activation, "_BEGIN", Statement(insert(upgraded.tables["activations"])))
        applicant.begins()
    assert applicant.account() is None
    opens_account(applicant)


_COLUMNS = {
    "sqlite": """SELECT t.name, c.name, c.type, c."notnull" = 0, c.dflt_value IS NOT NULL
        FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'""",
    "postgresql": """SELECT table_name, column_name, data_type || coalesce(character_maximum_length, 0),
        is_nullable = 'YES', column_default IS NOT NULL
        FROM information_schema.columns WHERE table_schema = 'public'""",
}


def test_columns_were_only_added_and_none_that_an_insertion_must_name(
    tmp_path: Path, postgresql_server: PostgreSQL
) -> None:
    file = tmp_path / "columns.db"
    in_postgresql = postgresql_server.new_database("columns")

    def columns() -> Iterator[dict[tuple[str, str], tuple[str, ...]]]:
        with closing(sqlite3.connect(file)) as connection:
            yield _by_name([tuple(map(str, row)) for row in connection.execute(_COLUMNS["sqlite"])])
        told = postgresql_server.run_sql(_COLUMNS["postgresql"], database="columns")
        yield _by_name([tuple(row.split("|")) for row in told])

    for url in (f"sqlite:///{file}", in_postgresql):
        upgrade(url, REVISION)
    earlier = list(columns())
    for url in (f"sqlite:///{file}", in_postgresql):
        upgrade(url)
    for before, after in zip(earlier, columns(), strict=True):
        assert before.items() <= after.items()
        known = {table for table, _ in before}
        added = {place: told for place, told in after.items() if place not in before and place[0] in known}
        assert ("activations", "certificate_sealed") in added
        assert all({"1", "t"} & {nullable, defaults} for _, nullable, defaults in added.values()), "may be left out"


def _by_name(rows: list[tuple[str, ...]]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(table, column): tuple(told) for table, column, *told in rows}
