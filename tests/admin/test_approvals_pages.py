"""What one proposes in the console and another decides there, carried out in that very moment or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from idp import approvals
from idp.admin import staff, staff_page
from idp.admin.deciding import approvals_page
from idp.admin.roles import PERSONS_ONLY, Role
from idp.admin.shown_staff import all_named
from idp.admin.staff_changes import Addition, submit_addition
from idp.approvals import LIFETIME, Kind, State
from idp.audit import LOCAL_OPERATOR
from idp.keys import rotation
from idp.storage import Row, Statement, Unit
from idp.storage.identifiers import new_id
from tests.admin.test_entrance import refused
from tests.support.html_page import Page
from tests.support.officials import Official, dismiss_everybody, employ, open_console
from tests.support.provider import Provider
from tests.support.visitor import Visitor

WHY = "Bổ sung theo quyết định 15"


@dataclass
class Two:
    """Two national admins, each with the console open; nobody else is staff."""

    one: Official
    other: Official
    provider: Provider

    def proposes_helpdesk(self, visitor: Visitor) -> str:
        """One proposes that somebody becomes helpdesk; the proposal's path."""
        self.one.opens("/admin/staff")
        page = self.one.submits("add-form", {"who": visitor.citizen.number, "role": "helpdesk", "why": WHY})
        assert page.element("proposal-state").attributes["data-state"] == "open", page.text
        return page.url.removeprefix(self.provider.issuer)

    def state(self, path: str) -> approvals.Proposal:
        found = self.provider.run(self.provider.parts.database.read(approvals.find, UUID(path.rpartition("/")[2])))
        assert found is not None
        return found

    def is_staff(self, visitor: Visitor) -> bool:
        database = self.provider.parts.database
        return self.provider.run(database.read(staff.of_account, visitor.citizen.account_id)) is not None

    def posts(self, official: Official, path: str, **fields: str) -> Page:
        """A form that the page does not offer, as a hand-made request or an old tab would send it."""
        browser, page = official.visitor.browser, official.opens()
        token = dict(page.form("sign-out-form").fields)["csrf"]
        url = f"{self.provider.issuer}{path}"
        return browser._navigate("POST", url, [("csrf", token), *fields.items()], from_page=page)


@pytest.fixture
def two(provider: Provider) -> Two:
    dismiss_everybody(provider)
    return Two(open_console(provider, Role.NATIONAL_ADMIN), open_console(provider, Role.NATIONAL_ADMIN), provider)


def test_staff_is_added_by_two(two: Two, provider: Provider) -> None:
    newcomer = provider.visitor()
    path = two.proposes_helpdesk(newcomer)
    assert not two.is_staff(newcomer)
    assert not two.one.opens(path).has("approve-form"), "offered to the proposer"
    page = two.other.opens(path)
    facts = page.element("facts").text
    assert newcomer.citizen.number[-4:] in facts
    assert "Hỗ trợ người dân" in facts
    assert two.other.submits("approve-form").element("proposal-state").attributes["data-state"] == "approved"
    assert two.is_staff(newcomer)
    (event,) = provider.audit(newcomer.citizen, "staff_added")
    assert event["role"] == "helpdesk"


def test_the_proposer_approves_nothing_by_hand_either(two: Two, provider: Provider) -> None:
    newcomer = provider.visitor()
    path = two.proposes_helpdesk(newcomer)
    assert refused(two.posts(two.one, f"{path}/approve")) == (403, "approval_by_proposer")
    assert two.state(path).state is State.OPEN
    assert not two.is_staff(newcomer)


def test_an_expired_one_is_refused(two: Two, provider: Provider) -> None:
    newcomer = provider.visitor()
    path = two.proposes_helpdesk(newcomer)
    provider.clock.advance(seconds=LIFETIME.total_seconds())
    page = two.other.opens(path)
    assert page.has("proposal-state")
    assert not page.has("approve-form")
    assert refused(two.posts(two.other, f"{path}/approve")) == (410, "proposal_expired")
    assert not two.is_staff(newcomer)


def test_a_replayed_approval_and_a_second_one_are_refused_with_sentences_of_their_own(
    two: Two, provider: Provider
) -> None:
    path = two.proposes_helpdesk(provider.visitor())
    assert two.posts(two.other, f"{path}/approve").status == 200
    assert refused(two.posts(two.other, f"{path}/approve")) == (409, "decision_repeated")
    third = open_console(provider, Role.NATIONAL_ADMIN)
    assert refused(two.posts(third, f"{path}/approve")) == (409, "proposal_decided")


def test_a_form_sent_again_proposes_nothing_again(two: Two, provider: Provider) -> None:
    newcomer = provider.visitor()
    page = two.one.opens("/admin/staff")
    filled = {"who": newcomer.citizen.number, "role": "helpdesk", "why": WHY}
    sent = two.one.submits("add-form", filled)
    assert sent.has("proposal-state")
    two.one.visitor.browser._page = page  # the way back
    assert refused(two.one.submits("add-form", filled)) == (409, "proposal_repeated")


def test_of_two_who_approve_at_once_one_carries_it_out(two: Two, provider: Provider) -> None:
    third = open_console(provider, Role.NATIONAL_ADMIN)
    for _ in range(3):
        newcomer = provider.visitor()
        path = two.proposes_helpdesk(newcomer)
        for official in (two.other, third):
            official.opens(path)
        with ThreadPoolExecutor(2) as both:
            pages = list(both.map(lambda official: official.submits("approve-form"), (two.other, third)))
        assert sorted(page.status for page in pages) == [200, 409]
        assert len(provider.audit(newcomer.citizen, "staff_added")) == 1


def test_withdrawn_and_refused(two: Two, provider: Provider) -> None:
    withdrawn, turned_down = two.proposes_helpdesk(provider.visitor()), two.proposes_helpdesk(provider.visitor())
    two.one.opens(withdrawn)
    two.one.submits("refuse-form", {"why": "Nhầm người"})
    two.other.opens(turned_down)
    two.other.submits("refuse-form", {"why": "Chưa có quyết định"})
    assert [two.state(path).state for path in (withdrawn, turned_down)] == [State.REFUSED, State.REFUSED]
    assert refused(two.posts(two.other, f"{withdrawn}/approve")) == (409, "proposal_decided")


def test_the_glass_is_broken_and_reviewed_by_another(two: Two, provider: Provider) -> None:
    newcomer = provider.visitor()
    path = two.proposes_helpdesk(newcomer)
    two.one.opens(path)
    page = two.one.submits("break-glass-form", {"why": "Trực đêm nay không có ai"})
    assert two.is_staff(newcomer)
    assert page.has("review-by-another")
    assert refused(two.posts(two.one, f"{path}/review", note="Tôi thấy đúng")) == (403, "review_by_actor")
    assert two.other.opens("/admin").has("to-review"), "not shown prominently"
    two.other.opens(path)
    assert two.other.submits("review-form", {"note": "Đúng, có lịch trực"}).status == 200
    assert two.state(path).review_note == "Đúng, có lịch trực"
    assert not two.other.opens("/admin").has("to-review")
    assert refused(two.posts(two.other, f"{path}/review", note="Lần nữa")) == (409, "review_done")


def test_nothing_is_done_at_once_without_a_reason(two: Two, provider: Provider) -> None:
    newcomer = provider.visitor()
    path = two.proposes_helpdesk(newcomer)
    assert refused(two.posts(two.one, f"{path}/break-glass", why=" ")) == (400, "proposal_without_reason")
    assert not two.is_staff(newcomer)


def test_staff_is_removed_by_two_and_what_they_proposed_is_closed(two: Two, provider: Provider) -> None:
    third = open_console(provider, Role.NATIONAL_ADMIN)
    third.opens("/admin/staff")
    newcomer = provider.visitor()
    theirs = third.submits("add-form", {"who": newcomer.citizen.number, "role": "auditor", "why": WHY})
    two.one.opens("/admin/staff")
    page = two.one.submits("remove-form", {"staff": str(third.staff.id), "why": "Chuyển công tác"})
    two.other.opens(page.url.removeprefix(provider.issuer))
    assert two.other.submits("approve-form").status == 200
    assert refused(third.opens()) == (403, "not_staff")
    assert two.state(theirs.url).state is State.REFUSED


def test_keys_are_rotated_by_two(two: Two, provider: Provider) -> None:
    def of_es256() -> int:
        keys = provider.run(provider.parts.database.read(rotation.every_key))
        return sum(key.algorithm == "ES256" for key in keys)

    before = of_es256()
    two.one.opens("/admin/keys")
    page = two.one.submits("rotate-form", {"algorithm": "ES256", "at_once": "yes", "why": "Khóa đã lộ"})
    assert of_es256() == before
    two.other.opens(page.url.removeprefix(provider.issuer))
    two.other.submits("approve-form")
    assert of_es256() == before + 1


def test_what_cannot_be_carried_out_stays_open_and_says_why(two: Two, provider: Provider) -> None:
    paths = []
    for _ in range(2):
        two.one.opens("/admin/keys")
        page = two.one.submits("rotate-form", {"algorithm": "EdDSA", "why": "Hằng năm"})
        paths.append(page.url.removeprefix(provider.issuer))
    assert two.posts(two.other, f"{paths[0]}/approve").status == 200
    assert refused(two.posts(two.other, f"{paths[1]}/approve")) == (409, "rotation_under_way")
    assert [two.state(path).state for path in paths] == [State.APPROVED, State.OPEN]


def test_the_first_staff_is_added_by_one_alone_and_that_is_recorded(provider: Provider) -> None:
    dismiss_everybody(provider)
    only, newcomer = open_console(provider, Role.NATIONAL_ADMIN), provider.visitor()
    form = only.opens("/admin/staff")
    filled = {"who": newcomer.citizen.number, "role": "national-admin", "why": WHY}
    assert refused(only.submits("add-form", {**filled, "why": ""})) == (400, "proposal_without_reason")
    only.visitor.browser._page = form
    page = only.submits("add-form", filled)
    assert page.url == f"{provider.issuer}/admin/staff"
    assert page.has("staff")
    database = provider.parts.database
    assert provider.run(database.read(staff.of_account, newcomer.citizen.account_id)) is not None
    assert provider.run(database.read(approvals.four_eyes_hold))
    only.visitor.browser._page = form  # the way back
    assert refused(only.submits("add-form", filled)) == (409, "proposal_repeated")
    (alone,) = (
        each
        for each in provider.run(database.read(approvals.listed, now=provider.clock.now()))
        if each.state is State.ALONE and each.proposed_by == only.staff.actor
    )
    page = only.opens(f"/admin/approvals/{alone.id}")
    assert page.element("proposal-state").attributes["data-state"] == "alone"
    assert (page.has("approve-form"), page.has("review-form")) == (False, False)
    assert WHY in page.text


def test_who_may_not_approve_sees_only_their_own(two: Two, provider: Provider) -> None:
    manager = open_console(provider, Role.PORTAL_MANAGER)
    foreign = two.proposes_helpdesk(provider.visitor())
    assert manager.opens(foreign).status == 404
    assert two.posts(manager, f"{foreign}/refuse", why="Không").status == 404
    own = provider.run(
        provider.parts.database.run(
            approvals.propose,
            Kind.PORTAL_CHANGED,
            {"client_id": "nobody", "disabled": True},
            actor=manager.staff.actor,
            why="Cổng đã đóng",
            now=provider.clock.now(),
        )
    )
    page = manager.opens(f"/admin/approvals/{own}")
    assert (page.status, page.has("break-glass-form")) == (200, False)
    assert refused(two.posts(manager, f"/admin/approvals/{own}/approve")) == (403, "not_permitted")
    assert manager.opens("/admin/approvals").text.count("Sửa cổng dịch vụ") == 1
    # What it is about is gone: the approver is told, and nothing happens.
    assert two.posts(two.other, f"/admin/approvals/{own}/approve").status == 404
    assert two.state(str(own)).state is State.OPEN


def test_who_lost_the_role_since_the_page_was_opened_approves_nothing(two: Two, provider: Provider) -> None:
    newcomer = provider.visitor()
    path = two.proposes_helpdesk(newcomer)
    two.other.opens(path)
    employ(provider, Role.AUDITOR, visitor=two.other.visitor)
    two.other.submits("approve-form")
    assert not two.is_staff(newcomer)
    assert two.state(path).state is State.OPEN


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"who": "003190999999", "role": "helpdesk", "why": WHY}, "nobody_to_employ"),
        ({"who": "không phải số", "role": "helpdesk", "why": WHY}, "nobody_to_employ"),
        ({"role": "provincial-admin", "why": WHY}, "staff_unfit"),
        ({"role": "auditor", "province": "01", "why": WHY}, "staff_unfit"),
        ({"role": "helpdesk", "why": ""}, "proposal_without_reason"),
    ],
    ids=["nobody", "no-number", "province-missing", "province-of-the-nation", "no-reason"],
)
def test_what_cannot_be_proposed_is_said(two: Two, provider: Provider, fields: dict[str, str], code: str) -> None:
    two.one.opens("/admin/staff")
    page = two.one.submits("add-form", {"who": provider.visitor().citizen.number, **fields})
    assert refused(page)[1] == code
    assert page.has("add-form")


def test_a_program_never_approves(two: Two, provider: Provider) -> None:
    portal = provider.portal()
    found = provider.parts.portals.get(portal.members["client_id"])
    assert found is not None
    wanted = Addition(Role.NATIONAL_ADMIN, portal_id=found.id)
    now = provider.clock.now()
    provider.run(
        provider.parts.database.run(
            submit_addition, wanted, actor=two.one.staff.actor, why=WHY, glass="Thử nghiệm", now=now
        )
    )
    program = provider.run(provider.parts.database.read(staff.of_portal, found.id))
    assert program is not None
    assert not any(program.may(permission) for permission in PERSONS_ONLY)
    # Nor does it count as one of the two who may.
    for official in (two.one, two.other):
        provider.run(
            provider.parts.database.run(staff.remove, official.staff.id, actor=program.actor, why="Thôi việc", now=now)
        )
    assert not provider.run(provider.parts.database.read(approvals.four_eyes_hold))


def test_the_first_page_says_what_waits_for_whom(two: Two, provider: Provider) -> None:
    manager = open_console(provider, Role.PORTAL_MANAGER)
    two.proposes_helpdesk(provider.visitor())
    assert two.one.opens("/admin").has("own")
    assert not two.one.opens("/admin").has("to-decide")
    assert two.other.opens("/admin").has("to-decide")
    assert not any(manager.opens("/admin").has(each) for each in ("own", "to-decide", "to-review"))


def test_an_auditor_sees_every_proposal_and_decides_none(two: Two, provider: Provider) -> None:
    auditor = open_console(provider, Role.AUDITOR)
    path = two.proposes_helpdesk(provider.visitor())
    page = auditor.opens("/admin/approvals")
    assert path in [each.attributes.get("href") for each in page.elements if each.nearest("main")]
    assert WHY in page.text
    page = auditor.opens(path)
    assert (page.status, page.element("proposal-state").attributes["data-state"]) == (200, "open")
    assert not any(page.has(each) for each in ("approve-form", "refuse-form", "break-glass-form", "review-form"))
    for way in ("approve", "refuse", "break-glass", "review"):
        assert refused(two.posts(auditor, f"{path}/{way}", why="Không")) == (403, "not_permitted")
    assert two.state(path).state is State.OPEN


class Counting:
    """A unit that counts what is asked of it."""

    def __init__(self, db: Unit) -> None:
        self._db = db
        self.asked = 0

    def all(self, statement: Statement, /, **values: Any) -> list[Row]:
        self.asked += 1
        return self._db.all(statement, **values)


def test_the_lists_cost_the_same_however_long_they_are(two: Two, provider: Provider) -> None:
    database, now = provider.parts.database, provider.clock.now()

    def asked(work: Callable[..., object], *given: Any, **named: Any) -> int:
        def unit(db: Unit) -> int:
            counting = Counting(db)
            work(counting, provider.parts, *given, **named)
            return counting.asked

        return provider.run(database.read(unit))

    def costs() -> list[int]:
        return [asked(approvals_page._visible, two.other.staff, now=now), asked(staff_page._everybody)]

    payload = {"staff": two.one.staff.actor}
    before = costs()
    for official in (two.one, employ(provider, Role.NATIONAL_ADMIN), employ(provider, Role.NATIONAL_ADMIN)):
        propose = partial(approvals.propose, actor=official.staff.actor, why=WHY, now=now)
        provider.run(database.run(propose, Kind.STAFF_REMOVED, payload))
    assert costs() == before


def test_everybody_who_acted_is_named(two: Two, provider: Provider) -> None:
    parts, now = provider.parts, provider.clock.now()
    program = parts.portals.get(provider.portal().client_id)
    assert program is not None
    employed = partial(staff.add, role=Role.AUDITOR, portal_id=program.id, actor=LOCAL_OPERATOR, now=now)
    member = provider.run(parts.database.run(employed))
    gone, nobody = two.one.staff.actor, str(new_id(now))
    provider.run(parts.database.run(staff.remove, two.one.staff.id, actor=LOCAL_OPERATOR, why=WHY, now=now))
    actors = [gone, member.actor, LOCAL_OPERATOR, nobody]
    called = provider.run(parts.database.read(all_named, parts.keyring, parts.portals, actors))
    assert called[gone].name.endswith(f"{two.one.visitor.citizen.number[-4:]})")
    assert [called[each].name for each in actors[1:]] == [program.client_id, LOCAL_OPERATOR, nobody]
    assert [called[each].is_operator for each in actors] == [False, False, True, False]
