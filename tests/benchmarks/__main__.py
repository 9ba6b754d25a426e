"""`python -m tests.benchmarks`: the floor and bare argon2id alone, to see what this machine gives."""

from tests.benchmarks.argon2_floor import verifications
from tests.benchmarks.floor_contender import floor_contender
from tests.benchmarks.rounds import interleaved
from tests.benchmarks.table import flow_table
from tests.support.postgresql import postgresql


def main() -> None:
    """Measure both and print them."""
    with postgresql(durable=True) as server, floor_contender(server) as floor:
        print(flow_table(interleaved([floor])))
    for threads in (1, 2):
        rate = verifications(threads=threads)
        print(f"argon2id on {threads} thread(s): {rate.per_second:.1f}/s, {rate.processor_ms:.1f} ms CPU each")


if __name__ == "__main__":
    main()
