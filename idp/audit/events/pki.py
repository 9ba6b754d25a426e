"""Which authorities are trusted."""

from dataclasses import dataclass

from idp.audit.events.event import Code, Event, Kept


@dataclass(frozen=True)
class TrustListAdded(Event, shown=False, kept=Kept.PERMANENTLY):
    """A new version of the trust list was taken in. Kept permanently; not shown to the citizen."""

    version: int
    digest: Code
