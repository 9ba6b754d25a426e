"""What `IDP_OUTBOUND_ALLOW` lists is for operators: a portal that registered itself leads nobody inside with it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from idp.key_sets.portal_key_sets import PortalKeySets
from idp.outbound import Outbound
from idp.outbound.addresses import AllowList
from idp.portals import Profile, RegistrationRefused, initial_tokens, registering, self_registering
from idp.portals.bounds import Bounds
from idp.portals.metadata import read_metadata
from idp.portals.portals import Portals
from idp.portals.reading import read_portals
from idp.protocol import sector_identifiers
from idp.settings import Settings
from idp.signals.calling import Caller
from idp.signals.claims import Claim
from idp.storage import Database
from idp.storage.identifiers import new_id
from tests.support.clock import ManualClock
from tests.support.house import House
from tests.support.key_server import KeyServer, key
from tests.support.portal_file import portal_file, portal_members
from tests.support.small_server import Server, answer, serving

pytestmark = pytest.mark.anyio

KEY = key("a")
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}


@pytest.fixture
async def inside() -> AsyncIterator[Server]:
    """A server of ours that operators may name."""
    async with serving() as server:
        KeyServer(server).publishes(KEY)
        yield server


def settings_for(server: Server, mode: str = "production") -> Settings:
    return Settings.from_environ(
        {
            "IDP_ISSUER": "https://op.test",
            "IDP_MODE": mode,
            "IDP_SMS_DRIVER": "http",
            "IDP_SMS_URL": "https://sms.test",
            "IDP_OUTBOUND_ALLOW": server.here,
        }
    )


@pytest.fixture
async def outbound(inside: Server) -> AsyncIterator[Outbound]:
    """As it is outside of the demo."""
    opened = Outbound.from_settings(settings_for(inside))
    yield opened
    await opened.close()


@pytest.fixture
async def portals(database: Database, clock: ManualClock, inside: Server) -> Portals:
    """One of an operator's file and one that registered itself, with the same addresses."""
    addresses = {"jwks_uri": f"http://{inside.here}/jwks", "backchannel_logout_uri": f"http://{inside.here}/logout"}
    of_file = read_portals(portal_file(portal_members("of-a-file", **BY_KEY, **addresses)), demo=True)
    await database.run(registering.register, of_file, now=clock.now())
    bounds = Bounds(agency="A", profiles=(Profile.WEB,))
    _, token = await database.run(
        initial_tokens.make, bounds, most_uses=1, expires_at=clock.now() + timedelta(days=1), now=clock.now()
    )
    given: dict[str, Any] = {"redirect_uris": ["https://a.example/cb"], "client_name": "A", **BY_KEY, **addresses}
    own = read_metadata(given, bounds, client_id="of-its-own", demo=True, allowed=AllowList([inside.here]))
    await database.run(self_registering.add, own, token.reveal(), now=clock.now())
    return await Portals.load(database)


async def test_keys_are_fetched_inside_for_an_operators_file_alone(
    portals: Portals, outbound: Outbound, clock: ManualClock, inside: Server
) -> None:
    found = {}
    for name in ("of-its-own", "of-a-file"):
        portal = portals.get(name)
        assert portal is not None and portal.registered_itself == (name == "of-its-own")
        keys = await PortalKeySets(portals, outbound, clock).ready(portal)
        found[name] = keys.fault, len(inside.requests)
    assert found == {"of-its-own": ("key_set_not_allowed", 0), "of-a-file": (None, 1)}


async def test_sign_outs_are_told_inside_to_an_operators_file_alone(
    portals: Portals, outbound: Outbound, clock: ManualClock, database: Database, inside: Server
) -> None:
    house = await House.build(database, clock)
    caller = Caller(house.keys, outbound, clock, house.settings.issuer)
    inside.answer = answer()
    reasons = []
    for name in ("of-its-own", "of-a-file"):
        portal = portals.get(name)
        assert portal is not None
        claim = Claim(new_id(clock.now()), new_id(clock.now()), "sub", "sid", 1, clock.now())
        ending = await caller.call(claim, portal)
        reasons.append((type(ending).__name__, getattr(ending, "reason", ""), len(inside.requests)))
    assert reasons == [("NotTaken", "outbound_not_allowed", 0), ("Taken", "", 1)]


async def test_no_list_of_a_sector_is_fetched_inside(outbound: Outbound, inside: Server) -> None:
    inside.answer = answer(b'["https://a.example/cb"]')
    with pytest.raises(RegistrationRefused, match="could not be fetched"):
        await sector_identifiers.check(outbound, f"http://{inside.here}/sector.json", ["https://a.example/cb"])
    assert inside.requests == []


async def test_what_was_allowed_to_an_operator_is_not_used_again_for_others(outbound: Outbound, inside: Server) -> None:
    """A connection that is kept is not asked again whom it leads to."""
    address = f"http://{inside.here}/sector.json"
    assert (await outbound.get(address)).status == 200
    with pytest.raises(RegistrationRefused):
        await sector_identifiers.check(outbound, address, ["https://a.example/cb"])
    assert (await outbound.get(address)).status == 200
    assert (len(inside.requests), inside.connections) == (2, 1)


async def test_the_demos_portals_are_on_this_machine(inside: Server) -> None:
    of_demo = Outbound.from_settings(settings_for(inside, "demo"))
    inside.answer = answer(b'["https://a.example/cb"]')
    await sector_identifiers.check(of_demo, f"http://{inside.here}/sector.json", ["https://a.example/cb"])
    await of_demo.close()
