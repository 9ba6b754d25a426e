"""Signing keys."""

from dataclasses import dataclass

from idp.audit.events.event import Code, Event, Kept


@dataclass(frozen=True)
class SigningKeyMade(Event, shown=False, kept=Kept.PERMANENTLY):
    """A signing key was made and published, not yet used. Kept permanently; not shown to the citizen."""

    key_id: Code
    algorithm: Code


@dataclass(frozen=True)
class SigningKeyRotated(Event, shown=False, kept=Kept.PERMANENTLY):
    """A key took over signing from another. Kept permanently; not shown to the citizen."""

    key_id: Code
    previous_key_id: Code | None


@dataclass(frozen=True)
class SigningKeyRetired(Event, shown=False, kept=Kept.PERMANENTLY):
    """A key left the published set: its last token has died. Kept permanently; not shown to the citizen."""

    key_id: Code
