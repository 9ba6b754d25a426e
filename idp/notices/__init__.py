"""Messages to people: an outbox in the database, and the senders that empty it.

A notice is queued in the transaction of the act it belongs to, sealed, and sent later by upkeep: no page waits for a
gateway, and an act that rolls back says nothing to anybody. A notice goes to a gateway once at most. Where nobody can
know whether a gateway took it (the process died, the answer was lost) it is not sent again: a person who is missing a
code asks for another, while two texts for one request cost money and teach people to ignore them.

For somebody who is not known, a decoy is queued instead: a row like any other in every column, which no gateway ever
sees, so that neither the time an answer takes nor the database tells who has an account.

This room does not choose whom to tell or what to say; it makes and checks no codes (idp.accounts). Sign-in, activation
and recovery rely on it.
"""

from idp.notices.caps import TooManyNotices
from idp.notices.outbox import queue, queue_decoy

__all__ = ["TooManyNotices", "queue", "queue_decoy"]
