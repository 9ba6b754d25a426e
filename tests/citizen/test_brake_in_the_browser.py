"""The way back by a certificate in Chromium, on a phone and on a desk: what the journeys have no authorities for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.citizen.braking import Braking
from tests.support.authorities import Authorities
from tests.support.chromium import chromium, follow, look, person
from tests.support.pki import name
from tests.support.provider import Provider
from tests.support.signed_answers import web_eid


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def test_a_certificate_unlocks(browser: Browser, sqlite_provider: Provider, trusted: Authorities) -> None:
    provider, somebody = sqlite_provider, Braking.at_browser(sqlite_provider)
    somebody.locks_by_phone()
    record = provider.run(provider.parts.register.find(somebody.citizen.number))
    assert record is not None
    issued = trusted.issue(name(record.full_name, f"CCCD:{record.number}"))
    with person(browser) as context:
        page = context.new_page()
        page.goto(f"{provider.issuer}/unlock")
        look(page, "citizen-brake-unlock")
        follow(page, "#by-certificate")
        page.wait_for_selector("#challenge-form")
        look(page, "citizen-brake-by-certificate")
        nonce = page.get_attribute("#challenge-form", "data-nonce") or ""
        page.click("#sign-by-hand summary")
        page.fill("#token", web_eid(issued, nonce=nonce, origin=provider.issuer))
        follow(page, "#answer")
        page.wait_for_selector("#unlocked")
        look(page, "citizen-brake-unlocked")
    assert somebody.state == "active"
