"""Which language a page speaks: Vietnamese unless the person or the portal says otherwise.

The person's own choice (the cookie that the switch sets) comes first, then the portal's hint (`ui_locales`, OpenID
Connect Core §3.1.2.1), then what the browser prefers, then Vietnamese. The hint stands below the choice because the
switch leads back to the same address, hint included.
"""

from datetime import timedelta
from typing import Literal

from starlette.requests import HTTPConnection
from starlette.responses import Response

from idp.errors import Refusal
from idp.web.cookies import HostCookie
from idp.web.forms import read_query

Language = Literal["vi", "en"]

DEFAULT: Language = "vi"
# Each in its own words: whoever needs the switch may not read the page.
NAMES: dict[Language, str] = {"vi": "Tiếng Việt", "en": "English"}

_CHOSEN = HostCookie("lang")
_MOST_CHARACTERS = 512


def choose(request: HTTPConnection) -> Language:
    """The language of this request's pages."""
    return (
        as_language(_CHOSEN.read(request) or "")
        or _first_known(_hint(request))
        or _first_known(_preferred(request.headers.get("accept-language", "")))
        or DEFAULT
    )


def hint(request: HTTPConnection, ui_locales: str) -> None:
    """Let a portal's `ui_locales`, kept by the attempt, speak on a page whose address does not carry it."""
    request.scope.setdefault("state", {})["ui_locales"] = ui_locales


def remember(response: Response, language: Language) -> None:
    """Keep the person's own choice for a year."""
    _CHOSEN.set(response, language, max_age=timedelta(days=365))


def as_language(tag: str) -> Language | None:
    """The language a tag means (`vi-VN` -> `vi`), or None when we do not speak it."""
    primary = tag.strip().lower().replace("_", "-").partition("-")[0]
    return primary if primary in NAMES else None


def _hint(request: HTTPConnection) -> list[str]:
    kept = request.scope.get("state", {}).get("ui_locales")
    return (_asked(request) if kept is None else str(kept))[:_MOST_CHARACTERS].split()


def _asked(request: HTTPConnection) -> str:
    """The query's own `ui_locales`. Whether the query may be refused is for its endpoint to say."""
    try:
        return read_query(request).get("ui_locales", "")
    except Refusal:
        return ""


def _preferred(accept_language: str) -> list[str]:
    """The tags of an Accept-Language header, best first (RFC 9110 §12.5.4); what is malformed is left out."""
    weighed: list[tuple[float, str]] = []
    for part in accept_language[:_MOST_CHARACTERS].split(","):
        tag, _, parameter = part.partition(";")
        name, _, number = parameter.strip().partition("=")
        try:
            weight = float(number) if name.strip().lower() == "q" else 1.0
        except ValueError:
            continue
        if 0 < weight <= 1:
            weighed.append((weight, tag))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


def _first_known(tags: list[str]) -> Language | None:
    return next((language for tag in tags if (language := as_language(tag))), None)
