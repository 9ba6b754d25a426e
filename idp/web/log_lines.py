"""How log lines look: one JSON object each, to standard output, never with an exception's text or a traceback's values.

Every room logs by `structlog.get_logger()`; `configure` is called once, before the first line.
"""

import logging
import sys
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from idp.clock import Clock

_CLOCK = Clock()

# Their debug lines show tokens, statements and addresses.
_TALKATIVE = ("authlib", "sqlalchemy", "httpx", "httpcore", "asyncio", "uvicorn.access")


def configure(level: str, stream: BinaryIO | None = None) -> None:
    """Write lines of `level` (info, warning, error) and above to `stream`, standard output when none is given."""
    structlog.configure(
        processors=[as_json],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(stream or sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def as_json(_logger: WrappedLogger, level: str, line: EventDict) -> bytes:
    """The whole line, in one step: one is written for every request.

    What `log.exception` adds is left out: an exception's text may hold what a person typed.
    """
    line.pop("exc_info", None)
    line.pop("stack_info", None)
    return orjson.dumps({"at": _CLOCK.now(), "level": level, **line}, default=_kind, option=orjson.OPT_UTC_Z)


def _kind(value: object) -> str:
    return type(value).__name__
