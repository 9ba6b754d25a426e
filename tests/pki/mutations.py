"""Certificates that nearly are one: bytes changed, taken away and put in between."""

import random  # noqa: TID251  (the same draws in every run)
from collections.abc import Iterator


def mutations(der: bytes, count: int, *, seed: int) -> Iterator[bytes]:
    """So many variants of `der`, the same for the same seed, none of them `der` itself."""
    draw = random.Random(seed)
    for _ in range(count):
        mutated = bytearray(der)
        for _ in range(draw.choice((1, 1, 2, 8))):
            _change(mutated, draw)
        if mutated != der:
            yield bytes(mutated)


def substitutions(der: bytes, count: int, *, seed: int) -> Iterator[bytes]:
    """The same of one length: what stands around a byte still fits it."""
    draw = random.Random(seed)
    for _ in range(count):
        mutated = bytearray(der)
        for _ in range(draw.choice((1, 1, 2))):
            mutated[draw.randrange(len(mutated))] = draw.choice((0, 255, draw.randrange(32), draw.randrange(256)))
        if mutated != der:
            yield bytes(mutated)


def _change(mutated: bytearray, draw: random.Random) -> None:
    place = draw.randrange(len(mutated))
    match draw.randrange(3):
        case 0:
            mutated[place] = draw.randrange(256)
        case 1:
            del mutated[place : place + draw.randrange(1, 9)]
        case _:
            mutated[place:place] = draw.randbytes(draw.randrange(1, 9))
