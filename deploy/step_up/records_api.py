"""The API of the land registry: records for whoever has the scope, extracts only after a good and fresh sign-in."""

import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.api_guard import Guard, Nonces, Rule

SCOPE = "land.records"
RECORDS = "/land-records"
EXTRACT = "/land-records/extract"
RULES = (Rule(EXTRACT, scope=[SCOPE], acr=["urn:vn:eid:auth-level:2"], max_age=300),)
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def _records(request: Request) -> Response:
    """What is on record. A real registry would look up `sub`, which differs from sector to sector."""
    return JSONResponse(
        {"parcels": ["Thửa 57, tờ bản đồ số 12"], "client_id": request.state.claims["client_id"]}, 200, HEADERS
    )


async def _extract(request: Request) -> Response:
    claims = request.state.claims
    told = {"extract": "Thửa 57, tờ bản đồ số 12, 180 m²", "acr": claims["acr"], "auth_time": claims["auth_time"]}
    return JSONResponse(told, 200, HEADERS)


def build_api(
    *,
    issuer: str,
    url: str,
    clock: Callable[[], float] = time.time,  # noqa: TID251  (another program, another clock)
) -> Starlette:
    """The API as an ASGI application. Its address is its resource identifier, too."""
    guard = Middleware(
        Guard,
        issuer=issuer,
        audience=url,
        urls=[url],
        scope=[SCOPE],
        rules=RULES,
        nonces=Nonces(),
        realm="land-registry",
        clock=clock,
    )
    return Starlette(routes=[Route(RECORDS, _records), Route(EXTRACT, _extract)], middleware=[guard])
