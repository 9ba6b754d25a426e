"""What every template may call; each speaks for the page that is being rendered.

As globals they are there in imported macros too. Macros imported with the page's own context are made anew for each
page, and leave two hundred objects that only the garbage collector can take away.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from idp.web.languages import Language
from idp.web.shown_times import day, moment
from idp.web.static import StaticFolder
from idp.web.translations import Translations


@dataclass(frozen=True, slots=True)
class Rendering:
    """The page that is being rendered."""

    language: Language
    csrf_field: Callable[[], Markup]


_now: ContextVar[Rendering] = ContextVar("rendering")


@contextmanager
def rendering(page: Rendering) -> Iterator[None]:
    """This page, inside the block."""
    before = _now.set(page)
    try:
        yield
    finally:
        _now.reset(before)


def template_globals(translations: Translations, static: StaticFolder) -> Mapping[str, Callable[..., Any]]:
    """`t(key, …)`, `csrf_field()`, `moment(time)`, `day(time)` and `static(name)`."""

    def t(key: str, /, **values: Any) -> Markup:
        return translations.html(_now.get().language, key, **values)

    def shown_moment(time: datetime) -> str:
        return moment(_now.get().language, time)

    def shown_day(time: datetime) -> str:
        return day(_now.get().language, time)

    return {
        "t": t,
        "csrf_field": lambda: _now.get().csrf_field(),
        "moment": shown_moment,
        "day": shown_day,
        "static": static.address,
    }
