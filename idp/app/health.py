"""Whether this process lives, whether it may be sent people, and its figures."""

from datetime import timedelta

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import literal, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from idp.clock import Clock
from idp.errors import Refusal
from idp.storage import Database, Statement, Unit
from idp.storage.drift import TOO_FAR

_PING = Statement(select(literal(1).label("one")))


class Health:
    """For load balancers and monitoring, never for people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def routes(self) -> list[Route]:
        """Three short paths."""
        return [
            Route("/healthz", self.alive, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
            Route("/metrics", self.figures, methods=["GET"]),
        ]

    async def alive(self, request: Request) -> Response:  # noqa: ARG002  (a route is given its request)
        """The process answers."""
        return PlainTextResponse("alive\n")

    async def ready(self, request: Request) -> Response:  # noqa: ARG002  (a route is given its request)
        """The database answers and the clocks agree; 503 with the cause otherwise."""
        if abs(self._clock.offset) > TOO_FAR:
            return PlainTextResponse(f"clock off by more than {_seconds(TOO_FAR)} s\n", 503)
        try:
            await self._database.read(_ping)
        except Refusal as refusal:
            return PlainTextResponse(f"{refusal.code}\n", 503)
        return PlainTextResponse("ready\n")

    async def figures(self, request: Request) -> Response:
        """Prometheus' text format. Not through a proxy: figures are for whoever runs this, on their own network."""
        if "x-forwarded-for" in request.headers:
            return PlainTextResponse("not here\n", 404)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _ping(db: Unit) -> None:
    db.one(_PING)


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
