"""Many people at once, each about to be given something in four ways, and each intervened against at that moment.

What they hold when a round begins is written by the rooms' own units; what races comes through the front door.
"""

import asyncio
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
from sqlalchemy import func, select

from idp.accounts import one_time_codes
from idp.attempts import proofs
from idp.attempts.pending import Attempt
from idp.interventions.intervening import intervene_all
from idp.interventions.orders import Act, Method, Order, Reason
from idp.parts import Parts
from idp.sessions.browser import Proof, open_session
from idp.sessions.tables import sessions
from idp.sign_in.methods.sms import PURPOSE
from idp.storage import Statement, Unit
from idp.storage.identifiers import new_id
from idp.storage.lists import among
from idp.tokens import codes, grants, refresh
from idp.tokens.tables import codes as code_rows
from idp.tokens.tables import grants as grant_rows
from idp.tokens.terms import Terms
from idp.web.cookie_jar import ATTEMPTS, SESSION
from idp.web.csrf import BROWSER
from tests.support.citizens import Citizen
from tests.support.portal import Portal
from tests.support.provider import Provider

SCOPE: Final = "openid offline_access"
TERMS: Final = Terms(tuple(SCOPE.split()), sub="sub", sid="sid", acr="urn:vn:eid:auth-level:2", amr=("pwd", "otp"))
WAYS: Final = ("redeem", "refresh", "authorize", "sign_in")
ORDERS: Final = tuple(
    Order(act, Reason.LEAKED_BATCH, "Cảnh báo 7/2026", "staff", method=method)
    for act, method in (
        (Act.SUSPEND, None),
        (Act.REVOKE, None),
        (Act.NEW_PASSWORD, None),
        (Act.RE_PROOF, None),
        (Act.LOCK_METHOD, Method.SMS),
    )
)
_CONNECTIONS: Final = 16
_STAFF: Final = 4
_AFTER_ANOTHER: Final = 0.004
"""Seconds between the beginnings of two that race, on the average: about as long as one takes."""

_LIVING: Final = tuple(
    Statement(select(func.count().label("number")).where(among(table.c.account_id, "accounts"), is_open))
    for table, is_open in (
        (sessions, sessions.c.ended_at.is_(None)),
        (grant_rows, grant_rows.c.ended_at.is_(None)),
        (code_rows, code_rows.c.spent_at.is_(None)),
    )
)


@dataclass
class Holding:
    """What one person's browser and portal have in hand when a round begins, and whether the act on them is done."""

    account_id: UUID
    session: str
    code: str
    refresh_token: str
    attempt: Attempt
    one_time_code: str
    is_done: bool = False


@dataclass
class Outcome:
    """What a round gave: the token answers that were got, how many of each way were let in, and what came too late."""

    tokens: list[dict[str, Any]] = field(default_factory=list)
    let_in: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    too_late: list[str] = field(default_factory=list)


class Crowd:
    """People, a portal that they use, and rounds in which everything happens to each of them at a random moment."""

    def __init__(self, provider: Provider, portal: Portal, people: Sequence[Citizen]) -> None:
        self._provider = provider
        self._parts: Parts = provider.parts
        self._portal = portal
        found = provider.parts.portals.get(portal.client_id)
        assert found is not None
        self._portal_id = found.id
        self.accounts = [person.account_id for person in people]
        self._basic = httpx.BasicAuth(portal.client_id, str(portal.members["client_secret"]))

    def round(self, order: Order) -> Outcome:
        """Give everybody something to go on with, intervene against each meanwhile, and undo that in the end."""
        return self._provider.run(self._round(order))

    def living(self) -> list[int]:
        """How many sessions, grants and codes of theirs are not ended."""
        return self._provider.run(self._parts.database.read(_count_living, self.accounts))

    def undo(self, order: Order, job_id: UUID) -> None:
        """Take a round's acts back, with the answer that each of them stood."""
        undoing = Order(Act.RESTORE, Reason.ERROR, "Nhầm", "staff", undoes=job_id)
        parts, now = self._parts, self._provider.clock.now()
        done = self._provider.run(parts.database.run(intervene_all, parts.keyring, self.accounts, undoing, now=now))
        assert len(done) == len(self.accounts), order.act

    async def _round(self, order: Order) -> Outcome:
        now = self._provider.clock.now()
        held = await self._parts.database.run(self._prepare, now=now)
        outcome, self.job_id = Outcome(), new_id(now)
        length = _AFTER_ANOTHER * len(held) * len(WAYS)
        turns = asyncio.Semaphore(_STAFF)
        with ThreadPoolExecutor(_CONNECTIONS) as threads:
            tasks = [self._try(threads, way, each, outcome, length) for each in held for way in WAYS]
            tasks += [self._intervene(each, order, length, turns) for each in held]
            await asyncio.gather(*tasks)
            loop = asyncio.get_running_loop()
            dead = [loop.run_in_executor(threads, self._is_dead, tokens) for tokens in outcome.tokens]
            await asyncio.gather(*dead)
        return outcome

    async def _intervene(self, holding: Holding, order: Order, length: float, turns: asyncio.Semaphore) -> None:
        await asyncio.sleep(_moment(length))
        parts, accounts = self._parts, [holding.account_id]
        async with turns:
            now = self._provider.clock.now()
            done = await parts.database.run(intervene_all, parts.keyring, accounts, order, job_id=self.job_id, now=now)
        holding.is_done = True
        assert len(done) == 1

    async def _try(
        self, threads: ThreadPoolExecutor, way: str, holding: Holding, outcome: Outcome, length: float
    ) -> None:
        await asyncio.sleep(_moment(length))
        came_after = holding.is_done
        answer = await asyncio.get_running_loop().run_in_executor(threads, self._ask, way, holding)
        if not _is_let_in(way, answer):
            return
        outcome.let_in[way] += 1
        if came_after:
            outcome.too_late.append(way)
        if way in ("redeem", "refresh"):
            outcome.tokens.append(answer.json())

    def _ask(self, way: str, holding: Holding) -> httpx.Response:
        client = self._provider.http
        token_url, browser = f"{self._portal.issuer}/token", "b_" + "B" * 43
        if way == "redeem":
            form = {
                "grant_type": "authorization_code",
                "code": holding.code,
                "redirect_uri": self._portal.callback,
            }
            return client.post(token_url, data=form, auth=self._basic)
        if way == "refresh":
            form = {"grant_type": "refresh_token", "refresh_token": holding.refresh_token}
            return client.post(token_url, data=form, auth=self._basic)
        if way == "authorize":
            return client.get(self._portal.ask(scope=SCOPE), headers={"cookie": f"{SESSION.name}={holding.session}"})
        attempt, sealed = holding.attempt, holding.attempt.seal(self._parts.keyring)
        form = {
            "attempt": attempt.name,
            "method": "sms",
            "otp": holding.one_time_code,
            "csrf": self._parts.csrf.token(browser),
        }
        cookies = f"{BROWSER.name}={browser}; {ATTEMPTS._cookie(attempt.name).name}={sealed}"
        url = f"{self._portal.issuer}/sign-in/otp"
        return client.post(url, data=form, headers={"cookie": cookies})

    def _is_dead(self, tokens: dict[str, Any]) -> None:
        client = self._provider.http
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        told = client.get(f"{self._portal.issuer}/userinfo", headers=bearer)
        assert told.status_code == 401, told.text
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        refreshed = client.post(f"{self._portal.issuer}/token", data=form, auth=self._basic)
        assert refreshed.status_code == 400, refreshed.text

    def _prepare(self, db: Unit, *, now: datetime) -> list[Holding]:
        return [self._hold(db, account_id, now=now) for account_id in self.accounts]

    def _hold(self, db: Unit, account_id: UUID, *, now: datetime) -> Holding:
        settings, keyring, portal_id = self._parts.settings, self._parts.keyring, self._portal_id
        proof = Proof(account_id, ("pwd", "otp", "mfa"), 2)
        session_id, session = open_session(db, proof, secret=None, lifetime=settings.session_absolute, now=now)
        issued = codes.issue(
            db,
            account_id=account_id,
            portal_id=portal_id,
            session_id=session_id,
            redirect_uri=self._portal.callback,
            code_challenge=None,
            terms=TERMS,
            lifetime=timedelta(minutes=10),
            now=now,
        )
        grant_id, ends_at = new_id(now), now + timedelta(days=30)
        about = {"account_id": account_id, "portal_id": portal_id}
        grants.make(db, grant_id, session_id=None, offline=True, terms=TERMS, expires_at=ends_at, now=now, **about)
        token = refresh.first(db, grant_id=grant_id, expires_at=ends_at, now=now, **about)
        attempt = Attempt.begin(then="/account", now=now)
        attempt = proofs.first_proof(db, attempt, account_id, ("pwd",), lifetime=timedelta(minutes=15), now=now)
        row = proofs.proved(db, attempt, now=now)
        typed = one_time_codes.issue(
            db, keyring, purpose=PURPOSE, subject=row.id, account_id=account_id, lifetime=timedelta(minutes=10), now=now
        )
        return Holding(account_id, session, issued.code, token, attempt, typed)


def _moment(length: float) -> float:
    return secrets.randbelow(1_000_000) / 1_000_000 * length


def _is_let_in(way: str, answer: httpx.Response) -> bool:
    """Whether the answer gives something; anything but a plain yes or no is a fault of its own."""
    if way in ("redeem", "refresh"):
        assert answer.status_code in (200, 400), answer.text
        return answer.status_code == 200
    if way == "authorize":
        assert answer.status_code in (200, 303), answer.text
        return "code" in parse_qs(urlsplit(answer.headers.get("location", "")).query)
    assert answer.status_code < 500, answer.text
    return any(each.startswith(f"{SESSION.name}=s_") for each in answer.headers.get_list("set-cookie"))


def _count_living(db: Unit, accounts: Sequence[UUID]) -> list[int]:
    rows = [db.one(statement, accounts=list(accounts)) for statement in _LIVING]
    return [row.number for row in rows if row]
