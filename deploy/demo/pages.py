"""How a portal's pages are made: language, templates, and headers that let nothing from elsewhere in."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from deploy.demo.words import LANGUAGES, TITLES, WORDS

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Pages:
    """The pages of one portal."""

    def __init__(self, portal: str, other_portal_url: str | None) -> None:
        self._portal = portal
        self._other = "province" if portal == "national" else "national"
        self._other_url = other_portal_url
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, request: Request, template: str, *, status: int = 200, **context: object) -> Response:
        """A page in the visitor's language."""
        language = language_of(request)
        html = self._templates.get_template(template).render(
            language=language,
            other_language="en" if language == "vi" else "vi",
            t=lambda key, **values: WORDS[key][language].format(**values),
            portal=self._portal,
            title=TITLES[self._portal][language],
            other_title=TITLES[self._other][language],
            other_url=self._other_url,
            **context,
        )
        return HTMLResponse(html, status, {**HEADERS, "Content-Language": language})


def language_of(request: Request) -> str:
    """What the visitor chose, else what the browser prefers, else Vietnamese."""
    chosen = request.session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    preferred = request.headers.get("accept-language", "").split(",")
    wanted = (entry.split(";")[0].strip().lower().partition("-")[0] for entry in preferred)
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])
