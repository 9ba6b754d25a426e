"""Whoever signs in with a certificate while everything is being ended is not left signed in, and nobody is blocked."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from idp.accounts import certificates
from idp.accounts.certificates import ProvedBy
from idp.accounts.method_locks import MethodLocked
from idp.accounts.recovery import Claimed, Proof
from idp.accounts.restrictions import Method
from idp.attempts import proofs
from idp.attempts.pending import Attempt
from idp.citizen import brake, brake_unlocking, certificate_changes, resetting
from idp.citizen.certificate_asking import CertificateAskingGone
from idp.citizen.change_password import _finish as change_password
from idp.citizen.limits import of_own_password
from idp.citizen.own_changes import changed_by
from idp.citizen.recovery_progress import RecoveryProgress
from idp.citizen.sessions import _end_others as end_others
from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason
from idp.pki.checking import Accepted
from idp.register.person import Person
from idp.sessions import standing
from idp.sessions.browser import living
from idp.sessions.standing import SignedIn
from idp.sign_in import throttling
from idp.sign_in.browser import Browser
from idp.sign_in.certificates import step
from idp.sign_in.certificates.holder import CertificateRemoved
from idp.sign_in.certificates.shown import Shown, Way
from idp.sign_in.certificates.step import Asked
from idp.storage import Database, Unit
from idp.storage.identifiers import new_id
from tests.support.authorities import Authorities
from tests.support.citizens import Citizen
from tests.support.elsewhere import opened_elsewhere
from tests.support.provider import LoopThread, Provider

FEW, MANY = 4, 300
ROUNDS = pytest.mark.parametrize("rounds", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
_A_MOMENT = 6_000  # microseconds, about what a sign-in takes
_LONG_ENOUGH = 0.3  # seconds, for what does not wait to have gone on


@dataclass
class Racer:
    """Somebody with an account and a certificate that is linked to it."""

    provider: Provider
    citizen: Citizen
    person: Person
    accepted: Accepted

    @classmethod
    def new(cls, provider: Provider, trusted: Authorities) -> "Racer":
        citizen, parts = provider.newcomer(), provider.parts
        person = provider.run(parts.register.find(citizen.number))
        assert person is not None
        der = trusted.card(provider, citizen).der
        racer = cls(provider, citizen, person, provider.run(parts.certificates.check(der, at=provider.clock.now())))
        racer.links()
        return racer

    def does(self, unit: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """A unit, now."""
        return self.provider.run(
            self.provider.parts.database.run(unit, *arguments, **keywords, now=self.provider.clock.now())
        )

    def links(self) -> None:
        how = {"issuer_name": "CA", "proof": ProvedBy.ENROLMENT}
        self.does(certificates.link, self.citizen.account_id, self.accepted.certificate, **how)

    def sign_in(self, db: Unit, session: str | None = None) -> str:
        """The unit of a sign-in, in a browser with this session; the new one."""
        parts, now = self.provider.parts, self.provider.clock.now()
        browser = Browser(session, None, None, "vi", "R" * 8)
        attempt, shown = Attempt.begin(then="/account", now=now), Shown(self.accepted, Way.TLS)
        asked = Asked(self.person)
        signed_in = step.sign_in(db, parts.settings, parts.keyring, browser, attempt, shown, asked, now=now)
        assert signed_in is not None
        return signed_in.session

    def signs_in(self) -> SignedIn:
        """In another browser, beforehand."""
        parts, now = self.provider.parts, self.provider.clock.now()
        secret = self.provider.run(parts.database.run(self.sign_in))
        who = self.does(standing.current, secret, sector="", idle=timedelta(hours=1))
        assert isinstance(who, SignedIn) and who.at == now
        return who

    def at_a_counter(self) -> Callable[[Unit], Any]:
        """A recovery, but for its last unit."""
        now = self.provider.clock.now()
        progress = RecoveryProgress(new_id(now), Claimed(self.citizen.account_id, self.person.key), now, True)
        begun = self.does(
            proofs.first_proof, progress.attempt, self.citizen.account_id, ("counter",), lifetime=timedelta(minutes=5)
        )
        progress = progress.proved(Proof.COUNTER, begun.secret).with_password("hash", "secret")
        return lambda db: resetting.reset_at_counter(
            db, self.provider.parts.keyring, progress, self.person, app=None, device=None, now=now
        )

    def by_factor(self) -> Callable[[Unit], Any]:
        """The other recovery, but for its last unit."""
        now, parts = self.provider.clock.now(), self.provider.parts
        progress = RecoveryProgress(new_id(now), Claimed(self.citizen.account_id, self.person.key), now, True)
        begun = self.does(
            proofs.first_proof, progress.attempt, self.citizen.account_id, ("sms",), lifetime=timedelta(minutes=5)
        )
        progress, code = progress.proved(Proof.SMS, begun.secret), self.citizen.code(self.provider.clock)
        browser = Browser(None, None, None, "vi", "R" * 8)
        now = self.provider.clock.now()
        return lambda db: resetting.reset_by_factor(
            db,
            parts.keyring,
            progress,
            self.person,
            factor=code,
            browser=browser,
            password_hash="hash",
            is_present=False,
            now=now,
        )

    def elsewhere(self) -> Callable[[Unit], Any]:
        """Ending all other sessions."""
        who, now = self.signs_in(), self.provider.clock.now()
        account_id, keep = self.citizen.account_id, who.session_id
        return lambda db: changed_by(db, who, now, end_others, account_id, keep=keep, now=now)

    def with_the_password(self) -> Callable[[Unit], Any]:
        """Changing the password, and ending all other sessions with it."""
        who, now, keyring = self.signs_in(), self.provider.clock.now(), self.provider.parts.keyring
        ticket = self.does(throttling.admit, of_own_password(keyring, self.citizen.account_id))
        return lambda db: change_password(db, keyring, who, ticket, 1, "hash", ends_others=True, now=now)

    def sessions(self) -> int:
        """How many live."""
        return len(self.does(lambda db, *, now: living(db, self.citizen.account_id, now=now)))


@pytest.fixture
def racer(provider: Provider, trusted: Authorities) -> Racer:
    provider.clock.advance(minutes=1)
    return Racer.new(provider, trusted)


@pytest.fixture
def elsewhere(provider: Provider) -> Iterator[tuple[LoopThread, Database]]:
    with opened_elsewhere(provider.parts.settings.database_url) as there:
        yield there


@pytest.mark.parametrize(
    ("ending", "left"),
    [("at_a_counter", 0), ("by_factor", 0), ("elsewhere", 1), ("with_the_password", 1)],
)
def test_a_session_that_is_being_opened_ends_too(
    racer: Racer, elsewhere: tuple[LoopThread, Database], ending: str, left: int
) -> None:
    """The sign-in has done everything and not committed when the end of all sessions comes."""
    end: Callable[[Unit], Any] = getattr(racer, ending)()
    thread, database = elsewhere
    is_done, may_commit = threading.Event(), threading.Event()

    def slowly(db: Unit) -> None:
        racer.sign_in(db)
        is_done.set()
        assert may_commit.wait(10)

    signing = threading.Thread(target=lambda: thread.run(database.run(slowly)))
    signing.start()
    assert is_done.wait(10)
    ended = threading.Thread(target=lambda: racer.provider.run(racer.provider.parts.database.run(end)))
    ended.start()
    ended.join(_LONG_ENOUGH)
    may_commit.set()
    signing.join()
    ended.join()
    assert racer.sessions() == left


def test_a_certificate_that_is_being_locked_unlocks_nothing(
    racer: Racer, elsewhere: tuple[LoopThread, Database]
) -> None:
    """The act has done everything and not committed when the certificate is shown."""
    parts, account_id, now = racer.provider.parts, racer.citizen.account_id, racer.provider.clock.now()
    racer.does(brake.lock, parts.keyring, account_id, brake.Way.ACCOUNT, told_for=timedelta(days=30), reference="R" * 8)
    thread, database = elsewhere
    is_done, may_commit = threading.Event(), threading.Event()
    order = Order(Act.LOCK_METHOD, Reason.STOLEN_CREDENTIALS, "Biên bản 3/2026", "staff", method=Method.CERTIFICATE)

    def slowly(db: Unit) -> None:
        intervene(db, parts.keyring, account_id, order, now=now)
        is_done.set()
        assert may_commit.wait(10)

    locking = threading.Thread(target=lambda: thread.run(database.run(slowly)))
    locking.start()
    assert is_done.wait(10)
    threading.Timer(_LONG_ENOUGH, may_commit.set).start()
    browser, shown = Browser(None, None, None, "vi", "R" * 8), Shown(racer.accepted, Way.TLS)
    with pytest.raises(MethodLocked):
        racer.does(brake_unlocking.by_certificate, parts.keyring, browser, shown, racer.person)
    locking.join()


def test_whose_session_was_ended_meanwhile_links_nothing(racer: Racer) -> None:
    """They were let in, and a recovery came before the certificate was linked."""
    who, keyring = racer.signs_in(), racer.provider.parts.keyring
    racer.provider.run(racer.provider.parts.database.run(racer.at_a_counter()))
    shown = Shown(racer.accepted, Way.TLS)
    for unit, arguments in ((certificate_changes.offer, (who,)), (certificate_changes.add, (keyring, who))):
        with pytest.raises(CertificateAskingGone):
            racer.does(unit, *arguments, shown, racer.person, reference="R" * 8)
    assert racer.does(lambda db, *, now: certificates.list_of(db, keyring, racer.citizen.account_id)) == []


@ROUNDS
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_a_recovery_and_a_sign_in_at_once_end_in_nobody_being_signed_in(
    racer: Racer, rounds: int, is_signed_in: bool
) -> None:
    """Whichever comes first: both go through, or the sign-in is refused; neither blocks the other for ever."""
    database = racer.provider.parts.database

    async def together(recover: Callable[[Unit], Any], session: str | None) -> list[Any]:
        async def after_a_while(unit: Callable[..., Any], *arguments: Any) -> Any:
            await asyncio.sleep(secrets.randbelow(_A_MOMENT) / 1_000_000)
            return await database.run(unit, *arguments)

        both = after_a_while(racer.sign_in, session), after_a_while(recover)
        return list(await asyncio.gather(*both, return_exceptions=True))

    for _ in range(rounds):
        racer.links()
        session = racer.provider.run(database.run(racer.sign_in)) if is_signed_in else None
        signed_in, recovered = racer.provider.run(together(racer.at_a_counter(), session))
        assert not isinstance(recovered, BaseException)
        assert isinstance(signed_in, str | CertificateRemoved)
        assert racer.sessions() == 0
