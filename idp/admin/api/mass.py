"""Acts on many accounts: prepared and proposed here, decided by two people, followed here."""

from typing import Any, Final

from idp.admin.acting import still_may
from idp.admin.api.account_shapes import ORDER
from idp.admin.api.accounts import order_of
from idp.admin.api.operations import Call, Operation, Reply
from idp.admin.api.shapes import Choice, Id, Maybe, Members, Moment, Open, Rows, Text, Whole
from idp.admin.roles import Permission
from idp.approvals import Way, four_eyes_hold
from idp.approvals.proposing import LONGEST_WHY
from idp.errors import Kind, Refusal
from idp.interventions.mass import jobs as mass_jobs
from idp.interventions.mass import lines as mass_lines
from idp.interventions.mass.authorities import authority
from idp.interventions.mass.beginning import ask_to_begin
from idp.interventions.mass.jobs import JobState
from idp.interventions.mass.preparing import prepare
from idp.interventions.mass.shown import as_value, shown
from idp.interventions.mass.sources import (
    HoldersOf,
    HoldersOfKeys,
    HoldersOfSerials,
    Listed,
    MassSourceUnfit,
    PasswordsSet,
    Source,
)
from idp.interventions.orders import Act, Method, Reach, Reason
from idp.parts import Parts
from idp.portals.scopes import ADMIN_ACT, ADMIN_READ
from idp.storage import Unit

_MOST: Final = 1000
_WANTED: Final = {name: shape for name, shape in ORDER.of.items() if name not in ("dry_run", "undoes", "received_on")}
_SPAN: Final = Members({"from": Moment(), "before": Moment()})
_WHOM: Final = {
    "accounts": Rows(Text(40, example="003190001234"), most=_MOST, fewest=1),
    "certificates_of": Text(200),
    "certificate_serials": Rows(Text(64), most=_MOST, fewest=1),
    "certificate_keys": Rows(Text(64, 64), most=_MOST // 2, fewest=1),
    "passwords_set": _SPAN,
}
_MAY_LACK: Final = frozenset(_WHOM) | (ORDER.optional & frozenset(_WANTED))
PREPARE: Final = Members(
    {**_WANTED, **_WHOM},
    optional=_MAY_LACK,
    about="Whom it is about is said in one way: `accounts` (citizen numbers or account ids), `certificates_of` an "
    "authority (all, or only `certificate_serials`), `certificate_keys` (SHA-256 in hexadecimal), or `passwords_set` "
    "in a span. Longer lists: the console, or `idp interventions mass prepare`.",
)
PROPOSE: Final = Members({"why": Text(LONGEST_WHY)})
PROPOSED: Final = Members({"job": Id(), "proposal": Maybe(Id()), "way": Choice(tuple(Way))})
_JOB: Final = {
    "id": Id(),
    "state": Choice(tuple(JobState)),
    "act": Choice(tuple(Act)),
    "reason": Choice(tuple(Reason)),
    "basis": Text(500),
    "asked_by": Text(200, 0),
    "scope": Choice(tuple(Reach)),
    "method": Maybe(Choice(tuple(Method))),
    "until": Maybe(Moment()),
    "source": Open(),
    "members": Whole(),
    "figures": Maybe(Open()),
    "undoes": Maybe(Id()),
    "proposal": Maybe(Id()),
    "prepared_by": Text(64),
    "prepared_at": Moment(),
    "begun_at": Maybe(Moment()),
    "finished_at": Maybe(Moment()),
}
JOBS: Final = Members({"jobs": Rows(Members(_JOB), most=100)})
JOB: Final = Members({**_JOB, "progress": Open()})


class NobodyApproves(Refusal):
    """A program proposed what needs four eyes, and there are no two people who may approve.

    Operator: `idp staff add` makes a second person staff who may. Before that only the operator may act alone.
    """

    code = "nobody_approves"
    kind = Kind.CONFLICT


class MassCalls:
    """Calls about mass acts. Beginning is never done here: it is proposed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def operations(self) -> list[Operation]:
        """Prepare, propose, list, follow."""
        needs = Permission.MASS_ACT
        return [
            Operation(
                name="prepare_mass_act",
                method="POST",
                path="/mass-acts",
                summary="Count whom an act on many accounts would be about, and what it would do; nothing is done",
                scope=ADMIN_ACT,
                needs=needs,
                does=self.prepare,
                body=PREPARE,
                answers={201: JOB},
                refuses=(404, 409),
            ),
            Operation(
                name="list_mass_acts",
                method="GET",
                path="/mass-acts",
                summary="See the newest hundred",
                scope=ADMIN_READ,
                needs=needs,
                does=self.list,
                answers={200: JOBS},
            ),
            Operation(
                name="see_mass_act",
                method="GET",
                path="/mass-acts/{job}",
                summary="See one, and how far it is",
                scope=ADMIN_READ,
                needs=needs,
                does=self.see,
                answers={200: JOB},
            ),
            Operation(
                name="propose_mass_act",
                method="POST",
                path="/mass-acts/{job}/proposal",
                summary="Put a prepared one before a second person, who decides within 24 hours",
                scope=ADMIN_ACT,
                needs=needs,
                does=self.propose,
                body=PROPOSE,
                answers={202: PROPOSED},
                refuses=(409,),
            ),
        ]

    async def prepare(self, call: Call) -> Reply:
        """POST /mass-acts."""
        parts = self._parts
        order, source = order_of(call, parts.portals), await self._source(call.body)
        job = await prepare(parts.database, order, source, told_for=parts.settings.told_for, now=call.now)
        return Reply(await shown(parts.database, job.id), 201)

    async def list(self, call: Call) -> Reply:  # noqa: ARG002  (every call is asked alike)
        """GET /mass-acts."""
        jobs = await self._parts.database.read(mass_jobs.listed)
        return Reply({"jobs": [as_value(job, self._parts.portals) for job in jobs]})

    async def see(self, call: Call) -> Reply:
        """GET /mass-acts/{job}."""
        return Reply(await shown(self._parts.database, call.ids["job"]))

    async def propose(self, call: Call) -> Reply:
        """POST /mass-acts/{job}/proposal."""
        return await self._parts.database.run(_propose, call)

    async def _source(self, body: Any) -> Source:
        """Whom it is about; raises `MassSourceUnfit`, `MassFileUnfit` and `AuthorityUnknown`."""
        ways = [name for name in ("accounts", "certificates_of", "certificate_keys", "passwords_set") if name in body]
        if len(ways) != 1 or ("certificate_serials" in body and ways != ["certificates_of"]):
            raise MassSourceUnfit("ways")
        if "accounts" in body:
            people = mass_lines.accounts(_lines(body["accounts"]))
            people.refuse_faulty()
            return Listed(self._parts.keyring, people)
        if "certificate_keys" in body:
            keys = mass_lines.key_digests(_lines(body["certificate_keys"]))
            keys.refuse_faulty()
            return HoldersOfKeys(keys)
        if "passwords_set" in body:
            return PasswordsSet(body["passwords_set"]["from"], body["passwords_set"]["before"])
        if "certificate_serials" not in body:
            return HoldersOf(body["certificates_of"])
        serials = mass_lines.serials(_lines(body["certificate_serials"]))
        serials.refuse_faulty()
        issuer = await self._parts.database.read(authority, body["certificates_of"])
        return HoldersOfSerials(body["certificates_of"], issuer, serials)


def _propose(db: Unit, call: Call) -> Reply:
    if call.staff.portal_id is not None and not four_eyes_hold(db):
        raise NobodyApproves
    job_id, actor = call.ids["job"], still_may(db, call.staff, Permission.MASS_ACT, now=call.now)
    submitted = ask_to_begin(db, job_id, actor=actor, why=call.body["why"], now=call.now)
    return Reply({"job": job_id, "proposal": submitted.proposal_id, "way": submitted.way}, 202)


def _lines(values: list[str]) -> bytes:
    return "\n".join(values).encode()
