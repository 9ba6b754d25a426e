"""Sessions of staff are swept a month after their end, codes that lead to the console's host a day after theirs;
answers of the API are kept for a day, to be given again. Look-ups go a month after they were made, which the record
keeps, and confirmations a day after their time."""

from idp.admin import handing_over, staff_sessions
from idp.admin.api import repeating
from idp.admin.people import confirmations, lookup

SWEEPS = (
    staff_sessions.SWEEP,
    handing_over.SWEEP,
    lookup.SWEEP,
    confirmations.SWEEP,
    *repeating.SWEEPS,
)
