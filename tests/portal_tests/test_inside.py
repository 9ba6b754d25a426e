"""What `IDP_OUTBOUND_ALLOW` lists is for operators: the robot goes there for no portal that registered itself."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from idp.outbound import Outbound
from idp.outbound.addresses import AllowList
from idp.portal_tests import runs
from idp.portal_tests.robot import Robot
from idp.portals import Profile, initial_tokens, registering, self_registering
from idp.portals.bounds import Bounds
from idp.portals.metadata import read_metadata
from idp.portals.portal import Portal
from tests.portal_tests.hostile import Hostile, hostile, says
from tests.portal_tests.trying import HASTE, begun, found, registered
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL


@pytest.fixture
def inside() -> Iterator[Hostile]:
    with hostile(says(status="200 OK")) as server:
        yield server


def of_its_own(provider: Provider, members: dict[str, Any]) -> Portal:
    """The same portal, but that it registered itself."""
    database, now = provider.parts.database, provider.clock.now()
    bounds = Bounds(agency="A", profiles=(Profile.WEB,))
    making = database.run(initial_tokens.make, bounds, most_uses=1, expires_at=now + timedelta(days=1), now=now)
    _, token = provider.run(making)
    told = {"redirect_uris": members["redirect_uris"], "client_name": "A"}
    allowed = AllowList(provider.parts.settings.outbound_allow)
    own = read_metadata(told, bounds, client_id=members["client_id"], demo=True, allowed=allowed)
    provider.run(database.run(self_registering.add, own, token.reveal(), now=now))
    provider.tick()
    return provider.run(database.read(registering.find, members["client_id"])).portal


@pytest.mark.parametrize(
    ("by_itself", "seen", "calls"), [(False, "not_sent_to_provider", 1), (True, "not_allowed", 0)], ids=["file", "own"]
)
def test_the_robot_goes_inside_for_an_operators_file_alone(
    provider: Provider, inside: Hostile, by_itself: bool, seen: str, calls: int
) -> None:
    parts = provider.parts
    members = inside.members()
    portal = (of_its_own if by_itself else registered)(provider, members)
    # As it is outside of the demo.
    outbound = Outbound(allow=parts.settings.outbound_allow, for_strangers=Outbound())
    run = begun(provider, portal, start_url=members["initiate_login_uri"])
    robot = Robot(parts.database, parts.keyring, outbound, parts.clock, provider.issuer, HASTE)
    provider.run(robot.go_through(run, portal))
    provider.run(outbound.close())
    ended = provider.run(parts.database.read(runs.find, run.id))
    assert (found(ended)["start"].finding.seen, len(inside.server.requests)) == (seen, calls)
