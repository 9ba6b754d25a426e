"""A new provider knows nobody and opens no door of the demo: there is no account, portal or secret to forget about."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from idp.accounts.tables import accounts, persons
from idp.app.building import build_app
from idp.portals.tables import portals
from idp.sessions.tables import sessions
from idp.storage import Statement, Unit
from tests.sign_in.people import code_of
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider

KNOWN_TO_ALL = ("admin", "root", "demo", "000000000000", "003000000000")


@pytest.fixture
def fresh(database_url: str, tmp_path: Path) -> Iterator[Provider]:
    """What `idp migrate` leaves, served for the first time."""
    with running_provider(database_url, tmp_path) as running:
        yield running


def how_many(db: Unit, table: Table) -> int:
    row = db.one(Statement(select(func.count().label("n")).select_from(table)))
    assert row is not None
    return int(row.n)


def test_there_are_no_default_accounts_or_portals(fresh: Provider) -> None:
    """ASVS 6.3.2."""
    for table in (accounts, persons, sessions, portals):
        assert fresh.run(fresh.parts.database.read(how_many, table)) == 0, table.name
    page = fresh.browser().open(f"{fresh.issuer}/authorize?client_id=demo-national-portal&response_type=code")
    assert code_of(page) == "portal_unknown"


def test_no_name_and_password_that_everybody_knows_signs_in(fresh: Provider) -> None:
    browser = fresh.browser()
    browser.open(f"{fresh.issuer}/account")
    for number in KNOWN_TO_ALL:
        for password in (number, "admin", "password", "demo"):
            page = browser.submit("sign-in-form", {"citizen_number": number, "password": password})
            assert code_of(page) == "wrong_number_or_password"


def test_the_demos_doors_are_the_demos(fresh: Provider) -> None:
    production = replace(fresh.parts.settings, mode="production", issuer="https://id.example")
    paths = {
        mode: {getattr(route, "path", "") for route in build_app(replace(fresh.parts, settings=settings)).routes}
        for mode, settings in (("demo", fresh.parts.settings), ("production", production))
    }
    assert paths["demo"] - paths["production"] == {"/admin/outbox"}
    assert paths["production"] <= paths["demo"]
