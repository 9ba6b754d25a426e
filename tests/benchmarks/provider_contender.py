"""Our own provider, running and known to the load driver."""

import asyncio
import base64
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from idp.clock import Clock
from idp.portals import read_portals, register
from idp.sealing import Keyring, MasterKey
from idp.sealing.master_key import new_master_key
from idp.settings import Settings
from idp.storage import Database
from idp.storage.migrations import upgrade
from tests.benchmarks import provider_people
from tests.benchmarks.load import Target
from tests.benchmarks.rounds import Contender
from tests.support.ports import free_port
from tests.support.processes import answers_at, running

CLIENT_ID = "bench-portal"
CLIENT_SECRET = secrets.token_urlsafe(32)
REDIRECT_URI = "https://portal.example/callback"
SCOPE = "openid profile"

PORTAL = f"""
[[portal]]
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
client_name = "Bench"
profile = "web"
sector = "bench"
redirect_uris = ["{REDIRECT_URI}"]
token_endpoint_auth_method = "client_secret_basic"
grant_types = ["authorization_code", "refresh_token"]
refresh = "session"
scope = "{SCOPE}"
consent = "none"
# Nobody listens there and nothing is sent: it is here so that a sign-on writes down whom the portal met.
backchannel_logout_uri = "https://portal.example/logout"
"""


@contextmanager
def provider_contender(
    name: str,
    database_url: str,
    *,
    database_pid: int | None = None,
    workers: int = 1,
    accounts: int = 10_000,
    sessions: int = 64,
    password_hash: str = provider_people.NOBODYS_HASH,
    environment: Mapping[str, str] | None = None,
    more_portals: str = "",
) -> Iterator[Contender]:
    """`idp serve` on an empty database at `database_url`, filled with people who are signed in.

    `environment` has further settings, `more_portals` further `[[portal]]` tables.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dinh-danh-bench-") as folder:
        settings_given = {
            "IDP_ISSUER": f"http://127.0.0.1:{port}",
            "IDP_MODE": "demo",
            "IDP_PORT": str(port),
            "IDP_WORKERS": str(workers),
            "IDP_DATABASE_URL": database_url,
            "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{folder}/register.db",
            "IDP_MASTER_KEY": new_master_key(),
            "IDP_UNLIMITED_ADDRESSES": "127.0.0.1",
            **(environment or {}),
        }
        upgrade(database_url)
        settings = Settings.from_environ(settings_given)
        cookies = asyncio.run(_fill(settings, accounts, sessions, password_hash, PORTAL + more_portals))
        with running(
            [sys.executable, "-m", "idp", "serve"],
            log=Path(folder) / "provider.log",
            environment=settings_given,
            ready=answers_at(f"http://127.0.0.1:{port}/readyz"),
        ) as program:
            yield Contender(_target(name, port, cookies), program.pid, database_pid)


def _target(name: str, port: int, cookies: list[str]) -> Target:
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    return Target(
        name=name,
        base_url=f"http://127.0.0.1:{port}",
        cookies=[f"__Host-session={cookie}" for cookie in cookies],
        authorization=f"Basic {basic}",
        authorize_query={
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": SCOPE,
        },
    )


async def _fill(settings: Settings, accounts: int, sessions: int, password_hash: str, portals: str) -> list[str]:
    now = Clock().now()
    database = await Database.open(settings.database_url)
    try:
        master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
        keyring = await Keyring.unlock(database, master, now=now)
        await database.run(register, read_portals(portals.encode()), now=now)
        return await provider_people.fill(
            database,
            keyring,
            settings,
            accounts=accounts,
            sessions=sessions,
            password_hash=password_hash,
            now=now,
        )
    finally:
        await database.close()
