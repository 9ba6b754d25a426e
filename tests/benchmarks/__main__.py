"""`make bench`: the rows of the design's budgets (§7), as ratios within one run, on SQLite and on PostgreSQL.

BENCH_ACCOUNTS says how many accounts the large database has (1,000,000 unless said).
"""

import asyncio
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean, median

from idp.accounts.passwords import Lane, Passwords
from tests.benchmarks import password_contender
from tests.benchmarks.argon2_floor import Rate, verifications
from tests.benchmarks.audit_record import audit_record
from tests.benchmarks.certificate_rows import certificates
from tests.benchmarks.demo_start import seconds_until_ready
from tests.benchmarks.floor_contender import floor_contender
from tests.benchmarks.grant_rows import grants
from tests.benchmarks.many_accounts import add_accounts
from tests.benchmarks.mass_rows import mass_acts
from tests.benchmarks.password_lane import PasswordRate, drive
from tests.benchmarks.processor_time import resident_mebibytes
from tests.benchmarks.provider_contender import provider_contender
from tests.benchmarks.rounds import Contender, interleaved, medians
from tests.benchmarks.signal_rows import signals
from tests.benchmarks.table import budget_line, flow_table
from tests.benchmarks.two_workers import cost_of_a_second_worker
from tests.support.postgresql import PostgreSQL, postgresql

LARGE = int(os.environ.get("BENCH_ACCOUNTS", "1000000"))  # noqa: TID251  (of the bench, not of the provider)
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
PASSWORD_VISITS = 150
PASSWORD_ROUNDS = 11


def main() -> None:
    """Measure and print. Some ten minutes on two cores."""
    with postgresql(durable=True) as server, tempfile.TemporaryDirectory(prefix="dinh-danh-bench-") as folder:
        flows(server, Path(folder))
        grants(server)
        workers(server)
        passwords(server)
        certificates(server, asyncio.run(_hash()))
        signals(server)
        mass_acts(server, asyncio.run(_hash()))
        audit_record(server, Path(folder))
    print(f"make demo: ready in {seconds_until_ready():.1f} s (at most 10 s from an existing .venv)")


def flows(server: PostgreSQL, folder: Path) -> None:
    """Whole sign-ons with a live session, and the provider's memory before and after."""
    with ExitStack() as stack:
        floor = stack.enter_context(floor_contender(server))
        pid = server.program.pid
        one = stack.enter_context(provider_contender("PostgreSQL", server.new_database("one"), database_pid=pid))
        large_url = server.new_database("large")
        large = stack.enter_context(provider_contender(f"PostgreSQL, {LARGE:,} accounts", large_url, database_pid=pid))
        began = time.monotonic()
        add_accounts(server, "large", LARGE)
        print(f"{LARGE:,} accounts added in {time.monotonic() - began:.0f} s")
        small = stack.enter_context(provider_contender("SQLite", f"sqlite:///{folder}/idp.db"))
        idle = resident_mebibytes(one.pid)
        contenders: list[Contender] = [floor, one, large, small]
        measured = interleaved(contenders)
        print(flow_table(measured))
        flow = {name: medians(rounds).flow for name, rounds in measured.items()}
        print(budget_line("flow × floor, PostgreSQL", flow[one.target.name] / flow["floor"], at_most=1.5))
        print(
            budget_line(f"{LARGE:,} accounts × 10,000", flow[large.target.name] / flow[one.target.name], at_most=1.15)
        )
        loaded = resident_mebibytes(one.pid)
        print(f"memory of one worker: idle {idle:.0f} MiB (at most 150), after the load {loaded:.0f} MiB")


def workers(server: PostgreSQL) -> None:
    """A second worker, and beside it two providers that share nothing but the machine."""
    beside_one, beside_two_apart = cost_of_a_second_worker(server)
    print(budget_line("two workers × one", beside_one, at_most=1.05))
    print(f"two workers × two providers of one worker: {beside_two_apart:.2f}")


def passwords(server: PostgreSQL) -> None:
    """Right passwords a second, beside bare argon2id on as many cores."""
    hashed = asyncio.run(_hash())
    accounts = 200
    with provider_contender(
        "passwords", server.new_database("passwords"), accounts=accounts, password_hash=hashed
    ) as it:
        rounds = [_password_round(it, accounts) for _ in range(PASSWORD_ROUNDS)]
        print(f"memory of one worker with the processes that check passwords: {resident_mebibytes(it.pid):.0f} MiB")
    print(f"transparent huge pages, which decide what libsodium's memory costs: {HUGE_PAGES.read_text().strip()}")
    for bare, rate in rounds:
        print(
            f"passwords: {rate.per_second:.1f}/s, {rate.processor_ms:.1f} ms CPU each, "
            f"beside argon2id {bare.per_second:.1f}/s, {bare.processor_ms:.1f} ms"
        )
    ratio = median(rate.per_second / bare.per_second for bare, rate in rounds)
    print(budget_line("passwords × argon2id, PostgreSQL", ratio, at_least=0.9))
    # Both share the cores with PostgreSQL and the driver above; here they do not count.
    alone = median(bare.processor_ms / rate.processor_ms for bare, rate in rounds)
    print(f"passwords × argon2id, by the provider's own CPU: {alone:.2f}")


def _password_round(it: Contender, accounts: int) -> tuple[Rate, PasswordRate]:
    """Bare argon2id right before and right after the sign-ins: a shared machine is not as fast at every moment."""
    waiting = password_contender.visits(it.target, accounts=accounts, count=PASSWORD_VISITS)
    cores = os.cpu_count() or 1
    before = verifications(threads=cores, seconds=1)
    rate = asyncio.run(drive(*it.target.address, waiting, it.pid, connections=16))
    after = verifications(threads=cores, seconds=1)
    bare = Rate(fmean((before.per_second, after.per_second)), fmean((before.processor_ms, after.processor_ms)))
    return bare, rate


async def _hash() -> str:
    lane = Lane(1)
    try:
        return await Passwords(lane).make(password_contender.PASSWORD)
    finally:
        lane.close()


if __name__ == "__main__":
    main()
