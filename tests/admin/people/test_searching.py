"""Looking somebody up: by what, what for, how often, and who gets to know of it."""

from uuid import UUID

import pytest
from sqlalchemy import select

from idp.admin.people.lookup import BULK, MOST_IN_AN_HOUR, Enquiry, NobodyFound, look_up
from idp.admin.people.lookup_wanted import By, Wanted
from idp.admin.people.purposes import Purpose
from idp.admin.roles import Role
from idp.admin.tables import look_ups
from idp.audit.tables import audit_events
from idp.storage import Row, Statement, Unit
from tests.accounts.recorder import Recorder
from tests.admin.people.desk import ELSEWHERE, HERE, WHY, Desk, Town
from tests.citizen.applicants import error_on
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.officials import Official, employ
from tests.support.provider import Provider

EVENTS = Statement(select(audit_events).order_by(audit_events.c.id))
LOOK_UPS = Statement(select(look_ups).order_by(look_ups.c.id))


def events(provider: Provider, name: str) -> list[Row]:
    rows = provider.run(provider.parts.database.read(lambda db: db.all(EVENTS)))
    return [row for row in rows if row.event == name]


@pytest.mark.parametrize("spelt", ["plain", "in groups", "by phone", "by phone, as dialled abroad", "by account"])
def test_somebody_is_found_by_the_whole_of_a_thing(provider: Provider, desk: Desk, spelt: str) -> None:
    citizen = provider.newcomer()
    wanted = {
        "plain": citizen.number,
        "in groups": f" {citizen.number[:3]} {citizen.number[3:9]}.{citizen.number[9:]} ",
        "by phone": "0" + citizen.phone.removeprefix("+84"),
        "by phone, as dialled abroad": citizen.phone,
        "by account": str(citizen.account_id),
    }[spelt]
    assert desk.looks_up(wanted).url == desk.page_of(citizen)


def test_somebody_is_found_by_the_reference_that_they_read_on_an_error_page(provider: Provider, desk: Desk) -> None:
    visitor = provider.visitor()
    visitor.browser.open(f"{provider.issuer}/account")
    visitor.gives_password()
    page = visitor.browser.submit("otp-form", {"otp": "000000"})
    reference = page.element("error").attributes["data-reference"]
    found = desk.looks_up(reference.lower())
    assert found.url == desk.page_of(visitor.citizen)
    assert reference in found.text, "and the event stands on their page with it"


@pytest.mark.parametrize("wanted", ["0031", "Nguyễn Thị", "ABCD-2345", "0" * 12, "%", "' OR 1=1 --", "00000000-0000"])
def test_parts_of_things_find_nobody(desk: Desk, wanted: str) -> None:
    page = desk.looks_up(wanted)
    assert error_on(page) in ("look_up_unreadable", "nobody_found")
    assert page.url.endswith("/admin/people")
    assert wanted not in page.element("look-up-form").text
    assert dict(page.form("look-up-form").fields)["wanted"] == ""


@pytest.mark.parametrize(
    ("why", "code"),
    [
        ({"purpose": ""}, "purpose_missing"),
        ({"purpose": "curiosity"}, "purpose_missing"),
        ({"case": "   "}, "case_unfit"),
        ({"case": "x" * 101}, "case_unfit"),
        ({"case": "gọi lại 0912 345 678"}, "case_unfit"),
        ({"case": "003 190 001 234"}, "case_unfit"),
    ],
    ids=str,
)
def test_without_a_purpose_and_a_case_nobody_is_looked_up(
    provider: Provider, desk: Desk, why: dict[str, str], code: str
) -> None:
    citizen = provider.newcomer()
    assert error_on(desk.looks_up(citizen.number, **why)) == code
    assert provider.audit(citizen, "account_looked_up") == []
    assert desk.opens(f"/admin/people/{citizen.account_id}").status == 404


def test_the_citizen_reads_who_looked_in_what_role_and_what_for(provider: Provider) -> None:
    citizen, desk = provider.newcomer(), Desk.of(provider, Role.HELPDESK)
    desk.looks_up(citizen.number, purpose="lost-or-stolen")
    visitor = provider.visitor(citizen)
    visitor.browser.open(f"{provider.issuer}/account/activity")
    page = visitor.goes_on()
    [entry] = [each for each in page.elements if each.attributes.get("data-event") == "account_looked_up"]
    assert "Cán bộ đã tra cứu" in entry.text
    assert "Hỗ trợ người dân" in entry.text
    assert "mất điện thoại" in entry.text
    assert "TK03-2026-18" not in entry.text, "the case may name others"
    assert any(each.attributes.get("data-event") == "account_opened" for each in page.elements)


def test_a_look_up_that_was_not_followed_is_told_all_the_same(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    desk.opens("/admin/people")
    desk.official.visitor.browser.location_stops_at(f"{desk.official.console}/admin/people/")
    desk.submits("look-up-form", {"wanted": citizen.number, "purpose": "complaint", "case": "KN-7"})
    [told] = provider.audit(citizen, "account_looked_up")
    assert (told["role"], told["purpose"], told["by"]) == ("national-admin", "complaint", "number")
    assert provider.audit(citizen, "account_opened") == []


def test_what_was_typed_stands_nowhere(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    desk.looks_up(citizen.number)
    desk.looks_up(citizen.phone)
    rows = provider.run(provider.parts.database.read(lambda db: [*db.all(EVENTS), *db.all(LOOK_UPS)]))
    written = " ".join(str(row) for row in rows)
    assert citizen.number not in written and citizen.phone[3:] not in written
    assert not [visit for visit in desk.official.visitor.browser.history if citizen.number in visit.url]


def test_nobody_and_somebody_elsewhere_get_one_answer(provider: Provider, town: Town) -> None:
    there = town.resident(ELSEWHERE)
    desk = Desk.of(provider, Role.PROVINCIAL_ADMIN, HERE)
    nobody, elsewhere = desk.looks_up("003099999999"), desk.looks_up(there.number)

    def said(page: Page) -> tuple[object, ...]:
        return page.status, error_on(page), page.url, page.element("error").text.partition("Mã")[0]

    assert said(nobody) == said(elsewhere)
    assert nobody.status == 404
    assert provider.audit(there, "account_looked_up") == []
    assert len(provider.audit(there, "look_up_missed")) == 1, "an auditor finds who tried"
    assert desk.opens(f"/admin/people/{there.account_id}").status == 404
    assert desk.finds(town.resident(HERE)).status == 200


def test_many_look_ups_raise_an_alarm_and_more_are_refused(provider: Provider, now: ManualClock) -> None:
    desk, citizen = Desk.of(provider, Role.HELPDESK), provider.newcomer()
    actor = desk.official.staff.actor
    desk.opens("/admin/people")
    form: dict[str, str | None] = {"wanted": str(citizen.account_id), **WHY}
    for number in range(1, MOST_IN_AN_HOUR + 1):
        desk.opens("/admin/people")
        page = desk.submits("look-up-form", form)
        assert page.url == desk.page_of(citizen)
        alarms = [row for row in events(provider, "looked_up_in_bulk") if row.actor == actor]
        assert len(alarms) == (number >= BULK), f"after {number}"
    desk.opens("/admin/people")
    page = desk.submits("look-up-form", form)
    assert (page.status, error_on(page)) == (429, "too_many_look_ups")
    assert int(page.headers["retry-after"]) > 0
    assert len(provider.audit(citizen, "account_looked_up")) == MOST_IN_AN_HOUR
    assert f"{actor}: {BULK} lượt" in Desk.of(provider, Role.AUDITOR).opens("/admin").element("alarms").text
    assert not desk.opens("/admin").has("alarms"), "whoever is meant is not warned"
    now.advance(minutes=61)
    desk.official.opens()
    assert desk.finds(citizen).status == 200


@pytest.mark.parametrize("by", list(By))
def test_nobody_and_somebody_elsewhere_cost_the_same(provider: Provider, town: Town, by: By) -> None:
    """The same statements in the same order: what is left is noise."""
    there, official = town.resident(ELSEWHERE), employ(provider, Role.PROVINCIAL_ADMIN, HERE)
    visitor = provider.visitor(there)
    visitor.goes_to(provider.portal())
    visitor.gives_password()
    refused = visitor.browser.submit("otp-form", {"otp": "000000"})
    theirs = {
        By.NUMBER: there.number,
        By.PHONE: there.phone,
        By.ACCOUNT: str(there.account_id),
        By.REFERENCE: refused.element("error").attributes["data-reference"],
    }
    nobodys = {
        By.NUMBER: "003099999999",
        By.PHONE: "+84591999999",
        By.ACCOUNT: str(UUID(int=7)),
        By.REFERENCE: "ABCD-2345",
    }
    assert asked(provider, official, theirs[by]) == asked(provider, official, nobodys[by])


def asked(provider: Provider, official: Official, wanted: str) -> list[Statement]:
    """The statements of a look-up that is answered with nobody."""
    enquiry = Enquiry(official.staff, Purpose.COMPLAINT, "KN-7")

    def unit(db: Unit) -> list[Statement]:
        recorder = Recorder(db)
        with pytest.raises(NobodyFound):
            look_up(recorder, provider.parts.keyring, enquiry, Wanted.read(wanted), now=provider.clock.now())
        return recorder.asked

    return provider.run(provider.parts.database.run(unit))
