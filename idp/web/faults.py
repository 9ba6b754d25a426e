"""The last resort: an exception that is no refusal is a bug, told to the person as a reference, to us by a log line.

The line has the exception's type and where in the code it was, never its text: that may hold what a person typed.
"""

from types import TracebackType

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from idp.web.answers import Answers
from idp.web.references import reference_of

log = structlog.get_logger()

_MOST_FRAMES = 12


class AnswerCutShort(Exception):
    """A bug after the answer had begun; raised, when that is logged, so that the server closes the connection."""


class LastResort:
    """Pure ASGI middleware: nothing that is raised inside gets out, or is shown."""

    def __init__(self, app: ASGIApp, *, answers: Answers) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer 500 with a reference when that fails."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noting_begin(message: Message) -> None:
            nonlocal begun
            await send(message)
            begun = True

        try:
            await self._app(scope, receive, send_noting_begin)
        except ClientDisconnect:
            # Nobody is there to be answered, and nothing is wrong with us.
            return
        except Exception as error:
            request = Request(scope)
            log_fault(error, reference_of(request))
            if begun:
                raise AnswerCutShort from None
            response = self._answers.fault(request)
            await response(scope, receive, send)


def log_fault(error: BaseException, reference: str) -> None:
    """Write the line of a bug. Upkeep and senders, which answer nobody, use it too."""
    log.error("fault", reference=reference, error=_types(error), where=_places(error.__traceback__))


def _types(error: BaseException | None) -> list[str]:
    """The exception's type and those of what led to it, nearest first."""
    types: list[str] = []
    while error is not None and len(types) < _MOST_FRAMES:
        types.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return types


def _places(traceback: TracebackType | None) -> list[str]:
    """Module, line and function of the innermost frames. Modules, not files: no path of the machine."""
    places: list[str] = []
    while traceback is not None:
        frame = traceback.tb_frame
        places.append(f"{frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno} {frame.f_code.co_name}")
        traceback = traceback.tb_next
    return places[-_MOST_FRAMES:]
