"""What of a refusal a person may see: its code, two sentences and a reference. Its reason is for the audit alone."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from babel.dates import format_timedelta
from starlette.requests import Request

from idp.errors import Refusal
from idp.web.languages import choose
from idp.web.references import reference_of
from idp.web.translations import Translations

ERROR_PATH = "/error"


def error_address(code: str, reference: str) -> str:
    """Where the page of an error can be asked for by itself, without anything that was sent."""
    return f"{ERROR_PATH}?{urlencode({'code': code, 'reference': reference})}"


@dataclass(frozen=True, slots=True)
class ShownError:
    """The element `#error`: what happened (`sentence`), what to do (`next_step`), how long to `wait` if known."""

    code: str
    sentence: str
    next_step: str
    reference: str
    wait: str | None

    @classmethod
    def of(cls, request: Request, refusal: Refusal, translations: Translations, reference: str | None = None) -> Self:
        """In the language of the request, with the request's own reference unless another is given."""
        language = choose(request)
        wait = refusal.retry_after
        return cls(
            code=refusal.code,
            sentence=translations.text(language, f"error.{refusal.code}"),
            next_step=translations.text(language, f"error.{refusal.code}.next"),
            reference=reference or reference_of(request),
            wait=None if wait is None else format_timedelta(wait, locale=language),
        )
