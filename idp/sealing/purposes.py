"""What data keys are for. Each purpose has a key of its own: one that leaks or is rotated touches no other."""

from enum import StrEnum


class Purpose(StrEnum):
    """The purposes of data keys. A new one gets its key at the next start."""

    RECORDS = "records"
    """Sealed columns."""

    INDEX = "index"
    """Blind indexes, by which a sealed value is found."""

    SHORT_CODES = "short_codes"
    """MACs of codes a person types."""

    COOKIES = "cookies"
    """What a browser carries for us."""

    CSRF = "csrf"
    """The tokens that guard forms."""

    SUBJECTS = "subjects"
    """First values of pairwise subjects. Never rotated: a person's `sub` must not change."""

    REFRESH = "refresh"
    """Successors of refresh tokens."""

    CHECKPOINTS = "checkpoints"
    """The signatures under checkpoints of the audit. Auditors pin the public key."""

    NONCES = "nonces"
    """The values that a proof of possession must repeat."""
