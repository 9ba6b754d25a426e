"""Revoked from the command line, a person is dropped by both portals of the demo before their next click."""

import json
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest

from tests.support.eventually import eventually
from tests.support.plain_browser import PlainBrowser
from tests.support.running_demo import RunningDemo, running_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def signs_in(browser: PlainBrowser, demo: RunningDemo, citizen: dict[str, Any]) -> None:
    """At both portals."""
    for number, portal in enumerate(demo.told["portals"]):
        browser.open(f"{portal['url']}/sign-in")
        if not number:
            browser.submit(
                "sign-in-form", {"citizen_number": citizen["citizen_number"], "password": citizen["password"]}
            )
            browser.submit("otp-form", {"otp": pyotp.TOTP(citizen["totp_secret"]).now()})
        if browser.page.has("consent-form"):
            browser.submit("consent-form", button="allow")
        assert browser.open(f"{portal['url']}/me.json").status == 200


def test_revoked_at_the_provider_and_gone_at_both_portals(demo: RunningDemo) -> None:
    citizen = demo.told["citizens"][1]
    portals = [portal["url"] for portal in demo.told["portals"]]
    with PlainBrowser() as browser:
        signs_in(browser, demo, citizen)
        done = json.loads(
            demo.run(
                f"interventions revoke {citizen['citizen_number']} --reason stolen-credentials"
                " --basis 'Biên bản 12/2026' --json"
            )
        )
        assert done["portals"] == 2

        def receipts() -> list[dict[str, Any]]:
            told: list[dict[str, Any]] = json.loads(demo.run(f"interventions receipts {done['id']} --json"))
            return told

        eventually(lambda: {each["state"] for each in receipts()} == {"acknowledged"})
        assert {each["portal"] for each in receipts()} == {portal["client_id"] for portal in demo.told["portals"]}
        assert all(0 <= each["seconds"] < 10 for each in receipts())
        assert [browser.open(f"{portal}/me.json").status for portal in portals] == [401, 401]
        assert browser.open(f"{portals[0]}/sign-in").has("sign-in-form"), "still signed in at the provider"


def test_suspended_and_restored(demo: RunningDemo) -> None:
    citizen = demo.told["citizens"][2]
    why = "--reason own-request --basis 'Phiếu TK03-2026-18'"
    with PlainBrowser() as browser:
        signs_in(browser, demo, citizen)
        demo.run(f"interventions suspend {citizen['citizen_number']} {why}")
        eventually(lambda: browser.open(f"{demo.told['portals'][1]['url']}/me.json").status == 401)
        demo.run(f"interventions restore {citizen['citizen_number']} {why}")
        assert "active" in demo.run(f"accounts show {citizen['citizen_number']}")
