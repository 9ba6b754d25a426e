"""Acts on many accounts by the API: prepared and proposed by a program, decided by people."""

from typing import Any

import pytest

from idp.admin.roles import Role
from tests.admin.api.programs import Caller, code_of, person, program
from tests.support.officials import dismiss_everybody, employ
from tests.support.provider import Provider

ORDER = {"act": "new-password", "reason": "leaked-batch", "basis": "Công văn 12"}
WHY = {"why": "Danh sách lộ theo công văn 12"}


def prepared(caller: Caller, *numbers: str) -> dict[str, Any]:
    answer = caller.post("/mass-acts", {**ORDER, "accounts": list(numbers)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_program_proposes_and_a_person_approves(provider: Provider, nation: Caller) -> None:
    for _ in range(2):
        employ(provider, Role.NATIONAL_ADMIN)
    citizens = [provider.newcomer(), provider.newcomer()]
    job = prepared(nation, *(citizen.number for citizen in citizens))
    assert (job["state"], job["members"], job["figures"]["fit"]) == ("prepared", 2, 2)
    told = nation.post(f"/mass-acts/{job['id']}/proposal", WHY)
    assert (told.status_code, told.json()["way"]) == (202, "proposed")
    proposal = told.json()["proposal"]
    assert code_of(nation.post(f"/proposals/{proposal}/approval"), 403) == "not_permitted"
    assert code_of(nation.post(f"/mass-acts/{job['id']}/proposal", WHY), 409) == "mass_act_proposed"
    assert nation.get(f"/mass-acts/{job['id']}").json()["state"] == "prepared"
    approver = person(provider, Role.NATIONAL_ADMIN)
    answer = approver.post(f"/proposals/{proposal}/approval")
    assert (answer.status_code, answer.json()["state"]) == (200, "approved")
    assert nation.get(f"/mass-acts/{job['id']}").json()["state"] == "running"
    assert code_of(approver.post(f"/proposals/{proposal}/approval"), 409) == "decision_repeated"
    assert job["id"] in [each["id"] for each in nation.get("/mass-acts").json()["jobs"]]


def test_a_refused_proposal_begins_nothing(provider: Provider, nation: Caller) -> None:
    for _ in range(2):
        employ(provider, Role.NATIONAL_ADMIN)
    job = prepared(nation, provider.newcomer().number)
    proposal = nation.post(f"/mass-acts/{job['id']}/proposal", WHY).json()["proposal"]
    answer = person(provider, Role.NATIONAL_ADMIN).post(f"/proposals/{proposal}/refusal", {"why": "Thiếu căn cứ"})
    assert (answer.status_code, answer.json()["state"]) == (200, "refused")
    assert nation.get(f"/mass-acts/{job['id']}").json()["state"] == "prepared"


def test_where_nobody_could_approve_a_program_begins_nothing(provider: Provider) -> None:
    dismiss_everybody(provider)
    _, caller = program(provider)
    job = prepared(caller, provider.newcomer().number)
    assert code_of(caller.post(f"/mass-acts/{job['id']}/proposal", WHY), 409) == "nobody_approves"
    assert caller.get(f"/mass-acts/{job['id']}").json()["state"] == "prepared"


@pytest.mark.parametrize(
    ("whom", "code"),
    [
        ({}, "mass_source_unfit"),
        ({"accounts": ["003190001234"], "certificates_of": "CA"}, "mass_source_unfit"),
        ({"certificate_serials": ["1"]}, "mass_source_unfit"),
        ({"accounts": []}, "call_unfit"),
        ({"accounts": ["Nguyễn Thị Hoa"]}, "mass_file_unfit"),
        ({"accounts": ["003190009999"]}, "mass_act_for_nobody"),
        ({"certificate_keys": ["z" * 64]}, "mass_file_unfit"),
        ({"passwords_set": {"from": "2026-01-01T00:00:00Z"}}, "call_unfit"),
        ({"accounts": ["003190009999"] * 1001}, "call_unfit"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whom_it_is_about_is_said_in_one_way(nation: Caller, whom: dict[str, Any], code: str) -> None:
    answer = nation.post("/mass-acts", {**ORDER, **whom})
    assert code_of(answer, 400) == code
    assert "003190009999" not in answer.text
    assert "Nguyễn" not in answer.text
