"""Time-ordered identifiers (UUID version 7, RFC 9562 §5.7): new rows go to one end of an index."""

import secrets
from datetime import datetime
from uuid import UUID


def new_id(now: datetime) -> UUID:
    """48 bits of milliseconds, then 74 random bits. It orders; it is no secret."""
    milliseconds = int(now.timestamp() * 1000)
    random_bits = secrets.randbits(74)
    return UUID(
        int=milliseconds << 80 | 0x7 << 76 | (random_bits >> 62) << 64 | 0b10 << 62 | random_bits & ((1 << 62) - 1)
    )


def first_id(moment: datetime) -> UUID:
    """No identifier that was made at this moment, or later, comes before it."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)
