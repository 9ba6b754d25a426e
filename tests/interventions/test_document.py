"""The commands of docs/interventions.md work as they are written there, one after another."""

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from idp import accounts
from idp.accounts.command_line import open_parts
from idp.settings import Settings
from idp.storage.migrations import upgrade
from tests.accounts.conftest import HASH
from tests.support import documents
from tests.support.house import person_of

pytestmark = pytest.mark.anyio

BLOCKS = documents.blocks(documents.document("interventions"))
PORTAL = """[[portal]]
client_id = "lao-cai-portal"
client_name = "Lào Cai Province Public Service Portal"
profile = "web"
sector = "lao-cai.example"
province = "15"
redirect_uris = ["https://dichvucong.laocai.example/callback"]
token_endpoint_auth_method = "client_secret_basic"
scope = "openid profile"
"""
PEOPLE = ("ordinary-woman", "ordinary-man", "guardian")


@pytest.fixture
async def desk(tmp_path: Path) -> dict[str, str]:
    """An operator's folder, and the environment of a command line over three people with accounts."""
    environment = documents.desk(tmp_path, f"sqlite:///{tmp_path}/idp.db") | {
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{tmp_path}/register.db",
        "IDP_MASTER_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    upgrade(environment["IDP_DATABASE_URL"])
    settings = Settings.from_environ({name: value for name, value in environment.items() if name.startswith("IDP_")})
    async with open_parts(settings) as parts:
        for slug in PEOPLE:
            person = person_of(slug)
            about: dict[str, Any] = {"password_hash": HASH, "phone": person.phone, "now": parts.clock.now()}
            await parts.database.run(accounts.create, parts.keyring, person, **about)
    (tmp_path / "portal.toml").write_text(PORTAL)
    documents.answered("idp portals add portal.toml", tmp_path, environment)
    (tmp_path / "numbers.txt").write_text("".join(f"{person_of(slug).number}\n" for slug in PEOPLE[1:]))
    return environment


async def test_they_run_as_written(desk: dict[str, str]) -> None:
    assert len(BLOCKS) >= 3
    for block in BLOCKS:
        documents.answered(block, desk["HOME"], desk, within=120)
    assert '"members": 2' in (Path(desk["HOME"]) / "job.json").read_text()
