"""Which authorities are trusted, and whether they can be asked."""

from dataclasses import dataclass

from idp.audit.events.event import Code, Codes, Event, Kept


@dataclass(frozen=True)
class TrustListAdded(Event, shown=False, kept=Kept.PERMANENTLY):
    """A new version of the trust list was taken in. Kept permanently; not shown to the citizen.

    Each of `changes` is what was done, and the fingerprint of the authority it was done to.
    """

    version: int
    digest: Code
    changes: Codes


@dataclass(frozen=True)
class RevocationSourceFailed(Event, shown=False):
    """A revocation list could not be fetched, or cannot be relied on. Kept five years; not shown to the citizen.

    `source` is its address. Said once by each process, until the reason is another.
    """

    source: Code
    reason: Code


@dataclass(frozen=True)
class RevocationSourceWorks(Event, shown=False):
    """A revocation list that had failed is there again. Kept five years; not shown to the citizen."""

    source: Code
