"""Pages in order: what activation and recovery have in common."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.errors import Refusal
from idp.sealing import Keyring
from idp.sign_in.devices import KEPT
from idp.web.cookie_jar import DEVICE
from idp.web.pages import Pages

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a browser gets at the end: recovery codes to show this once, and its device's value.

    It is known from here on, before the first sign-in: strangers who guess at the number keep nobody out of the browser
    in which they have just shown who they are.
    """

    device: str = field(repr=False)
    codes: list[str] = field(repr=False)

    def keep(self, response: Response) -> None:
        """Have the browser be known again."""
        DEVICE.set(response, self.device, max_age=KEPT)


class Progress(Protocol):
    """How far a browser has come."""

    @property
    def step(self) -> StrEnum:
        """The step that is due; its value is its path."""

    def keep(self, response: Response, keyring: Keyring) -> None:
        """Have the browser carry it on."""


def elsewhere(progress: Progress, step: StrEnum) -> Response | None:
    """A way to the step that is due, when it is not this one: none is skipped, and none is done twice."""
    return None if progress.step is step else RedirectResponse(progress.step, status_code=303)


def onward(progress: Progress, keyring: Keyring) -> Response:
    """The way to the step that is due now."""
    response = RedirectResponse(progress.step, status_code=303)
    progress.keep(response, keyring)
    return response


class EndPage:
    """Gives what ends a task of several steps a page of its own.

    `over` are the refusals after which nothing more can be done, `gone` the one of them that says the task is not there
    (any more). After the others the browser is to `forget` it.
    """

    def __init__(
        self,
        pages: Pages,
        template: str,
        *,
        over: tuple[type[Refusal], ...],
        gone: type[Refusal],
        forget: Callable[[Response], None],
    ) -> None:
        self._pages = pages
        self._template = template
        self._over = over
        self._gone = gone
        self._forget = forget

    def around(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint of one step, with that page."""

        async def run(request: Request) -> Response:
            try:
                return await endpoint(request)
            except self._over as refusal:
                response = self._pages.page(request, self._template, refusal=refusal)
                # A form that was sent twice comes here too, while its first sending has gone on: that cookie stays.
                if not isinstance(refusal, self._gone):
                    self._forget(response)
                return response

        return run
