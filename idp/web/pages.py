"""Pages: a template and its values to a response, in the right language, under its own content policy.

Templates are found in `templates/`, escape everything, are compiled once at start, and fail on a name that nobody set.
Every template may use the functions of `template_globals`, `lang`, `languages`, `nonce`, `error` (a `ShownError` or
None) and what its endpoint hands over. A macro has the functions, and what it is given.
"""

import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from idp.errors import Refusal
from idp.web.content_policy import page_policy
from idp.web.csrf import BROWSER, FIELD, Csrf
from idp.web.http_status import retry_headers, status_of
from idp.web.language_switch import other_languages, switch_address, way_back
from idp.web.languages import NAMES, Language, choose
from idp.web.references import reference_of
from idp.web.shown_errors import ShownError, error_address
from idp.web.static import StaticFolder
from idp.web.template_folder import template_folder
from idp.web.template_globals import Rendering, rendering, template_globals
from idp.web.translations import Translations


def compile_templates(*folders: Path) -> Environment:
    """Every *.html of these folders (the first that has a name wins), compiled now and not looked at again."""
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)
    return environment


@cache
def _read(folder: Path) -> tuple[Environment, Translations, StaticFolder]:
    """Once in a process, however many providers it has: half a second."""
    return compile_templates(folder), Translations.load(folder / "translations"), StaticFolder.load(folder / "static")


class Pages:
    """Renders templates. One for the whole program."""

    def __init__(self, environment: Environment, translations: Translations, static: StaticFolder, csrf: Csrf) -> None:
        self._environment = environment
        environment.globals.update(template_globals(translations, static))
        self.translations = translations
        self.static = static
        self._csrf = csrf

    @classmethod
    def load(cls, csrf: Csrf) -> Self:
        """Read and compile everything in `templates/`; what is broken there breaks the start."""
        return cls(*_read(template_folder()), csrf)

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int | None = None,
        refusal: Refusal | None = None,
        reference: str | None = None,
        form_action: Sequence[str] = (),
        frames: Sequence[str] = (),
        connect: Sequence[str] = (),
        back: str | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """The page `template` with `context`, never cached.

        `refusal` shows why a form is shown again, above it, and gives the page its status unless one is given.
        `reference` stands there instead of this request's own. `form_action`, `frames` and `connect` are sources beside
        ourselves (`content_policy`). `back` is where the language switch returns to when that is not the path the page
        was asked for at.
        """
        language = choose(request)
        nonce = secrets.token_urlsafe(16)
        browser = _Browser(self._csrf, request)
        with rendering(Rendering(language, browser.field)):
            content = self._environment.get_template(template).render(
                context,
                lang=language,
                languages=self._switches(request, language, back),
                nonce=nonce,
                error=None if refusal is None else self.shown_error(request, refusal, reference),
            )
        headers = {} if refusal is None else retry_headers(refusal)
        headers |= {
            "content-language": language,
            "content-security-policy": page_policy(nonce, form_action=form_action, frames=frames, connect=connect),
            "cache-control": "no-store",
        }
        usual = 200 if refusal is None else status_of(refusal.kind)
        response = HTMLResponse(content, status or usual, headers)
        browser.keep(response)
        return response

    def refusal_page(
        self, request: Request, refusal: Refusal, *, reference: str | None = None, status: int | None = None
    ) -> HTMLResponse:
        """A page that only says what was refused, what to do next, and the reference (this request's unless given)."""
        template = "errors/fault.html" if status == 500 else "errors/refused.html"
        # Not back to the address that was refused: nothing of what was sent stands on its error page.
        back = error_address(refusal.code, reference or reference_of(request))
        return self.page(request, template, status=status, refusal=refusal, reference=reference, back=back)

    def shown_error(self, request: Request, refusal: Refusal, reference: str | None = None) -> ShownError:
        """What of a refusal may be shown, in the language of the request."""
        return ShownError.of(request, refusal, self.translations, reference)

    @staticmethod
    def _switches(request: Request, language: Language, back: str | None) -> list[tuple[Language, str, str]]:
        """Tag, name and link of each language to switch to."""
        returning = back or way_back(request)
        return [(other, NAMES[other], switch_address(other, returning)) for other in other_languages(language)]


class _Browser:
    """The anonymous value of the browser that a page is made for; asked for by the first form on it, if any."""

    def __init__(self, csrf: Csrf, request: Request) -> None:
        self._csrf = csrf
        self._request = request
        self._known: tuple[str, bool] | None = None

    def field(self) -> Markup:
        """The hidden field that a form must carry."""
        self._known = self._known or self._csrf.browser(self._request)
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, self._csrf.token(self._known[0]))

    def keep(self, response: HTMLResponse) -> None:
        """Set the value as a cookie when it is new."""
        if self._known and self._known[1]:
            BROWSER.set(response, self._known[0])
