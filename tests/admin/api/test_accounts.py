"""Looking somebody up, seeing the account, foreseeing an act, acting, and the receipts: by a program, by a person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.admin.roles import Role
from tests.admin.api.programs import GROUND, WHY, Caller, add_program, code_of, own_token, person, program
from tests.admin.people.desk import Town, meets
from tests.support.provider import Provider


def test_a_program_finds_an_account_and_learns_nothing_of_who_it_is(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    answer = nation.looks_up(citizen)
    told = answer.json()
    assert (answer.status_code, told["account"], told["state"]) == (200, str(citizen.account_id), "active")
    assert citizen.number not in answer.text
    assert citizen.phone not in answer.text
    assert told["allowed"] == ["suspend", "revoke", "lock-method", "new-password", "re-proof"]
    seen = nation.get(f"/accounts/{citizen.account_id}")
    assert (seen.status_code, seen.json()) == (200, told)


def test_it_is_found_by_phone_and_by_id_too(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    for wanted in (citizen.phone, str(citizen.account_id)):
        answer = nation.post("/account-look-ups", {"wanted": wanted, **WHY})
        assert answer.json()["account"] == str(citizen.account_id)


def test_the_look_up_is_in_the_record_and_shown_to_the_person(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    [found] = provider.audit(citizen, "account_looked_up")
    assert (found["role"], found["purpose"], found["case"]) == ("national-admin", "person-asks", "TK03-2026-18")
    visitor = provider.visitor(citizen)
    visitor.browser.open(f"{provider.issuer}/account/activity")
    assert "Cán bộ đã tra cứu và tìm thấy tài khoản của bạn" in visitor.goes_on().text


def test_who_was_not_looked_up_is_nobody(provider: Provider, nation: Caller) -> None:
    citizen, other = provider.newcomer(), program(provider)[1]
    other.finds(citizen)
    for path in (f"/accounts/{citizen.account_id}", f"/accounts/{citizen.account_id}/acts"):
        assert code_of(nation.get(path), 404) == "page_not_found"
    assert code_of(nation.acts(citizen, "suspend"), 404) == "page_not_found"


def test_a_look_up_is_over_after_a_quarter_of_an_hour(provider: Provider) -> None:
    citizen, (portal, caller) = provider.newcomer(), program(provider)
    caller.finds(citizen)
    provider.clock.advance(minutes=16)
    answer = portal.post("token", {"grant_type": "client_credentials", "scope": "admin.read"})
    later = Caller(provider, answer.json()["access_token"])
    assert code_of(later.get(f"/accounts/{citizen.account_id}"), 410) == "look_up_over"


def test_a_dry_run_tells_and_does_nothing(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    portal = provider.portal(backchannel_logout_uri="https://nobody.example/out")
    meets(provider, citizen, portal)
    nation.finds(citizen)
    answer = nation.acts(citizen, "revoke", dry_run=True)
    told = answer.json()
    assert (answer.status_code, told["told"], told["ends"]["sessions"]) == (200, [portal.client_id], 1)
    assert nation.get(f"/accounts/{citizen.account_id}").json()["state"] == "active"
    assert nation.get(f"/accounts/{citizen.account_id}/acts").json() == {"acts": []}


@pytest.mark.parametrize("of", ["program", "person"])
def test_an_act_is_done_and_has_receipts(provider: Provider, of: str) -> None:
    caller = program(provider)[1] if of == "program" else person(provider, Role.NATIONAL_ADMIN)
    citizen = provider.newcomer()
    portal = provider.portal(backchannel_logout_uri="https://nobody.example/out")
    visitor = meets(provider, citizen, portal)
    caller.finds(citizen)
    answer = caller.acts(citizen, "revoke", notice="Thẻ đã mất")
    done = answer.json()
    assert (answer.status_code, done["account"], done["portals"]) == (201, str(citizen.account_id), 1)
    assert visitor.goes_to(portal).has("sign-in-form")
    provider.tick()
    ledger = caller.get(f"/acts/{done['id']}/receipts").json()
    assert [(each["portal"], each["tries"]) for each in ledger["receipts"]] == [(portal.client_id, 1)]
    act = caller.get(f"/acts/{done['id']}").json()
    assert (act["act"], act["reason"], act["notice"]) == ("revoke", "own-request", "Thẻ đã mất")
    caller.finds(citizen)
    assert [each["id"] for each in caller.get(f"/accounts/{citizen.account_id}/acts").json()["acts"]] == [done["id"]]
    [made] = provider.audit(citizen, "intervention_made")
    assert made["intervention_id"] == done["id"]


def test_reading_an_act_of_another_is_in_the_record_once(provider: Provider, nation: Caller) -> None:
    citizen, reader = provider.newcomer(), program(provider, Role.HELPDESK)[1]
    nation.finds(citizen)
    act = nation.acts(citizen, "suspend").json()["id"]
    for caller in (nation, reader, reader):
        assert caller.get(f"/acts/{act}").status_code == caller.get(f"/acts/{act}/receipts").status_code == 200
    assert provider.audit(citizen, "act_seen") == [{"intervention_id": act, "role": "helpdesk"}]


def test_an_act_that_cannot_be_is_a_conflict(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    assert code_of(nation.acts(citizen, "restore"), 409) == "state_unfit"


def test_a_part_of_an_account_is_suspended_and_restored(provider: Provider, nation: Caller) -> None:
    citizen, portal = provider.newcomer(), provider.portal(province="15")
    account = nation.finds(citizen)
    assert nation.acts(citizen, "suspend", scope={"portal": portal.client_id}).status_code == 201
    [restriction] = nation.get(account).json()["restrictions"]
    assert restriction["scope"] == {"reach": "portal", "portal": portal.client_id, "province": None}
    assert nation.acts(citizen, "restore", scope={"portal": portal.client_id}).status_code == 201
    assert nation.get(account).json()["restrictions"] == []


def test_a_provincial_program_acts_at_its_own_portals_alone(provider: Provider, town: Town) -> None:
    _, caller = program(provider, Role.PROVINCIAL_ADMIN, "15")
    here, elsewhere = provider.portal(province="15"), provider.portal(province="01")
    citizen = town.resident("15")
    caller.finds(citizen)
    for scope in ({"portal": elsewhere.client_id}, {"province": "01"}):
        assert code_of(caller.acts(citizen, "suspend", scope=scope), 400) == "where_unfit"
    assert caller.acts(citizen, "suspend", scope={"portal": here.client_id}).status_code == 201


def test_an_authority_has_its_answer_by_a_day(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    answer = nation.acts(citizen, "suspend", reason="competent-authority", received_on="2026-01-05")
    assert answer.json()["answer_due"] == "2026-01-07T17:00:00Z"
    tomorrow = (provider.clock.now().date().replace(year=provider.clock.now().year + 1)).isoformat()
    late = nation.acts(citizen, "revoke", received_on=tomorrow)
    assert code_of(late, 400) == "day_unfit"


# The same key


def test_a_repeated_key_gives_the_same_act_and_never_a_second_one(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    key = {"Idempotency-Key": "phieu-2026-18"}
    first = nation.acts(citizen, "new-password", headers=key)
    again = nation.acts(citizen, "new-password", headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(provider.audit(citizen, "intervention_made")) == 1


def test_a_repeated_key_is_answered_when_look_up_and_days_are_over(provider: Provider) -> None:
    citizen, (portal, caller) = provider.newcomer(), program(provider)
    caller.finds(citizen)
    until = (provider.clock.now() + timedelta(minutes=10)).isoformat()
    more = {"until": until, "headers": {"Idempotency-Key": "phieu-2026-22"}}
    first = caller.acts(citizen, "suspend", **more)
    provider.clock.advance(minutes=16)
    later = Caller(provider, own_token(portal))
    again = later.acts(citizen, "suspend", **more)
    assert (again.status_code, again.json()) == (201, first.json())
    assert code_of(later.acts(citizen, "revoke"), 410) == "look_up_over"
    add_program(provider, portal, Role.AUDITOR)
    assert code_of(later.acts(citizen, "suspend", **more), 403) == "not_permitted"
    assert len(provider.audit(citizen, "intervention_made")) == 1


def test_a_key_is_for_one_thing_of_one_caller(provider: Provider, nation: Caller) -> None:
    citizen, other = provider.newcomer(), program(provider)[1]
    nation.finds(citizen)
    other.finds(citizen)
    key = {"Idempotency-Key": "phieu-2026-19"}
    assert nation.acts(citizen, "new-password", headers=key).status_code == 201
    assert code_of(nation.acts(citizen, "re-proof", headers=key), 409) == "key_reused"
    assert other.acts(citizen, "re-proof", headers=key).status_code == 201


def test_a_refused_call_leaves_its_key_free(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    key = {"Idempotency-Key": "phieu-2026-20"}
    assert code_of(nation.acts(citizen, "restore", headers=key), 409) == "state_unfit"
    assert nation.acts(citizen, "suspend", headers=key).status_code == 201


def test_acts_at_once_with_one_key_are_one(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    key = {"Idempotency-Key": "phieu-2026-21"}
    with ThreadPoolExecutor(4) as threads:
        begun = [threads.submit(nation.acts, citizen, "new-password", headers=key) for _ in range(4)]
        answers = [each.result() for each in begun]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(provider.audit(citizen, "intervention_made")) == 1


def test_the_ground_must_be_stated(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    account = nation.finds(citizen)
    answer = nation.post(f"{account}/acts", {"act": "suspend", "reason": GROUND["reason"]})
    assert code_of(answer, 400) == "call_unfit"
    assert answer.json()["faults"] == [{"member": "/basis", "fault": "missing"}]
