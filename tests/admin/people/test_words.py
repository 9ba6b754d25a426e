"""What people type stands on pages as they typed it and does nothing there; what names somebody stands in no address,
title or log."""

import re

import pytest
from structlog.testing import capture_logs

from idp.interventions.orders import Act
from tests.admin.people.desk import ELSEWHERE, GROUND, Desk, Town, act_of, meets
from tests.support.html_page import Element, Page
from tests.support.provider import Provider

BAD = "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}"
LONG = "Nghiêng" * 20


def has_been_run(page: Page) -> bool:
    tags = {each.tag for each in page.elements if each.attributes.get("src") == "x"}
    scripts = [each for each in page.elements if each.tag == "script" and "src" not in each.attributes]
    ids = r"[-0-9a-f]{36}|[0-9A-Z]{4}-[0-9A-Z]{4}"
    return bool(tags or scripts) or "49" in re.sub(ids + r"|\d{3,}|[-:/\d]{5,}", "", page.text)


def test_what_was_typed_is_shown_and_not_run(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    portal = provider.portal(**{"client_name#vi": f"Cổng {BAD}"}, backchannel_logout_uri="https://portal.example/out")
    visitor = meets(provider, citizen, portal)
    desk.finds(citizen)
    typed: dict[str, str | None] = {"basis": BAD, "asked_by": BAD, "notice": BAD[:160]}
    refused = desk.foresees(citizen, Act.SUSPEND, **typed | {"until": BAD})
    preview = desk.foresees(citizen, Act.SUSPEND, **typed)
    ledger = desk.submits("confirm-form", button="confirm")
    pages = [refused, preview, ledger, desk.opens("/admin/acts"), desk.finds(citizen)]
    for page in pages:
        assert page.status in (200, 400) and "<script>alert" not in page.html, page.url
        assert not has_been_run(page), page.url
    assert BAD in preview.text and BAD in ledger.text
    assert dict(refused.form("act-form").fields)["basis"] == BAD
    assert visitor.goes_to(portal).status == 200


def test_a_name_is_shown_as_the_register_has_it(provider: Provider, desk: Desk, town: Town) -> None:
    citizen = town.resident(ELSEWHERE, full_name="Nguyễn <b>Thị</b> Hoa")
    desk.finds(citizen)
    page = desk.submits("uncover-form", button="uncover")
    assert "Nguyễn <b>Thị</b> Hoa" in page.text and "<b>" not in page.html


def test_a_person_is_masked_until_it_is_asked_for(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    person = provider.run(provider.parts.register.find(citizen.number))
    assert person is not None
    page = desk.finds(citizen)
    born = "/".join(reversed(str(person.birth).split("-")))
    for known in (person.full_name, citizen.number, citizen.phone, born):
        assert known not in page.text
    assert f"•••• •••• {citizen.number[-4:]}" in page.text
    assert provider.audit(citizen, "person_uncovered") == []
    page = desk.submits("uncover-form", button="uncover")
    for known in (person.full_name, citizen.number, citizen.phone, born):
        assert known in page.text
    desk.opens(f"/admin/people/{citizen.account_id}")
    [told] = provider.audit(citizen, "person_uncovered")
    assert (told["role"], told["purpose"]) == ("national-admin", "person-asks")
    provider.clock.advance(seconds=1)
    again = desk.finds(citizen)
    assert citizen.number not in again.text, "the next look-up covers it again"


def test_no_address_title_or_log_line_names_anybody(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    person = provider.run(provider.parts.register.find(citizen.number))
    assert person is not None
    with capture_logs() as lines:
        page = desk.does(citizen, Act.SUSPEND)
        desk.finds(citizen)
        uncovered = desk.submits("uncover-form", button="uncover")
        desk.looks_up("003099999999")
        desk.looks_up(citizen.phone)
        pages = [page, uncovered, desk.opens(f"/admin/acts/{act_of(page)}"), desk.foresees(citizen, Act.REVOKE)]
    titles = " ".join(each.text for each in _titles(pages))
    addresses = " ".join(f"{visit.url} {visit.location}" for visit in desk.official.visitor.browser.history)
    logged = repr(lines)
    for secret in (citizen.number, "003099999999", citizen.phone[3:], person.full_name, str(GROUND["basis"])):
        assert secret not in titles and secret not in addresses and secret not in logged
    assert "/admin/people" in logged, "there are lines to look at"


def _titles(pages: list[Page]) -> list[Element]:
    return [each for page in pages for each in page.elements if each.tag == "title"]


def test_pages_of_the_console_are_kept_by_nobody(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    for page in (desk.finds(citizen), desk.foresees(citizen, Act.SUSPEND), desk.opens("/admin/acts")):
        assert page.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_long_words_are_taken_and_too_long_ones_are_not(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    desk.finds(citizen)
    assert LONG in desk.foresees(citizen, Act.SUSPEND, basis=LONG).text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_speaks_both_languages(provider: Provider, desk: Desk, language: str) -> None:
    citizen = provider.newcomer()
    desk.official.visitor.browser.headers["Accept-Language"] = language
    pages = [desk.opens("/admin/people"), desk.finds(citizen), desk.foresees(citizen, Act.LOCK_METHOD, method="sms")]
    pages += [desk.submits("confirm-form", button="confirm"), desk.opens("/admin/acts"), desk.finds(citizen)]
    for page in pages:
        assert next(each for each in page.elements if each.tag == "html").attributes["lang"] == language, page.url
        assert not re.search(r"\badmin\.[a-z_.-]+\b", page.text)
    own = "Tra cứu" if language == "vi" else "Look up"
    assert own in pages[0].text
