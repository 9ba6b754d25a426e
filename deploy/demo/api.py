"""An API of the demo, for programs without a person: it lets in by access tokens, as an agency's API would.

    python -m deploy.demo.api --issuer https://op.test:9443 --port 8003 --ca ca.pem --url https://op.test:9443

It answers at /demo-api whoever brings an access token of the issuer with the scope `demo.api`. What a token must be,
`deploy.api_guard` holds. Tokens bound to a key count where a `--url` says how callers write the API's address, those
bound to a certificate where a `--proxy` says who may name it.
"""

import argparse
import time
from collections.abc import Callable, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.api_guard import Guard

SCOPE = "demo.api"
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def answer(request: Request) -> Response:
    """Say who was let in."""
    claims = request.state.claims
    return JSONResponse({"client_id": claims["client_id"], "scope": claims["scope"]}, 200, HEADERS)


def build_api(
    issuer: str,
    ca: str | None,
    urls: Sequence[str] = (),
    proxies: Sequence[str] = (),
    clock: Callable[[], float] = time.time,  # noqa: TID251  (another program, another clock)
) -> Starlette:
    """The API as an ASGI application. It has no name of its own at the issuer: it stands under the issuer's."""
    guard = Middleware(
        Guard,
        issuer=issuer,
        audience=issuer,
        scope=[SCOPE],
        urls=urls,
        proxies=proxies,
        trust=ca,
        realm="demo-api",
        clock=clock,
    )
    return Starlette(routes=[Route("/demo-api", answer, methods=["GET", "POST"])], middleware=[guard])


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.api", description=__doc__.partition("\n")[0])
    parser.add_argument("--issuer", required=True, metavar="URL")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--ca", metavar="FILE.pem", help="authorities to trust instead of the system's")
    parser.add_argument("--proxy", action="append", default=[], help="whose Client-Cert header counts; may be repeated")
    parser.add_argument("--url", action="append", default=[], help="a public address of this API; may be repeated")
    chosen = parser.parse_args()
    api = build_api(chosen.issuer, chosen.ca, chosen.url, chosen.proxy)
    # The guard looks at who has connected, not at whom X-Forwarded-For names.
    uvicorn.run(api, host="127.0.0.1", port=chosen.port, proxy_headers=False, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
