"""Run the API and the two portals against a provider that runs already."""

import argparse
import asyncio
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from deploy.step_up.both import as_toml, kept, portals
from deploy.step_up.records_api import build_api


def main() -> None:
    """Write the portals' file, then serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m deploy.step_up", description=__doc__)
    parser.add_argument("--issuer", required=True, metavar="URL")
    parser.add_argument("--port", required=True, type=int, help="of the API; the portals take the next two")
    parser.add_argument("--folder", required=True, type=Path, help="for the portals' file and their secrets")
    chosen = parser.parse_args()
    resource, bound_url, plain_url = (f"http://localhost:{chosen.port + more}" for more in range(3))
    key, secret = kept(chosen.folder)
    both = portals(bound_url, plain_url, resource, key=key, secret=secret)
    file = chosen.folder / "portals.toml"
    file.touch(mode=0o600)
    file.write_text(as_toml([portal.registration() for portal in both]), encoding="utf-8")
    print(f"Register the portals: idp portals add {file}")
    print(f"Then go to {bound_url} and {plain_url}", flush=True)
    apps = [
        build_api(issuer=chosen.issuer, url=resource),
        *(each.build(each.at_provider(chosen.issuer)) for each in both),
    ]
    asyncio.run(_serve(apps, chosen.port))


async def _serve(apps: list[Starlette], port: int) -> None:
    """Each on a port of its own, in one process."""
    servers = [
        # Nobody in front: what a caller says of its address does not count.
        uvicorn.Server(
            uvicorn.Config(app, port=port + more, proxy_headers=False, access_log=False, log_level="warning")
        )
        for more, app in enumerate(apps)
    ]
    await asyncio.gather(*(server.serve() for server in servers))


if __name__ == "__main__":
    main()
