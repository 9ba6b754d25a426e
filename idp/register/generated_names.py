"""Vietnamese names drawn in the proportions of `name_stock.toml`."""

import random  # noqa: TID251  (test people must come out the same again: a seeded generator, never a secret)
import tomllib
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any, Self

from idp.register.person import Gender


@dataclass(frozen=True, slots=True)
class Weighted:
    """Values drawn each with its weight."""

    values: tuple[str, ...]
    reach: tuple[float, ...]

    @classmethod
    def of(cls, weights: dict[str, float]) -> Self:
        """From weights of any sum."""
        return cls(tuple(weights), tuple(accumulate(weights.values())))

    def draw(self, source: random.Random) -> str:
        """One value."""
        return self.values[bisect(self.reach, source.random() * self.reach[-1], hi=len(self.values) - 1)]


@dataclass(frozen=True, slots=True)
class NameStock:
    """What names are made of. `traditional` is Thị for women and Văn for men."""

    family: Weighted
    traditional: dict[Gender, str]
    middle: dict[Gender, Weighted]
    given: dict[Gender, Weighted]

    def draw(self, source: random.Random, *, family: str, gender: Gender, birth_year: int) -> str:
        """A full name with this family name.

        The traditional middle names were nearly everybody's once and are few children's now.
        """
        middle = self.middle[gender].draw(source)
        given = self.given[gender].draw(source)
        if source.random() < _share_of_traditional(birth_year):
            words = [family, self.traditional[gender], middle if source.random() < 0.3 else "", given]
        else:
            words = [family, middle, given]
        # A word said twice running (Nguyễn Thị Thu Thu) is no name; the double is left out.
        return " ".join(word for word, before in zip(words, ["", *words], strict=False) if word and word != before)


def _share_of_traditional(birth_year: int) -> float:
    return 0.8 if birth_year < 1975 else 0.55 if birth_year < 2000 else 0.25


@cache
def name_stock() -> NameStock:
    """The stock that comes with the program."""
    source = resources.files("idp.register").joinpath("name_stock.toml").read_text(encoding="utf-8")
    stock: dict[str, Any] = tomllib.loads(source)
    sexes: dict[Gender, dict[str, Any]] = {"female": stock["women"], "male": stock["men"]}
    return NameStock(
        family=Weighted.of(stock["family"]),
        traditional={gender: part["traditional"] for gender, part in sexes.items()},
        middle={gender: Weighted.of(part["middle"]) for gender, part in sexes.items()},
        given={gender: Weighted.of(part["given"]) for gender, part in sexes.items()},
    )
