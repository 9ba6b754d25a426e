"""The table that `make bench` prints: figures, and ratios to the floor of the same run."""

from collections.abc import Mapping, Sequence

from tests.benchmarks.load import STEPS
from tests.benchmarks.rounds import Round, medians

HEADS = ("", *STEPS, "flow", "× floor", "database", "flows/s", "token p99")
UNITS = ("CPU ms", *("a request" for _ in STEPS), "a flow", "flow", "a flow", "wall", "ms")


def flow_table(measured: Mapping[str, Sequence[Round]], *, floor: str = "floor") -> str:
    """Contenders against the floor, medians of their rounds."""
    lowest = medians(measured[floor]).flow
    rows = [HEADS, UNITS]
    for name, rounds in measured.items():
        each = medians(rounds)
        rows.append(
            (
                name,
                *(f"{each.steps[step]:.3f}" for step in STEPS),
                f"{each.flow:.3f}",
                f"{each.flow / lowest:.2f}",
                f"{each.database:.3f}",
                f"{each.flows_per_second:.0f}",
                f"{each.token_p99:.1f}",
            )
        )
    return laid_out(rows)


def budget_line(what: str, value: float, *, at_most: float | None = None, at_least: float | None = None) -> str:
    """One ratio beside its budget (design.md §7), with the verdict in words."""
    kept = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    limit = f"at most {at_most:g}" if at_most is not None else f"at least {at_least:g}"
    return f"{what}: {value:.2f} ({limit}: {'kept' if kept else 'BROKEN'})"


def laid_out(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as columns: the first to the left, the others, figures, to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
