"""An app proves nothing when it pushes a request: so many from one address are kept, and no more."""

from ipaddress import ip_address
from pathlib import Path

from idp.sign_in import lanes, throttling
from idp.storage import Unit
from tests.support.fapi_portal import FapiPortal, fapi_portal
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy


def test_from_one_address_so_many_are_pushed(_sqlite_template: Path, tmp_path: Path) -> None:
    """Whoever knows an app's name can push for it. It proves nothing, so its address is counted."""
    url = sqlite_copy(_sqlite_template, tmp_path)
    with running_provider(url, tmp_path, unlimited_addresses=()) as provider:
        app = FapiPortal(provider.portal(profile="native"))
        assert app.push(proof=None).status_code == 201
        lane = lanes.of_site(lanes.PUSHED, provider.parts.keyring, ip_address("127.0.0.1"))
        now = provider.clock.now()

        def fill(db: Unit) -> None:
            for _ in range(lanes.PUSHED.most - 1):
                throttling.take(db, lane, now=now)

        provider.run(provider.parts.database.run(fill))
        refused = app.push(proof=None)
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
        strict = fapi_portal(provider)
        assert strict.push().status_code == 201, "who proves itself is not counted"
