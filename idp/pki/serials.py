"""Many serial numbers in little memory: twenty bytes each, where a set of Python's numbers takes ninety."""

from typing import Final

_WIDTH: Final = 20  # as long as one may be (RFC 5280 §4.1.2.2)
_PLACES: Final = 4096


class Serials:
    """Serial numbers; adding one and asking for one costs about a microsecond."""

    def __init__(self) -> None:
        self._places: list[bytearray | None] = [None] * _PLACES
        self._longer: set[bytes] = set()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, serial: bytes) -> None:
        """One, big-endian as it stands in DER. One that is there already counts again."""
        self._count += 1
        plain = serial.lstrip(b"\0").rjust(_WIDTH, b"\0")
        if len(plain) > _WIDTH:
            self._longer.add(plain)
            return
        # Whatever an authority makes its numbers of, and wherever in them it counts.
        place = hash(plain) % _PLACES
        if (there := self._places[place]) is None:
            self._places[place] = bytearray(plain)
        else:
            there += plain

    def __contains__(self, serial: int) -> bool:
        if serial < 0:
            return False
        plain = serial.to_bytes(max(_WIDTH, (serial.bit_length() + 7) // 8), "big")
        if len(plain) > _WIDTH:
            return plain in self._longer
        there = self._places[hash(plain) % _PLACES] or b""
        at = there.find(plain)
        while at % _WIDTH and at >= 0:
            # The end of one and the beginning of the next.
            at = there.find(plain, at + 1)
        return at >= 0
