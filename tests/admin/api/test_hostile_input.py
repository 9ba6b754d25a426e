"""What programs get wrong and strangers try: always a problem of ours with 4xx, and nothing of it repeated."""

import json
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.admin.api.programs import GROUND, ROOT, WHY, Caller, code_of
from tests.support.citizens import Citizen
from tests.support.no_objects import NO_OBJECTS, shown
from tests.support.provider import Provider

LOOK_UP = {"wanted": "003190001234", **WHY}
JSON = {"content-type": "application/json"}


def sends(caller: Caller, body: bytes, **headers: str) -> httpx.Response:
    return caller.call("POST", "/account-look-ups", content=body, headers=JSON | headers)


@pytest.mark.parametrize(
    "body",
    [
        *NO_OBJECTS,
        b'{"wanted": NaN}',
        b'{"wanted": Infinity}',
        b'{"wanted": "1", "wanted": "2"}',
        b'{"wanted": {"a": 1, "a": 2}}',
        b'{"wanted": ' + b"9" * 5000 + b"}",
        b"wanted=003190001234",
    ],
    ids=shown,
)
def test_what_is_no_json_object(nation: Caller, body: bytes) -> None:
    answer = sends(nation, body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("not_json", "call_unfit")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""]
)
def test_another_content_type(nation: Caller, content_type: str) -> None:
    answer = sends(nation, json.dumps(LOOK_UP).encode(), **{"content-type": content_type})
    assert code_of(answer, 400) == "not_json"


@pytest.mark.parametrize(
    ("members", "faults"),
    [
        ({"wanted": 3190001234}, {"/wanted": "wrong_type"}),
        ({"wanted": None}, {"/wanted": "wrong_type"}),
        ({"wanted": ["003190001234"]}, {"/wanted": "wrong_type"}),
        ({"wanted": ""}, {"/wanted": "length"}),
        ({"wanted": "x" * 101}, {"/wanted": "length"}),
        ({"wanted": "a\nb"}, {"/wanted": "unreadable_text"}),
        ({"wanted": "\ud800"}, {"/wanted": "unreadable_text"}),
        ({"wanted": "a\u202eb"}, {"/wanted": "unreadable_text"}),
        ({"purpose": "curiosity"}, {"/purpose": "not_a_choice"}),
        ({"purpose": True}, {"/purpose": "wrong_type"}),
        ({"role": "national-admin"}, {"/role": "unknown_member"}),
        ({"003190001234": 1}, {"": "unknown_member"}),
        ({"__proto__": {}}, {"/__proto__": "unknown_member"}),
    ],
    ids=str,
)
def test_each_wrong_member_is_named(nation: Caller, members: dict[str, Any], faults: dict[str, str]) -> None:
    answer = sends(nation, json.dumps({**LOOK_UP, **members}).encode())
    assert code_of(answer, 400) == "call_unfit"
    assert {each["member"]: each["fault"] for each in answer.json()["faults"]} == faults


def test_all_faults_are_named_at_once(nation: Caller) -> None:
    answer = sends(nation, b'{"wanted": 1, "who": 2}')
    found = {each["member"]: each["fault"] for each in answer.json()["faults"]}
    assert found == {"/case": "missing", "/purpose": "missing", "/wanted": "wrong_type", "/who": "unknown_member"}


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"until": "2026-02-30T00:00:00Z"}, "pattern"),
        ({"until": "2027-01-01T00:00:00"}, "pattern"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "pattern"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "pattern"),
        ({"until": 1893456000}, "wrong_type"),
        ({"dry_run": 1}, "wrong_type"),
        ({"dry_run": "true"}, "wrong_type"),
        ({"undoes": "1"}, "pattern"),
        ({"received_on": "2026-13-01"}, "pattern"),
        ({"scope": "15"}, "wrong_type"),
        ({"actor": "local_operator"}, "unknown_member"),
    ],
    ids=str,
)
def test_an_act_is_read_as_strictly(provider: Provider, nation: Caller, members: dict[str, Any], fault: str) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    answer = nation.acts(citizen, "suspend", **members)
    assert code_of(answer, 400) == "call_unfit"
    [only] = answer.json()["faults"]
    assert only == {"member": f"/{next(iter(members))}", "fault": fault}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"until": "2020-01-01T00:00:00Z"}, "day_unfit"),
        ({"method": "totp"}, "order_unfit"),
        ({"scope": {"portal": "nobody", "province": "15"}}, "where_unfit"),
        ({"scope": {"portal": "no-such-portal"}}, "where_unfit"),
        ({"basis": "   "}, "order_unfit"),
        ({"undoes": "0197f6b2-7c1e-7d5a-9a3e-0c2f4b6d8e10", "act": "restore"}, "where_unfit"),
    ],
    ids=str,
)
def test_an_act_that_makes_no_sense(provider: Provider, nation: Caller, members: dict[str, Any], code: str) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    body = {"act": "suspend", **GROUND, **members}
    assert code_of(nation.post(f"/accounts/{citizen.account_id}/acts", body), 400) == code


def test_a_huge_body_is_not_read(provider: Provider, nation: Caller) -> None:
    answer = sends(nation, b'{"wanted": "' + b"x" * 70_000 + b'"}')
    assert answer.status_code == 413

    def chunks() -> Any:
        for _ in range(200):
            yield b" " * 1000

    url = f"{provider.issuer}{ROOT}/account-look-ups"
    headers = {"authorization": f"Bearer {nation.token}", **JSON}
    assert provider.http.post(url, content=chunks(), headers=headers).status_code == 413


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "đúng-một-lần", "a;b--------"])
def test_a_key_that_is_none(provider: Provider, nation: Caller, key: str) -> None:
    citizen = provider.newcomer()
    nation.finds(citizen)
    answer = nation.acts(citizen, "suspend", headers={b"idempotency-key": key.encode()})
    assert code_of(answer, 400) == "call_unfit"
    assert provider.audit(citizen, "intervention_made") == []


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/1",
        "/accounts/%00",
        "/accounts/..%2f..",
        "/acts/'--",
        "/nothing",
        "/",
        "",
        "/portals/a%0d%0ab",
        "/x/y/z",
    ],
)
def test_an_address_that_is_none(nation: Caller, path: str) -> None:
    assert code_of(nation.get(path), 404) == "page_not_found"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_another_method(nation: Caller, method: str) -> None:
    answer = nation.call(method, "/portals")
    assert code_of(answer, 405) == "method_not_allowed"
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "limit=1&limit=2", "since=yesterday", "event=nothing", "account=1", "who=me",
     "before=99999999999999999999", "before=-1", "reference=1", "since=%00", "since=%ff", "actor=003190.001234",
     "actor=Nguyen", "actor=a.b@x.vn", "portal=003190.001234", "portal=0912%20345%20678", "portal=nobody"],
)  # fmt: skip
def test_a_query_that_is_none(nation: Caller, query: str) -> None:
    answer = nation.get(f"/audit-events?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("call_unfit", "repeated_field", "unreadable_text", "search_unfit")


def test_the_answer_speaks_the_callers_language(nation: Caller) -> None:
    vietnamese = nation.get("/nothing").json()
    english = nation.get("/nothing", headers={"accept-language": "en"}).json()
    assert vietnamese["title"] == vietnamese["messages"]["vi"]["title"] == english["messages"]["vi"]["title"]
    assert english["title"] == english["messages"]["en"]["title"] != vietnamese["title"]


def test_nobodys_number_is_repeated(provider: Provider, nation: Caller) -> None:
    citizen = provider.newcomer()
    with capture_logs() as logged:
        answers = _asked_about(citizen, nation)
    assert [answer.status_code for answer in answers] == [200, 400, 404, 400, 400, 404]
    assert logged
    for text in (*(answer.text for answer in answers), repr(logged)):
        assert citizen.number not in text
        assert "003190009999" not in text


def _asked_about(citizen: Citizen, nation: Caller) -> list[httpx.Response]:
    return [
        nation.looks_up(citizen),
        nation.post("/account-look-ups", {"wanted": citizen.number, "purpose": citizen.number, "case": citizen.number}),
        nation.post("/account-look-ups", {"wanted": "003190009999", **WHY}),
        nation.post("/account-look-ups", {"wanted": citizen.number, **WHY, "case": f"về {citizen.number}"}),
        nation.post("/account-look-ups", {"wanted": citizen.number, citizen.number: 1}),
        nation.get(f"/accounts/{citizen.number}"),
    ]
