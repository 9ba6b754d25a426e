"""A run that waits for its portal waits as long as it was told, and has all its calls left then."""

from dataclasses import dataclass, replace
from datetime import timedelta

from idp.portal_tests.browser import MOST_CALLS
from tests.portal_tests.small_portal import SmallPortal, small_portal
from tests.portal_tests.trying import HASTE, a_port, begun, found, not_well, registered, tried
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.portal_file import portal_members
from tests.support.provider import Provider

pytestmark = ON_POSTGRESQL

QUICK = replace(HASTE, turning=timedelta(milliseconds=1))


@dataclass
class Late(SmallPortal):
    """It leads somewhere else until somebody has pointed it at the run's issuer."""

    early: int = MOST_CALLS // 2 + 5  # each of which is two calls

    def begin(self, browser: dict[str, object], issuer: str) -> str:
        self.early -= 1
        return f"{self.url}/elsewhere" if self.early >= 0 else super().begin(browser, issuer)


def test_looking_takes_nothing_from_the_steps_that_follow(provider: Provider) -> None:
    with small_portal(provider.clock.now, a_port(), kind=Late) as portal:
        run = tried(provider, portal.members(), pace=QUICK, patience=timedelta(minutes=30))
    assert (not_well(run), run.outcome) == ({}, "green")


def test_the_time_it_waits_is_not_that_of_the_run(provider: Provider) -> None:
    """The run's own is over at once here, whatever is left of the patience."""
    pace = replace(QUICK, whole=timedelta(0))
    with small_portal(provider.clock.now, a_port()) as portal:
        waits = tried(provider, portal.members(), pace=pace, patience=timedelta(minutes=30))
        does_not = tried(provider, portal.members(), pace=pace)
    assert (waits.outcome, does_not.outcome) == ("stopped", "stopped")
    assert (list(found(waits)), found(does_not)) == (["start"], {})
    assert found(waits)["start"].finding.seen == "sent_to_provider"


def test_the_issuer_answers_as_long_as_it_is_waited_and_two_hours_more(provider: Provider) -> None:
    provider.clock.advance(minutes=3)
    members = portal_members("portal-waited-for", initiate_login_uri="https://p.example")
    jwks = f"{begun(provider, registered(provider, members), patience=timedelta(minutes=100)).issuer('')}/jwks"
    provider.clock.advance(minutes=100 + 119)
    assert provider.get(jwks).status_code == 200
    provider.clock.advance(minutes=1)
    assert provider.get(jwks).status_code == 404


def test_without_patience_it_is_said_at_once(provider: Provider) -> None:
    with small_portal(provider.clock.now, a_port(), kind=Late) as portal:
        run = tried(provider, portal.members(), pace=QUICK)
    assert found(run)["start"].finding.seen == "not_sent_to_provider"
