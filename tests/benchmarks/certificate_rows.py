"""The rows about certificates: what a sign-in costs, and what a long list and a dead authority do to others."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from idp.sealing.master_key import new_master_key
from idp.settings import Settings
from tests.benchmarks import certificate_contender, password_contender
from tests.benchmarks.bare_path import milliseconds_each
from tests.benchmarks.certificate_contender import Holder
from tests.benchmarks.dead_responder import dead_responder, knocking
from tests.benchmarks.long_list import ENTRIES, long_list
from tests.benchmarks.password_lane import drive
from tests.benchmarks.provider_contender import provider_contender
from tests.benchmarks.rounds import Contender
from tests.benchmarks.table import budget_line
from tests.support.authorities import Authorities, authorities
from tests.support.postgresql import PostgreSQL

_PEOPLE = 380
_WARM = 20
_ROUNDS = 3
_HOLDERS = 32
_PASSWORDS = 150
_PASSWORD_ROUNDS = 5


def certificates(server: PostgreSQL, password_hash: str) -> None:
    """All of them."""
    _sign_ins(server)
    _long_list()
    _beside_a_dead_responder(server, password_hash)


def _sign_ins(server: PostgreSQL) -> None:
    """Whole sign-ins by a signed challenge with the lists cached, beside the bare validation of the same paths."""
    with authorities() as trusted, _contender(server, "certificates", trusted, accounts=_PEOPLE) as (it, settings):
        known = certificate_contender.holders(trusted, settings, count=_PEOPLE)
        measured: dict[str, list[tuple[float, float]]] = {"for the first time": [], "again": []}
        _cost(it, known[:_WARM])
        group = (_PEOPLE - _WARM) // _ROUNDS
        for number in range(_ROUNDS):
            people = known[_WARM + number * group :][:group]
            for rounds in measured.values():
                bare = milliseconds_each(trusted, [holder.card for holder in people])
                rounds.append((_cost(it, people), bare))
    for what, rounds in measured.items():
        mine, bare = (median(each[place] for each in rounds) for place in (0, 1))
        print(f"certificate sign-in {what}: {mine:.2f} ms CPU, the bare validation of its path {bare:.3f} ms")
        ratio = median(one / other for one, other in rounds)
        print(budget_line(f"certificate sign-in {what} × bare path validation, PostgreSQL", ratio, at_most=5))


def _long_list() -> None:
    measured = long_list()
    print(f"a revocation list of {ENTRIES:,} entries: fetched, verified and read in {measured.until_there:.0f} ms")
    print(budget_line("the event loop stood still meanwhile, ms", measured.longest_delay, at_most=50))
    print(budget_line("one look at it, ms", measured.look, at_most=1))


def _beside_a_dead_responder(server: PostgreSQL, password_hash: str) -> None:
    """Passwords a second while people with certificates wait for a responder that says nothing."""
    with (
        authorities() as trusted,
        dead_responder(trusted) as dead,
        _contender(server, "dead", trusted, allow=dead.address, accounts=200, password_hash=password_hash) as (it, own),
    ):
        known = certificate_contender.holders(trusted, own, count=_HOLDERS, issue=dead.issue, change=dead.trusted)
        waiting = certificate_contender.visits(it.target, known)
        ratios = []
        for _ in range(_PASSWORD_ROUNDS):
            alone = _passwords(it)
            with knocking(*it.target.address, waiting) as answers:
                beside = _passwords(it)
            ratios.append(beside / alone)
    print(
        f"{_HOLDERS} people and a dead OCSP responder: {len(answers)} answers in the last round, {sorted(set(answers))}"
    )
    print(budget_line("passwords beside a dead OCSP responder × without", median(ratios), at_least=0.9))


@contextmanager
def _contender(
    server: PostgreSQL, name: str, trusted: Authorities, *, allow: str = "", **more: object
) -> Iterator[tuple[Contender, Settings]]:
    """A provider that will trust them, and the settings that its database can be reached with."""
    url = server.new_database(name)
    shared = {"IDP_MASTER_KEY": new_master_key(), "IDP_MODE": "demo", "IDP_DATABASE_URL": url}
    own = {
        "IDP_MASTER_KEY": shared["IDP_MASTER_KEY"],
        "IDP_TRUST_KEYS": trusted.settings["trust_keys"][0],
        "IDP_OUTBOUND_ALLOW": " ".join([*trusted.settings["outbound_allow"], allow]),
    }
    with provider_contender(name, url, sessions=1, environment=own, **more) as it:  # type: ignore[arg-type]  # its own
        yield it, Settings.from_environ({**shared, "IDP_ISSUER": it.target.base_url})


def _cost(it: Contender, people: Sequence[Holder]) -> float:
    """Processor milliseconds of the provider for one of their sign-ins."""
    visits = certificate_contender.visits(it.target, people)
    return asyncio.run(drive(*it.target.address, visits, it.pid, connections=8)).processor_ms


def _passwords(it: Contender) -> float:
    """Right passwords a second."""
    visits = password_contender.visits(it.target, accounts=200, count=_PASSWORDS)
    return asyncio.run(drive(*it.target.address, visits, it.pid, connections=16)).per_second
