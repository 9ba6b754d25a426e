"""Portals at the console: seen as far as the role reaches, changed by two people, with every fault named."""

import json

import pytest

from idp import approvals
from idp.admin.roles import Role
from idp.approvals import Proposal
from idp.portals import registering
from idp.portals.portal import Portal as Registered
from tests.admin.api.programs import code_of as code_of_answer
from tests.admin.api.programs import person
from tests.support.html_page import Page
from tests.support.officials import Official, dismiss_everybody, open_console
from tests.support.portal_file import portal_file, portal_members
from tests.support.provider import Provider
from tests.support.self_registered import Registrar, approve

WHY = "Theo công văn 12"


def known(provider: Provider, client_id: str) -> Registered:
    """As it is in the database, disabled or not."""
    return provider.run(provider.parts.database.read(registering.find, client_id)).portal


def code_of(page: Page) -> str:
    """Of the refusal that a page shows."""
    return str(page.element("error").attributes["data-code"])


def proposal_of(provider: Provider, page: Page) -> Proposal:
    """The one that a page speaks of."""
    listed = provider.run(provider.parts.database.read(approvals.listed, now=provider.clock.now()))
    (spoken_of,) = (each.id for each in listed if str(each.id) in page.text)
    found = provider.run(provider.parts.database.read(approvals.find, spoken_of))
    assert found is not None
    return found


def proposes(manager: Official, text: str, *, why: str = WHY, button: str = "propose") -> Page:
    manager.opens("/admin/portal-changes")
    return manager.submits("portal-form", {"file": text, "why": why}, button=button)


def approved(provider: Provider, proposal: Proposal) -> None:
    """By a second person, with a token of their own."""
    answer = person(provider, Role.NATIONAL_ADMIN).post(f"/proposals/{proposal.id}/approval")
    assert (answer.status_code, answer.json()["state"]) == (200, "approved"), answer.text
    provider.tick()


@pytest.fixture
def manager(provider: Provider) -> Official:
    """A portal manager, where two others may approve."""
    open_console(provider, Role.NATIONAL_ADMIN)
    open_console(provider, Role.NATIONAL_ADMIN)
    return open_console(provider, Role.PORTAL_MANAGER)


def test_a_provincial_admin_sees_the_portals_of_that_province_alone(provider: Provider) -> None:
    here, elsewhere, nation = (provider.portal(province=each) for each in ("15", "01", None))
    official = open_console(provider, Role.PROVINCIAL_ADMIN, "15")
    page = official.opens("/admin/portals")
    assert here.client_id in page.text
    for portal in (elsewhere, nation):
        assert portal.client_id not in page.text
        assert official.opens(f"/admin/portals/{portal.client_id}").status == 404
    page = official.opens(f"/admin/portals/{here.client_id}")
    assert (page.status, page.has("state-form")) == (200, False)


@pytest.mark.parametrize("path", ["nobody", "..%2fkeys", "%00", "a" * 300, "'or'1'='1"])
def test_a_portal_that_is_none(provider: Provider, path: str) -> None:
    assert open_console(provider, Role.AUDITOR).opens(f"/admin/portals/{path}").status == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.NATIONAL_ADMIN, Role.PORTAL_MANAGER}))
def test_who_may_not_change_portals_gets_no_form(provider: Provider, role: Role) -> None:
    official = open_console(provider, role, "15" if role is Role.PROVINCIAL_ADMIN else None)
    page = official.opens("/admin/portal-changes")
    assert (page.status, code_of(page)) == (403, "not_permitted")


def test_a_new_portal_waits_for_a_second_person(provider: Provider, manager: Official) -> None:
    members = portal_members("cong-moi", client_secret=None)
    page = proposes(manager, portal_file(members).decode())
    proposal = proposal_of(provider, page)
    with pytest.raises(registering.PortalUnknown):
        known(provider, "cong-moi")
    approved(provider, proposal)
    portal = known(provider, "cong-moi")
    shown = [word for word in page.text.split() if word.startswith("p_")]
    assert len(shown) == 1
    assert portal.secret_matches(shown[0])
    assert shown[0] not in json.dumps(proposal.payload)


def test_a_change_keeps_the_secret_and_the_people(provider: Provider, manager: Official) -> None:
    before = provider.portal(agency="Sở Nội vụ")
    was = known(provider, before.client_id)
    page = manager.opens(f"/admin/portal-changes?portal={before.client_id}")
    text = dict(page.form("portal-form").fields)["file"]
    page = proposes(manager, text.replace("Sở Nội vụ", "Sở Tài chính"))
    assert "Sở Nội vụ" in page.text and "Sở Tài chính" in page.text
    approved(provider, proposal_of(provider, page))
    now = known(provider, before.client_id)
    assert (now.id, now.agency, now.secret_digest) == (was.id, "Sở Tài chính", was.secret_digest)


def refused_for(provider: Provider, proposal: Proposal) -> str:
    """By a second person, who is told that it cannot be any more."""
    answer = person(provider, Role.NATIONAL_ADMIN).post(f"/proposals/{proposal.id}/approval")
    return code_of_answer(answer, 409)


def test_a_change_that_another_has_overtaken_puts_nothing_old_back(provider: Provider, manager: Official) -> None:
    portal = provider.portal(agency="Sở Nội vụ", contacts=["truoc@so.example"])
    page = manager.opens(f"/admin/portal-changes?portal={portal.client_id}")
    text = dict(page.form("portal-form").fields)["file"]
    overtaken = proposal_of(provider, proposes(manager, text.replace("truoc@so.example", "sau@so.example")))
    provider.clock.advance(seconds=1)
    same = proposal_of(provider, proposes(manager, text.replace("truoc@so.example", "khac@so.example")))
    provider.clock.advance(seconds=1)
    approved(provider, proposal_of(provider, proposes(manager, text.replace("Sở Nội vụ", "Sở Tài chính"))))
    for each in (overtaken, same):
        assert refused_for(provider, each) == "portal_changed_meanwhile"
    now = known(provider, portal.client_id)
    assert (now.agency, now.contacts) == ("Sở Tài chính", ("truoc@so.example",))


def test_a_new_portal_that_is_there_by_now_is_not_made_again(provider: Provider, manager: Official) -> None:
    text = portal_file(portal_members("cong-hai-nguoi", client_secret=None)).decode()
    pages = []
    for _ in range(2):
        pages.append(proposal_of(provider, proposes(manager, text)))
        provider.clock.advance(seconds=1)
    approved(provider, pages[0])
    secret = known(provider, "cong-hai-nguoi").secret_digest
    assert refused_for(provider, pages[1]) == "portal_changed_meanwhile"
    assert known(provider, "cong-hai-nguoi").secret_digest == secret


def test_to_look_proposes_nothing(provider: Provider, manager: Official) -> None:
    before = provider.run(provider.parts.database.read(approvals.listed, now=provider.clock.now()))
    page = proposes(manager, portal_file(portal_members("cong-xem")).decode(), button="look")
    assert page.has("portal-form")
    assert provider.run(provider.parts.database.read(approvals.listed, now=provider.clock.now())) == before


def test_every_fault_is_named_and_no_secret_is_shown(provider: Provider, manager: Official) -> None:
    members = portal_members("cong-sai", redirect_uris=["http://cong-sai.example/#x"], colour="blue", sector="Á")
    members["client_secret"] = "too short but secret"
    page = proposes(manager, portal_file(members).decode())
    assert (page.status, code_of(page)) == (400, "registration_refused")
    for member in ("redirect_uris", "colour", "sector", "client_secret"):
        assert f"cong-sai: {member}" in " ".join(page.text.split())


@pytest.mark.parametrize(
    "text", ["", "không phải TOML [[", "\x00", "[[portal]]\n" * 3, "a" * 60_000, "x = " + "[" * 900]
)
def test_what_is_no_file(provider: Provider, manager: Official, text: str) -> None:
    page = proposes(manager, text)
    assert 400 <= page.status < 500
    assert code_of(page) in ("registration_refused", "unreadable_text", "too_large")


def test_a_proposal_says_why(provider: Provider, manager: Official) -> None:
    page = proposes(manager, portal_file(portal_members("cong-vi-sao")).decode(), why=" ")
    assert code_of(page) == "proposal_without_reason"


def test_the_form_sent_again_proposes_nothing_again(provider: Provider, manager: Official) -> None:
    tab = manager.opens("/admin/portal-changes")
    typed = {"file": portal_file(portal_members("cong-hai-lan")).decode(), "why": WHY}
    first = manager.visitor.browser.submit("portal-form", typed, button="propose", tab=tab)
    again = manager.visitor.browser.submit("portal-form", typed, button="propose", tab=tab)
    assert (first.status, again.status, code_of(again)) == (200, 409, "proposal_repeated")


def test_taken_out_of_use_by_two(provider: Provider, manager: Official) -> None:
    portal = provider.portal()
    manager.opens(f"/admin/portals/{portal.client_id}")
    page = manager.submits("state-form", {"why": "Cổng đã ngừng"}, button="propose-state")
    assert provider.parts.portals.get(portal.client_id) is not None
    approved(provider, proposal_of(provider, page))
    assert provider.parts.portals.get(portal.client_id) is None
    assert manager.opens(f"/admin/portals/{portal.client_id}").has("disabled")


def test_the_proposer_does_not_approve(provider: Provider) -> None:
    dismiss_everybody(provider)
    open_console(provider, Role.NATIONAL_ADMIN)
    caller = person(provider, Role.NATIONAL_ADMIN)
    body = {"act": "suspend", "reason": "leaked-batch", "basis": WHY, "accounts": [provider.newcomer().number]}
    job = caller.post("/mass-acts", body).json()["id"]
    proposal = caller.post(f"/mass-acts/{job}/proposal", {"why": WHY}).json()["proposal"]
    answer = caller.post(f"/proposals/{proposal}/approval")
    assert (answer.status_code, answer.json()["code"]) == (403, "approval_by_proposer")


def test_alone_it_is_done_at_once_and_the_record_says_so(provider: Provider) -> None:
    dismiss_everybody(provider)
    page = proposes(open_console(provider, Role.NATIONAL_ADMIN), portal_file(portal_members("cong-mot-minh")).decode())
    assert "chưa có hai người" in page.text
    assert known(provider, "cong-mot-minh").client_id == "cong-mot-minh"


def test_a_portal_that_registered_itself_waits_for_two(provider: Provider, manager: Official) -> None:
    told = Registrar.of(provider).registers(client_name="Cổng tự đăng ký")
    client_id = told["client_id"]
    page = manager.opens("/admin/portals")
    assert client_id in page.element("waiting-portals").text
    assert manager.opens(f"/admin/portals/{client_id}").has("pending")
    page = manager.submits("open-form", {"why": WHY}, button="propose-open")
    proposal = proposal_of(provider, page)
    assert not known(provider, client_id).is_live
    judge = open_console(provider, Role.NATIONAL_ADMIN)
    page = judge.opens(f"/admin/approvals/{proposal.id}")
    for shown in (client_id, "Cổng tự đăng ký", told["redirect_uris"][0]):
        assert shown in page.text
    approved(provider, proposal)
    assert known(provider, client_id).is_live
    page = manager.opens(f"/admin/portals/{client_id}")
    assert (page.has("pending"), page.has("open-form")) == (False, False)
    assert not manager.opens("/admin/portals").has("waiting-portals") or (
        client_id not in manager.opens("/admin/portals").element("waiting-portals").text
    )


def test_nothing_is_opened_but_what_was_shown(provider: Provider, manager: Official) -> None:
    registrar = Registrar.of(provider)
    told = registrar.registers()
    manager.opens(f"/admin/portals/{told['client_id']}")
    proposal = proposal_of(provider, manager.submits("open-form", {"why": WHY}, button="propose-open"))
    changed = {**told, "client_name": "Cổng Dịch vụ công quốc gia"}
    assert registrar.own("PUT", told, changed).status_code == 200
    assert refused_for(provider, proposal) == "portal_changed_meanwhile"
    assert not known(provider, told["client_id"]).is_live


def test_what_waits_for_nothing_is_not_opened(provider: Provider, manager: Official) -> None:
    told = Registrar.of(provider).registers()
    manager.opens(f"/admin/portals/{told['client_id']}")
    approve(provider, told["client_id"])
    page = manager.submits("open-form", {"why": WHY}, button="propose-open")
    assert code_of(page) == "portal_changed_meanwhile"
    listed = person(provider, Role.AUDITOR).get("/portals").json()["portals"]
    assert {each["client_id"]: each["pending"] for each in listed}[told["client_id"]] is None
