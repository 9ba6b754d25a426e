"""The demo's page of texts, where somebody who tries the demo reads their codes."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.support.provider import Provider


def test_texts_are_read_there(provider: Provider, arrive: Arrive, portal: RegisterPortal) -> None:
    traveller = arrive()
    traveller.goes_to(portal())
    traveller.gives_password()
    traveller.presses("use-sms")
    traveller.presses("send")
    traveller.tab.wait_for_selector("#sent")
    provider.tick()
    traveller.opens("/admin/outbox")
    traveller.sees(".messages", "outbox")
    assert traveller.citizen.phone in traveller.text(".messages")
