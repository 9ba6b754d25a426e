"""Sessions of staff are swept a month after their end, codes that lead to the console's host a day after theirs."""

from idp.admin import handing_over, staff_sessions

SWEEPS = (staff_sessions.SWEEP, handing_over.SWEEP)
