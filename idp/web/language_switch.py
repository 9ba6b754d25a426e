"""The language switch: a link that works without JavaScript, remembers the choice and leads back to the same page.

It is a link and not a form because a form's way back could end at a portal, which the page's policy would stop. All it
changes is a preference. The way back is a path of ours or the front page, so it is no open redirect.
"""

import re
from urllib.parse import quote, urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.errors import Refusal
from idp.web.forms import read_query
from idp.web.languages import DEFAULT, NAMES, Language, as_language, remember

_PATH = "/language"
# A path of this host. "//host", "/\host" and a tab or line end between the two are other hosts to a browser.
_WAY_BACK = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def way_back(request: HTTPConnection) -> str:
    """Where the page being shown can be asked for again: its path, and its query if it was asked for by GET."""
    path = quote(request.scope["path"], safe="/:@!$&'()*+,;=~-._")
    query = request.scope["query_string"].decode("latin-1") if request.scope.get("method") in ("GET", "HEAD") else ""
    return _safe(f"{path}?{query}" if query else path)


def switch_address(language: Language, back: str) -> str:
    """The address of the link that switches to `language` and returns to `back`."""
    return f"{_PATH}?{urlencode({'lang': language, 'back': back})}"


def other_languages(language: Language) -> list[Language]:
    """The languages a page in `language` offers to switch to."""
    return [other for other in NAMES if other != language]


async def switch(request: Request) -> Response:
    """GET /language?lang=…&back=…: never refuses; what it cannot use becomes Vietnamese and the front page."""
    try:
        asked = read_query(request)
    except Refusal:
        asked = {}
    response = RedirectResponse(_safe(asked.get("back", "/")), status_code=303)
    remember(response, as_language(asked.get("lang", "")) or DEFAULT)
    return response


def routes() -> list[Route]:
    """The switch's one route."""
    return [Route(_PATH, switch, methods=["GET"])]


def _safe(back: str) -> str:
    # Never back to the switch itself: two of them would send a browser round for ever.
    return back if _WAY_BACK.fullmatch(back) and not back.startswith(_PATH) else "/"
