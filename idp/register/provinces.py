"""The 34 provinces and cities of the scheme `ADDRESS_SCHEME`, with sample communes of each.

There are 3,321 communes; the sandbox needs a handful. A commune that is not listed is no fault: its code stands for it.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Province:
    """A province or a city of that rank. `code` is two digits, `communes` is name by five-digit code."""

    code: str
    name: str
    thousands: int
    communes: dict[str, str]


@cache
def provinces() -> dict[str, Province]:
    """Every province by its code."""
    source = resources.files("idp.register").joinpath("provinces.toml").read_text(encoding="utf-8")
    return {row["code"]: Province(**row) for row in tomllib.loads(source)["province"]}
