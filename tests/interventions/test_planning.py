"""Every act on every state that there is, and what stands against the account afterwards."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts.restrictions import Kind, Method, Restriction, Scope
from idp.accounts.state_changes import Held, state_of
from idp.accounts.states import State
from idp.interventions.orders import CITIZEN, Act, Order, Reason
from idp.interventions.planning import Origin, plan
from tests.support.clock import START

ACCOUNT, NEW, JOB = UUID(int=1), UUID(int=99), UUID(int=50)
LATER = START + timedelta(days=2)
HERE, THERE = Scope.portal(UUID(int=7)), Scope.province("15")

# What may stand, by a short name: its restriction, who imposed it, and in which job.
_MAY_STAND: list[tuple[str, dict[str, Any], str, UUID | None]] = [
    ("staff's", {"kind": Kind.SUSPENDED}, "staff", None),
    ("authority's", {"kind": Kind.SUSPENDED}, "authority", None),
    ("job's", {"kind": Kind.SUSPENDED}, "staff of the job", JOB),
    ("own", {"kind": Kind.SUSPENDED}, CITIZEN, None),
    ("timed", {"kind": Kind.SUSPENDED, "ends_at": LATER}, "staff", None),
    ("here", {"kind": Kind.SUSPENDED, "scope": HERE}, "staff", None),
    ("province", {"kind": Kind.SUSPENDED, "scope": THERE}, "staff", None),
    ("revoked", {"kind": Kind.REVOKED}, "staff", None),
    ("sms", {"kind": Kind.METHOD, "method": Method.SMS}, "staff", None),
    ("totp", {"kind": Kind.METHOD, "method": Method.TOTP}, "staff", None),
    ("new password", {"kind": Kind.NEW_PASSWORD}, "staff", None),
    ("re-proof", {"kind": Kind.RE_PROOF}, "staff", None),
]
STANDING: Mapping[str, tuple[Restriction, Origin]] = {
    name: (Restriction(ACCOUNT, UUID(int=number), **said), Origin(actor, "own-request", job))
    for number, (name, said, actor, job) in enumerate(_MAY_STAND, start=10)
}
ORIGINS = {restriction.act_id: origin for restriction, origin in STANDING.values()}


def outcome(stands: list[str], act: Act, **said: Any) -> str | tuple[str, set[str]]:
    """`unfit`, or the state afterwards and the names of what stands (`new` is what was imposed)."""
    standing = tuple(STANDING[name][0] for name in stands)
    account = Held(ACCOUNT, state_of(standing), "vi", None, standing)
    usual = {"reason": Reason.OWN_REQUEST, "basis": "Phiếu TK03", "actor": "staff"}
    planned = plan(account, NEW, Order(act, **usual | said), ORIGINS)
    if planned is None:
        return "unfit"
    names = {restriction.act_id: name for name, (restriction, _) in STANDING.items()} | {NEW: "new"}
    return planned.state.value, {names[each.act_id] for each in planned.standing}


ERROR = {"reason": Reason.ERROR}
BY_CITIZEN = {"actor": CITIZEN}


@pytest.mark.parametrize(
    ("stands", "act", "said", "expected"),
    [
        # Suspending: several may, each for their own reason and time; the same again does nothing.
        ([], Act.SUSPEND, {}, ("suspended", {"new"})),
        (["staff's"], Act.SUSPEND, {}, "unfit"),
        (["staff's"], Act.SUSPEND, {"actor": "authority"}, ("suspended", {"staff's", "new"})),
        (["staff's"], Act.SUSPEND, {"until": LATER}, ("suspended", {"staff's", "new"})),
        (["staff's"], Act.SUSPEND, {"reason": Reason.CARD_EXPIRED}, ("suspended", {"staff's", "new"})),
        (["timed"], Act.SUSPEND, {"until": LATER}, "unfit"),
        (["timed"], Act.SUSPEND, {}, ("suspended", {"timed", "new"})),
        (["own"], Act.SUSPEND, {}, ("suspended", {"own", "new"})),
        (["here"], Act.SUSPEND, {}, ("suspended", {"here", "new"})),
        (["staff's"], Act.SUSPEND, {"scope": HERE}, ("suspended", {"staff's", "new"})),
        ([], Act.SUSPEND, {"scope": HERE}, ("active", {"new"})),
        (["here"], Act.SUSPEND, {"scope": HERE}, "unfit"),
        (["here"], Act.SUSPEND, {"scope": THERE}, ("active", {"here", "new"})),
        (["sms", "re-proof"], Act.SUSPEND, {}, ("suspended", {"sms", "re-proof", "new"})),
        (["revoked"], Act.SUSPEND, {}, "unfit"),
        (["revoked"], Act.SUSPEND, {"scope": HERE}, "unfit"),
        # Revoking.
        ([], Act.REVOKE, {}, ("revoked", {"new"})),
        (["staff's", "here"], Act.REVOKE, {}, ("revoked", {"staff's", "here", "new"})),
        (["revoked"], Act.REVOKE, {}, "unfit"),
        (["revoked"], Act.REVOKE, {"actor": "authority"}, "unfit"),
        # Restoring: whatever suspends at that very scope.
        ([], Act.RESTORE, {}, "unfit"),
        (["staff's"], Act.RESTORE, {}, ("active", set())),
        (["staff's", "authority's", "timed", "own"], Act.RESTORE, {}, ("active", set())),
        (["staff's", "here"], Act.RESTORE, {}, ("active", {"here"})),
        (["staff's", "here"], Act.RESTORE, {"scope": HERE}, ("suspended", {"staff's"})),
        (["here", "province"], Act.RESTORE, {"scope": THERE}, ("active", {"here"})),
        (["here"], Act.RESTORE, {}, "unfit"),
        (["here"], Act.RESTORE, {"scope": THERE}, "unfit"),
        (
            ["staff's", "sms", "new password", "re-proof"],
            Act.RESTORE,
            {},
            ("active", {"sms", "new password", "re-proof"}),
        ),
        (["sms", "new password", "re-proof"], Act.RESTORE, {}, "unfit"),
        # The person takes back what they did, and nothing else.
        (["own"], Act.RESTORE, BY_CITIZEN, ("active", set())),
        (["own", "authority's"], Act.RESTORE, BY_CITIZEN, ("suspended", {"authority's"})),
        (["authority's"], Act.RESTORE, BY_CITIZEN, "unfit"),
        (["revoked"], Act.RESTORE, BY_CITIZEN | ERROR, "unfit"),
        # A revocation is taken back as an error alone, and what stood beside it still does.
        (["revoked"], Act.RESTORE, {}, "unfit"),
        (["revoked"], Act.RESTORE, ERROR, ("active", set())),
        (["revoked", "staff's"], Act.RESTORE, {}, "unfit"),
        (["revoked", "staff's"], Act.RESTORE, ERROR, ("suspended", {"staff's"})),
        (["revoked", "here"], Act.RESTORE, ERROR | {"scope": HERE}, "unfit"),
        (["revoked", "sms"], Act.UNLOCK_METHOD, {"method": Method.SMS}, "unfit"),
        # One act, or one job, alone.
        (["job's", "authority's"], Act.RESTORE, {"undoes": JOB}, ("suspended", {"authority's"})),
        (["job's"], Act.RESTORE, {"undoes": JOB}, ("active", set())),
        (["authority's"], Act.RESTORE, {"undoes": JOB}, "unfit"),
        (["revoked"], Act.RESTORE, {"undoes": STANDING["revoked"][0].act_id}, "unfit"),
        (["revoked"], Act.RESTORE, ERROR | {"undoes": STANDING["revoked"][0].act_id}, ("active", set())),
        (["revoked", "job's"], Act.RESTORE, {"undoes": JOB}, ("revoked", {"revoked"})),
        (["new password"], Act.RESTORE, {"undoes": STANDING["new password"][0].act_id}, ("active", set())),
        (["sms", "re-proof"], Act.RESTORE, {"undoes": STANDING["re-proof"][0].act_id}, ("active", {"sms"})),
        (["here", "province"], Act.RESTORE, {"undoes": STANDING["here"][0].act_id}, ("active", {"province"})),
        # Methods.
        ([], Act.LOCK_METHOD, {"method": Method.SMS}, ("active", {"new"})),
        (["sms"], Act.LOCK_METHOD, {"method": Method.SMS}, "unfit"),
        (["sms"], Act.LOCK_METHOD, {"method": Method.TOTP}, ("active", {"sms", "new"})),
        (["staff's"], Act.LOCK_METHOD, {"method": Method.SMS}, ("suspended", {"staff's", "new"})),
        (["revoked"], Act.LOCK_METHOD, {"method": Method.SMS}, "unfit"),
        (["sms", "totp"], Act.UNLOCK_METHOD, {"method": Method.SMS}, ("active", {"totp"})),
        (["staff's", "sms"], Act.UNLOCK_METHOD, {"method": Method.SMS}, ("suspended", {"staff's"})),
        (["totp"], Act.UNLOCK_METHOD, {"method": Method.SMS}, "unfit"),
        (["sms"], Act.UNLOCK_METHOD, BY_CITIZEN | {"method": Method.SMS}, "unfit"),
        # What is asked of the person.
        ([], Act.NEW_PASSWORD, {}, ("active", {"new"})),
        (["new password"], Act.NEW_PASSWORD, {}, "unfit"),
        (["staff's"], Act.RE_PROOF, {}, ("suspended", {"staff's", "new"})),
        (["re-proof"], Act.RE_PROOF, {}, "unfit"),
        (["revoked"], Act.RE_PROOF, {}, "unfit"),
    ],
)
def test_what_an_act_comes_to(stands: list[str], act: Act, said: dict[str, Any], expected: object) -> None:
    assert outcome(stands, act, **said) == expected


@pytest.mark.parametrize("act", Act)
def test_nothing_is_done_to_the_account_of_the_dead(act: Act) -> None:
    method = Method.SMS if act in (Act.LOCK_METHOD, Act.UNLOCK_METHOD) else None
    order = Order(act, Reason.ERROR, "Phiếu", "staff", method=method)
    assert plan(Held(ACCOUNT, State.DECEASED, "vi", None, ()), NEW, order, {}) is None


def test_an_order_survives_being_kept() -> None:
    until: datetime = LATER
    order = Order(
        Act.SUSPEND, Reason.DEATH, "Giấy", "staff", "ai đó", THERE, frozenset({NEW}), until, notice="Xin lưu ý"
    )
    assert Order.from_json(order.to_json()) == order
    undoing = Order(Act.RESTORE, Reason.ERROR, "Nhầm", "staff", undoes=JOB)
    assert Order.from_json(undoing.to_json()) == undoing
    locking = Order(Act.LOCK_METHOD, Reason.WEAK_KEY, "ROCA", "staff", method=Method.CERTIFICATE)
    assert Order.from_json(locking.to_json()) == locking
