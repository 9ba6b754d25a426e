"""The account of one person: its state and level, what opens it, and what portals may be told.

An account belongs to one record of the population register and is no copy of it: it keeps the record's key, the citizen
number sealed and findable by a keyed index, and a sealed snapshot of the standard claims. `activation` makes accounts,
`passwords`, `totp`, `one_time_codes`, `recovery_codes` and `certificates` are what a person proves with, `subjects`
names the person at a sector, `issuing` says whether anything may be issued.

It is not a sign-in (idp.sign_in), which asks for proofs in order and counts wrong ones; not a session; and it has no
pages (idp.citizen). Sessions, sign-in, consent, protocol and the citizen's pages rely on it.
"""

from idp.accounts.finding import Account, find, find_by_number, find_by_person_key, second_factors
from idp.accounts.issuing import AccountUnusable, may_issue
from idp.accounts.opening import create
from idp.accounts.states import State

__all__ = [
    "Account",
    "AccountUnusable",
    "State",
    "create",
    "find",
    "find_by_number",
    "find_by_person_key",
    "may_issue",
    "second_factors",
]
