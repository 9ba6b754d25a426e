"""People whom a portal knew by `TechID` come back as themselves, and nobody as somebody else."""

import secrets
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, select

from idp.accounts.subject_file import Fault, Reason, SubjectFile, SubjectFileRefused
from idp.accounts.subject_imports import SubjectImport, Summary
from idp.accounts.tables import pairwise_subjects
from idp.audit.tables import audit_events
from idp.portals.members import is_client_id
from idp.register.personas import persona
from idp.storage import Statement
from tests.legacy.test_claims import told
from tests.legacy.test_vnconnect_client import ClientOf, Old
from tests.support.portal import Portal
from tests.support.provider import Provider

_SUBS = Statement(select(pairwise_subjects.c.sub).where(pairwise_subjects.c.sector == bindparam("sector_")))
_ON_RECORD = Statement(
    select(audit_events.c.details).where(
        audit_events.c.portal_id == bindparam("portal"), audit_events.c.event == "subjects_imported"
    )
)
Import = Callable[..., Summary]


@pytest.fixture
def take_in(provider: Provider, tmp_path: Path) -> Import:
    """Take in lines for a portal's sector; only `check` writes nothing."""

    def taken_in(portal: Portal, *lines: tuple[str, str], check: bool = False) -> Summary:
        file = tmp_path / "techid.csv"
        file.write_text("citizen_number,TechID\n" + "".join(f"{number},{sub}\n" for number, sub in lines))
        return whole(provider, portal, file, check=check)

    return taken_in


def import_of(provider: Provider, portal: Portal, file: Path) -> SubjectImport:
    registered = provider.parts.portals.get(portal.client_id)
    assert registered is not None
    return SubjectImport(
        database=provider.parts.database,
        register=provider.parts.register,
        clock=provider.clock,
        sector=registered.sector,
        portal_id=registered.id,
        path=file,
        advance=lambda _: None,
    )


def whole(provider: Provider, portal: Portal, file: Path, *, check: bool = False) -> Summary:
    work = import_of(provider, portal, file)
    looked_at = provider.run(work.look())
    return looked_at if check or looked_at.faults else provider.run(work.write())


def kept(provider: Provider, portal: Portal) -> set[str]:
    sector = str(portal.members["sector"])
    rows = provider.run(provider.parts.database.read(lambda db: db.all(_SUBS, sector_=sector)))
    return {row.sub for row in rows}


def reasons(summary: Summary) -> list[tuple[int, Reason]]:
    return [(fault.line, fault.reason) for fault in summary.faults]


def tech_id() -> str:
    return str(UUID(bytes=secrets.token_bytes(16)))


def test_they_come_back_as_themselves_with_and_without_an_account(
    provider: Provider, old_portal: Old, client_of: ClientOf, take_in: Import
) -> None:
    portal, citizen, stranger = old_portal(), provider.newcomer(), provider.somebody_without_account()
    known, later = tech_id(), tech_id()
    done = take_in(portal, (citizen.number, known), (stranger.number, later))
    assert (done.lines, done.added, done.unchanged, done.faults) == (2, 2, 0, [])
    assert kept(provider, portal) == {known, later}
    person = told(provider.visitor(citizen), client_of(portal))
    assert (person["sub"], person["TechID"]) == (known, known)


def test_another_sector_knows_them_by_another_name(
    provider: Provider, old_portal: Old, client_of: ClientOf, take_in: Import
) -> None:
    here, there, citizen, known = old_portal(), old_portal(), provider.newcomer(), tech_id()
    take_in(here, (citizen.number, known))
    assert told(provider.visitor(citizen), client_of(there))["TechID"] != known


def test_taking_it_in_again_changes_nothing(provider: Provider, old_portal: Old, take_in: Import) -> None:
    portal, lines = old_portal(), [(provider.newcomer().number, tech_id()) for _ in range(3)]
    take_in(portal, *lines[:2])
    again = take_in(portal, *lines)
    assert (again.added, again.unchanged, again.faults) == (1, 2, [])
    registered = provider.parts.portals.get(portal.client_id)
    assert registered is not None
    rows = provider.run(provider.parts.database.read(lambda db: db.all(_ON_RECORD, portal=registered.id)))
    assert len(rows) == 2
    for row in rows:
        assert not any(number in row.details or sub in row.details for number, sub in lines)


def test_looking_writes_nothing(provider: Provider, old_portal: Old, take_in: Import) -> None:
    portal = old_portal()
    assert take_in(portal, (provider.newcomer().number, tech_id()), check=True).added == 1
    assert kept(provider, portal) == set()


def test_who_signed_in_before_keeps_the_name_they_have(
    provider: Provider, old_portal: Old, client_of: ClientOf, take_in: Import
) -> None:
    portal, citizen = old_portal(), provider.newcomer()
    client = client_of(portal)
    before = told(provider.visitor(citizen), client)["TechID"]
    done = take_in(portal, (citizen.number, tech_id()), (provider.newcomer().number, tech_id()))
    assert (done.added, reasons(done)) == (1, [(2, Reason.OTHER_SUB)])
    assert kept(provider, portal) == {before}  # nothing of the file was written
    assert told(provider.visitor(citizen), client)["TechID"] == before


def test_nobody_is_given_the_name_of_another(provider: Provider, old_portal: Old, take_in: Import) -> None:
    here, there = old_portal(), old_portal()
    one, other, known = provider.newcomer(), provider.newcomer(), tech_id()
    take_in(here, (one.number, known))
    assert reasons(take_in(here, (other.number, known))) == [(2, Reason.SUB_TAKEN)]
    # Nor at another sector: portals could put two people together.
    assert reasons(take_in(there, (other.number, known))) == [(2, Reason.SUB_TAKEN)]
    assert reasons(take_in(there, (one.number, known))) == [(2, Reason.SUB_TAKEN)]


def test_nobody_is_given_the_name_of_another_in_another_case(
    provider: Provider, old_portal: Old, take_in: Import
) -> None:
    here, there, one, other = old_portal(), old_portal(), provider.newcomer(), provider.newcomer()
    known = f"tech:{tech_id()}"
    take_in(here, (one.number, known))
    assert take_in(here, (one.number, known)).unchanged == 1
    for portal in (here, there):
        assert reasons(take_in(portal, (other.number, known.upper()))) == [(2, Reason.SUB_TAKEN)]


def test_nobody_is_given_the_name_of_a_portal(provider: Provider, old_portal: Old, take_in: Import) -> None:
    """RFC 9700 §4.15: a program's token has its client_id as `sub`."""
    portal, number = old_portal(), provider.newcomer().number
    for name in (portal.client_id, "demo-national-portal", "p-abcdefgh23456722", "Some.program-of_theirs"):
        assert is_client_id(name)
        assert reasons(take_in(portal, (number, name))) in ([(2, Reason.LIKE_A_PORTAL)], [(2, Reason.BAD_SUB)])
    assert kept(provider, portal) == set()


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@-]{7,63}", fullmatch=True)
    | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,62}[A-Za-z0-9]", fullmatch=True)
    | st.from_regex(r"[0-9a-fA-F]{32,64}", fullmatch=True)
    | st.uuids().map(str)
)
def test_no_name_is_good_for_a_person_and_a_portal(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    file = tmp_path_factory.getbasetemp() / "names.csv"
    file.write_text(f"citizen_number,sub\n003190000001,{name}\n", encoding="utf-8")
    with SubjectFile(file) as lines:
        [line] = lines
    assert isinstance(line, Fault) or not is_client_id(name)


def test_every_fault_is_named_by_its_line_and_nothing_is_written(
    provider: Provider, old_portal: Old, take_in: Import
) -> None:
    portal, known, mixed = old_portal(), tech_id(), "abcdefgh:1"
    numbers = [provider.newcomer().number for _ in range(6)]
    done = take_in(
        portal,
        (numbers[0], known),
        ("12345", tech_id()),
        (numbers[1], "short"),
        (numbers[1], "123456789012"),
        (numbers[1], "có dấu tiếng Việt"),
        (numbers[1], f"id:{numbers[1]}"),
        (numbers[2], known),
        (numbers[0], tech_id()),
        ("003190999999", tech_id()),
        (numbers[3], mixed),
        (numbers[4], mixed.upper()),
        (f"{numbers[5][:3]} {numbers[5][3:]}", tech_id()),
        (numbers[5], f"{tech_id()},{tech_id()}"),
        (numbers[5], "Tech:abcdefgh"),
    )
    assert reasons(done) == [
        (3, Reason.BAD_NUMBER),
        (4, Reason.BAD_SUB),
        (5, Reason.BAD_SUB),
        (6, Reason.BAD_SUB),
        (7, Reason.NUMBER_AS_SUB),
        (8, Reason.REPEATED_SUB),
        (9, Reason.REPEATED_PERSON),
        (10, Reason.UNKNOWN_NUMBER),
        (12, Reason.REPEATED_SUB),
        (14, Reason.BAD_RECORD),
        (15, Reason.MIXED_CASE),
    ]
    assert kept(provider, portal) == set()
    assert all(number not in str(fault) for fault in done.faults for number in numbers)


def test_an_earlier_number_is_the_same_person(provider: Provider, old_portal: Old, take_in: Import) -> None:
    provider.persona("number-changed")
    entry = persona("number-changed").entry
    portal, known = old_portal(), tech_id()
    assert take_in(portal, (entry.previous_numbers[0], known)).added == 1
    assert take_in(portal, (entry.number, known)).unchanged == 1
    twice = take_in(portal, (entry.number, tech_id()), (entry.previous_numbers[0], tech_id()))
    assert Reason.REPEATED_PERSON in {fault.reason for fault in twice.faults}


def test_batches_meet_what_earlier_batches_had(
    provider: Provider, old_portal: Old, take_in: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.accounts.subject_imports.BATCH", 2)
    portal, lines = old_portal(), [(provider.newcomer().number, tech_id()) for _ in range(5)]
    assert reasons(take_in(portal, *lines, (lines[0][0], tech_id()))) == [(7, Reason.REPEATED_PERSON)]
    assert take_in(portal, *lines).added == 5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"citizen_number\n",
        b"citizen_number,name\n",
        b"citizen_number,sub,TechID\n",
        b"sub,TechID\n",
        b"\xff\xfe",
        b"citizen_number;TechID\n",
        b'"citizen_number,TechID\n',
    ],
    ids=repr,
)
def test_what_is_no_such_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    with pytest.raises(SubjectFileRefused):
        SubjectFile(file)


@pytest.mark.parametrize("header", ["citizen_number,TechID", "TechID,citizen_number", "\ufeffSub,Citizen_Number"])
def test_columns_come_in_any_order(provider: Provider, old_portal: Old, tmp_path: Path, header: str) -> None:
    portal, citizen, known = old_portal(), provider.newcomer(), tech_id()
    first = header.lower().removeprefix("\ufeff").startswith("citizen")
    line = f"{citizen.number},{known}" if first else f'"{known}","{citizen.number}"'
    file = tmp_path / "techid.csv"
    file.write_text(f"{header}\r\n\r\n{line}\r\n", encoding="utf-8")
    assert whole(provider, portal, file).added == 1
    assert kept(provider, portal) == {known}


def test_who_comes_while_it_is_written_keeps_the_name_that_they_got(
    provider: Provider, old_portal: Old, client_of: ClientOf, tmp_path: Path
) -> None:
    portal, early, other = old_portal(), provider.newcomer(), provider.newcomer()
    file, known = tmp_path / "techid.csv", tech_id()
    file.write_text(f"citizen_number,TechID\n{early.number},{tech_id()}\n{other.number},{known}\n")
    work = import_of(provider, portal, file)
    assert provider.run(work.look()).faults == []
    before = told(provider.visitor(early), client_of(portal))["TechID"]
    done = provider.run(work.write())
    assert (done.added, reasons(done)) == (1, [(2, Reason.OTHER_SUB)])
    assert kept(provider, portal) == {before, known}
