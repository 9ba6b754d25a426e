"""The form of an act, what it says would come of it, and the press that does it once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from idp.accounts import find
from idp.accounts.states import State
from idp.admin.people import confirmations
from idp.interventions.orders import Act
from tests.admin.people.desk import GROUND, HERE, Desk, Town, act_of, meets
from tests.citizen.applicants import error_on
from tests.support.citizens import Citizen
from tests.support.clock import ManualClock
from tests.support.html_page import Page
from tests.support.provider import Provider

OUT = "https://portal.example/out"
EVERY_ACT = [
    (Act.SUSPEND, {}),
    (Act.REVOKE, {}),
    (Act.LOCK_METHOD, {"method": "sms"}),
    (Act.NEW_PASSWORD, {}),
    (Act.RE_PROOF, {}),
]


def state_of(provider: Provider, citizen: Citizen) -> State:
    account = provider.run(provider.parts.database.read(find, citizen.account_id))
    assert account is not None
    return account.state


def radius(page: Page) -> dict[str, int]:
    """What the preview says would end, by its names."""
    rows = [each for each in page.elements if "data-radius" in each.attributes]
    ends = [each for each in page.elements if each.tag == "dd" and each.around[-1] in rows]
    return {row.attributes["data-radius"]: int(end.text) for row, end in zip(rows, ends, strict=True)}


def listed(page: Page, element_id: str) -> list[str]:
    box = page.element(element_id)
    return [each.text for each in page.elements if each.tag == "li" and box in each.around]


@pytest.mark.parametrize(("act", "more"), EVERY_ACT, ids=[act for act, _ in EVERY_ACT])
def test_an_act_is_done_when_it_was_seen_and_confirmed(
    provider: Provider, desk: Desk, act: Act, more: dict[str, str | None]
) -> None:
    citizen = provider.newcomer()
    page = desk.does(citizen, act, asked_by="Công an xã", notice="Gọi 1900.0368", **more)
    [done] = desk.acts_on(citizen)
    assert done.id == act_of(page)
    assert (done.act, done.reason, done.basis) == (act, "own-request", GROUND["basis"])
    assert (done.asked_by, done.notice, done.actor) == ("Công an xã", "Gọi 1900.0368", desk.official.staff.actor)
    assert "Công an xã" in page.text and "Gọi 1900.0368" in page.text


def test_the_preview_says_what_would_end_and_ends_nothing(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    told = provider.portal(backchannel_logout_uri=OUT, refresh="session")
    silent = provider.portal()
    visitor = meets(provider, citizen, told, silent)
    half_way = provider.visitor(citizen)
    half_way.goes_to(silent)
    half_way.gives_password()
    desk.finds(citizen)
    page = desk.foresees(citizen, Act.REVOKE)
    expected = {"sessions": 1, "grants": 2, "families": 1, "sign_ins": 1, "codes": 0, "devices": 1, "messages": 1}
    assert radius(page) == expected
    assert listed(page, "told") == [told.members["client_name#vi"]]
    assert listed(page, "unheard") == [silent.members["client_name#vi"]]
    assert "không dùng tài khoản này được nữa" in page.element("effect").text
    assert state_of(provider, citizen) is State.ACTIVE and desk.acts_on(citizen) == []
    assert visitor.signs_in_at(silent).stopped, "still signed in"
    assert provider.audit(citizen, "intervention_made") == []


def test_what_was_foreseen_is_what_happens(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    visitor = meets(provider, citizen, provider.portal(backchannel_logout_uri=OUT))
    desk.finds(citizen)
    assert radius(desk.foresees(citizen, Act.SUSPEND))["sessions"] == 1
    desk.submits("confirm-form", button="confirm")
    assert state_of(provider, citizen) is State.SUSPENDED
    assert not visitor.goes_to(provider.portal()).stopped
    desk.finds(citizen)
    assert radius(desk.foresees(citizen, Act.REVOKE)) == dict.fromkeys(
        ("sessions", "grants", "families", "sign_ins", "codes", "devices"), 0
    ) | {"messages": 1}


def test_what_is_suspended_at_one_portal_ends_there_alone(provider: Provider, desk: Desk) -> None:
    citizen, other = provider.newcomer(), provider.portal(backchannel_logout_uri=OUT)
    portal = provider.portal(backchannel_logout_uri=OUT)
    visitor = meets(provider, citizen, portal, other)
    desk.finds(citizen)
    page = desk.foresees(citizen, Act.SUSPEND, where=f"portal:{portal.client_id}")
    assert (radius(page)["sessions"], radius(page)["grants"]) == (0, 1)
    assert listed(page, "told") == [portal.members["client_name#vi"]]
    assert portal.members["client_name#vi"] in page.element("effect").text
    desk.submits("confirm-form", button="confirm")
    assert visitor.signs_in_at(other).stopped
    assert error_on(visitor.goes_to(portal)) is not None or not visitor.browser.page.stopped
    page = desk.finds(citizen)
    assert portal.members["client_name#vi"] in page.element("standing").text


def test_a_suspension_ends_with_the_day_that_was_given(provider: Provider, desk: Desk, now: ManualClock) -> None:
    citizen = provider.newcomer()
    last = now.now() + timedelta(days=3)
    desk.does(citizen, Act.SUSPEND, until=last.strftime("%Y-%m-%d"))
    [done] = desk.acts_on(citizen)
    assert done.until is not None
    assert done.until.strftime("%H:%M") == "17:00", "midnight in Viet Nam"
    assert timedelta(days=2) < done.until - now.now() < timedelta(days=5)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"basis": ""}, "order_unfit"),
        ({"basis": "x" * 501}, "order_unfit"),
        ({"reason": ""}, "order_unfit"),
        ({"reason": "because"}, "order_unfit"),
        ({"notice": "x" * 161}, "order_unfit"),
        ({"until": "2020-01-01"}, "day_unfit"),
        ({"until": "soon"}, "day_unfit"),
        ({"where": "portal:no-such-portal"}, "where_unfit"),
        ({"where": "province:99"}, "where_unfit"),
        ({"where": "the moon"}, "where_unfit"),
        ({"reason": "competent-authority", "received_on": "2999-01-01"}, "day_unfit"),
    ],
    ids=str,
)
def test_a_form_that_does_not_fit_comes_back_as_it_was(
    provider: Provider, desk: Desk, typed: dict[str, str | None], code: str
) -> None:
    citizen = provider.newcomer()
    desk.finds(citizen)
    page = desk.foresees(citizen, Act.SUSPEND, **{"asked_by": "Tòa án", **typed})
    assert error_on(page) == code
    assert dict(page.form("act-form").fields)["asked_by"] == "Tòa án"
    assert desk.acts_on(citizen) == []


def test_an_authority_has_its_answer_within_two_working_days(provider: Provider, desk: Desk, now: ManualClock) -> None:
    citizen = provider.newcomer()
    desk.finds(citizen)
    friday = now.now()
    while friday.weekday() != 4:
        friday -= timedelta(days=1)
    page = desk.foresees(
        citizen, Act.SUSPEND, reason="competent-authority", received_on=friday.strftime("%Y-%m-%d"), asked_by="Tòa án"
    )
    tuesday_is_over = friday + timedelta(days=5)
    assert f"00:00 ngày {tuesday_is_over:%d/%m/%Y}" in page.text
    ledger = desk.submits("confirm-form", button="confirm")
    assert f"00:00 ngày {tuesday_is_over:%d/%m/%Y}" in ledger.text
    assert "Tòa án" in ledger.text


class TestOnePress:
    """Once, for exactly what was shown, from the session it was shown in, within ten minutes."""

    def test_a_replayed_confirmation_does_not_act_twice(self, provider: Provider, desk: Desk) -> None:
        citizen = provider.newcomer()
        desk.finds(citizen)
        shown = desk.foresees(citizen, Act.LOCK_METHOD, method="sms")
        assert "/admin/acts/" in desk.submits("confirm-form", button="confirm").url
        page = replay(desk, shown)
        assert (page.status, error_on(page)) == (409, "confirmation_void")
        assert len(desk.acts_on(citizen)) == 1

    @pytest.mark.parametrize(
        "changed",
        [
            {"basis": "Khác"},
            {"reason": "error"},
            {"where": "province:15"},
            {"until": "2999-01-01"},
            {"asked_by": "Ai đó"},
            {"notice": "Chào bạn"},
            {"confirmation": "k_" + "x" * 43},
            {"confirmation": ""},
        ],
        ids=str,
    )
    def test_what_was_changed_since_is_not_done(self, provider: Provider, desk: Desk, changed: dict[str, str]) -> None:
        provider.portal(province=HERE)
        citizen = provider.newcomer()
        desk.finds(citizen)
        desk.foresees(citizen, Act.SUSPEND)
        page = desk.submits("confirm-form", dict(changed), button="confirm")
        assert error_on(page) == "confirmation_void"
        assert state_of(provider, citizen) is State.ACTIVE and desk.acts_on(citizen) == []

    def test_another_act_is_not_done_with_it(self, provider: Provider, desk: Desk) -> None:
        citizen = provider.newcomer()
        desk.finds(citizen)
        shown = desk.foresees(citizen, Act.NEW_PASSWORD)
        page = replay(desk, shown, act=Act.REVOKE)
        assert error_on(page) == "confirmation_void"
        assert state_of(provider, citizen) is State.ACTIVE

    def test_another_account_is_not_acted_on_with_it(self, provider: Provider, desk: Desk) -> None:
        citizen, other = provider.newcomer(), provider.newcomer()
        desk.finds(other)
        desk.finds(citizen)
        shown = desk.foresees(citizen, Act.REVOKE)
        page = replay(desk, shown, citizen=other)
        assert error_on(page) == "confirmation_void"
        assert state_of(provider, other) is State.ACTIVE

    def test_another_session_of_the_same_official_does_not_confirm_it(self, provider: Provider, desk: Desk) -> None:
        citizen = provider.newcomer()
        desk.finds(citizen)
        shown = desk.foresees(citizen, Act.REVOKE)
        desk.submits("sign-out-form")
        desk.official.opens()
        desk.finds(citizen)
        page = replay(desk, shown)
        assert error_on(page) == "confirmation_void"
        assert state_of(provider, citizen) is State.ACTIVE

    def test_after_ten_minutes_it_is_too_late(self, provider: Provider, desk: Desk, now: ManualClock) -> None:
        citizen = provider.newcomer()
        desk.finds(citizen)
        desk.foresees(citizen, Act.REVOKE)
        now.advance(minutes=10)
        page = desk.submits("confirm-form", button="confirm")
        assert error_on(page) == "confirmation_void"
        assert state_of(provider, citizen) is State.ACTIVE
        english = next(each.attributes["href"] for each in page.elements if each.attributes.get("hreflang") == "en")
        assert desk.opens(english).has("act-form"), "the form has an address that can be opened"


def replay(desk: Desk, shown: Page, *, act: Act | None = None, citizen: Citizen | None = None) -> Page:
    """Press the button of a page that was seen before, perhaps with another address behind it."""
    action = shown.form("confirm-form").action
    kind, person = action.split("/")[-2], action.split("/")[-4]
    changed = action.replace(kind, act or kind).replace(person, str(citizen.account_id) if citizen else person)
    elsewhere = replace(shown, html=shown.html.replace(urlsplit(action).path, urlsplit(changed).path))
    return desk.official.visitor.browser.submit("confirm-form", button="confirm", tab=elsewhere)


def test_what_the_state_leaves_no_room_for_is_not_offered(provider: Provider, desk: Desk, town: Town) -> None:
    citizen = town.resident(HERE)
    assert offered(desk.finds(citizen)) == {"suspend", "revoke", "lock-method", "new-password", "re-proof"}
    desk.does(citizen, Act.REVOKE)
    assert offered(desk.finds(citizen)) == {"restore"}
    page = desk.opens(f"/admin/people/{citizen.account_id}/act/suspend")
    assert error_on(page) == "state_unfit" and not page.has("act-form")
    assert desk.opens(f"/admin/people/{citizen.account_id}/act/delete").status == 404


def test_a_revocation_is_taken_back_as_an_error_alone(provider: Provider, desk: Desk) -> None:
    citizen = provider.newcomer()
    ledger = desk.does(citizen, Act.REVOKE)
    desk.opens(f"/admin/acts/{act_of(ledger)}")
    page = desk.submits("undo-form", button="undo")
    assert page.url.endswith(f"/act/restore?undoes={act_of(ledger)}")
    reasons = [each.attributes["value"] for each in page.elements if each.tag == "option" and each.attributes["value"]]
    assert reasons == ["error"]
    desk.submits("act-form", {"reason": "error", "basis": "Nhầm người, biên bản 5"})
    assert "/admin/acts/" in desk.submits("confirm-form", button="confirm").url
    assert state_of(provider, citizen) is State.ACTIVE
    assert "review" in {each["purpose"] for each in provider.audit(citizen, "account_looked_up")}


def test_one_of_two_restrictions_is_lifted_alone(provider: Provider, desk: Desk) -> None:
    citizen, portal = provider.newcomer(), provider.portal(backchannel_logout_uri=OUT)
    desk.does(citizen, Act.SUSPEND, where=f"portal:{portal.client_id}")
    desk.does(citizen, Act.LOCK_METHOD, method="sms")
    page = desk.finds(citizen)
    lifts = [each.attributes["href"] for each in page.elements if "undoes=" in each.attributes.get("href", "")]
    assert len(lifts) == 2
    for left, lift in enumerate(reversed(lifts)):
        desk.opens(lift)
        desk.submits("act-form", GROUND)
        assert "/admin/acts/" in desk.submits("confirm-form", button="confirm").url
        page = desk.finds(citizen)
        still = [each for each in page.elements if "undoes=" in each.attributes.get("href", "")]
        assert len(still) == 1 - left


@pytest.mark.parametrize(("act", "more"), EVERY_ACT, ids=[act for act, _ in EVERY_ACT])
def test_whatever_was_imposed_can_be_lifted_by_its_link(
    provider: Provider, desk: Desk, act: Act, more: dict[str, str | None]
) -> None:
    citizen = provider.newcomer()
    desk.does(citizen, act, **more)
    page = desk.finds(citizen)
    [lift] = [each.attributes["href"] for each in page.elements if "undoes=" in each.attributes.get("href", "")]
    desk.opens(lift)
    desk.submits("act-form", {"reason": "error", "basis": "Nhầm người"})
    assert "/admin/acts/" in desk.submits("confirm-form", button="confirm").url
    assert desk.finds(citizen).has("no-standing")
    assert state_of(provider, citizen) is State.ACTIVE


def offered(page: Page) -> set[str]:
    return {each.id.removeprefix("act-") for each in page.elements if each.id.startswith("act-")}


def test_of_many_presses_at_once_one_counts(provider: Provider) -> None:
    session_id, account_id, wanted, now = UUID(int=1), UUID(int=2), {"act": "revoke"}, provider.clock.now()
    run = provider.parts.database.run
    value = provider.run(run(confirmations.make, session_id, account_id, wanted, now=now))

    async def presses() -> list[object]:
        spent = [run(confirmations.spend, value, session_id, account_id, wanted, now=now) for _ in range(8)]
        return list(await asyncio.gather(*spent, return_exceptions=True))

    outcomes = provider.run(presses())
    assert outcomes.count(None) == 1
    assert sum(isinstance(each, confirmations.ConfirmationVoid) for each in outcomes) == 7
