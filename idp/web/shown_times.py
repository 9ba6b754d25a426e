"""Times as people of Viet Nam read them: the country's one time zone, day before month."""

from datetime import datetime, timedelta, timezone

from idp.web.languages import Language

# A fixed offset: there is no summer time, and no zone database is needed on the machine.
VIET_NAM = timezone(timedelta(hours=7))

_MOMENT: dict[Language, str] = {"vi": "%H:%M ngày %d/%m/%Y", "en": "%d %B %Y, %H:%M"}
_DAY: dict[Language, str] = {"vi": "%d/%m/%Y", "en": "%d %B %Y"}


def moment(language: Language, time: datetime) -> str:
    """A moment to the minute: `14:05 ngày 21/11/2026`."""
    return time.astimezone(VIET_NAM).strftime(_MOMENT[language])


def day(language: Language, time: datetime) -> str:
    """The day of a moment in Viet Nam: `21/11/2026`."""
    return time.astimezone(VIET_NAM).strftime(_DAY[language])
