"""The demo's `.p12` files at its portals: over mutual TLS and by signing a challenge, in Chromium."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from playwright.sync_api import Browser, Page

from idp.register.personas import persona
from tests.support import debian
from tests.support.chromium import EXECUTABLE, FLAGS, follow, person
from tests.support.pki import Issued
from tests.support.running_demo import RunningDemo
from tests.support.signed_answers import cms, web_eid

WHO = ("ordinary-woman", "company-director", "official")
Answer = Callable[[RunningDemo, Issued, str], str]


def host(demo: RunningDemo) -> str:
    return f"https://localhost:{demo.port + 4}"


def told_of(demo: RunningDemo, who: str) -> dict[str, str]:
    return next(each for each in demo.told["certificates"] if each["persona"] == who)


def card(demo: RunningDemo, who: str) -> Issued:
    """A persona's key and certificate, out of the file."""
    told = told_of(demo, who)
    held = pkcs12.load_pkcs12(Path(told["p12"]).read_bytes(), told["password"].encode())
    assert held.cert is not None and isinstance(held.key, RSAPrivateKey)
    return Issued(held.cert.certificate, held.key)


@contextmanager
def tab_of(demo: RunningDemo, browser: Browser, who: str, **options: Any) -> Iterator[Page]:
    """A persona at Chromium with their `.p12` and nothing else: the file itself says that the host is to be trusted."""
    told = told_of(demo, who)
    shown = {"origin": host(demo), "pfxPath": told["p12"], "passphrase": told["password"]}
    with person(browser, client_certificates=[shown], **options) as context:
        yield context.new_page()


def portal(demo: RunningDemo) -> str:
    return str(demo.told["portals"][0]["url"])


def name_at_the_portal(demo: RunningDemo, tab: Page) -> str:
    """Who is signed in there, after agreeing where that is asked."""
    tab.wait_for_selector("#consent-form, #person")
    if tab.query_selector("#consent-form"):
        follow(tab, "#allow")
        tab.wait_for_selector("#person")
    tab.goto(f"{portal(demo)}/me.json")
    return str(json.loads(tab.inner_text("body"))["name"])


@pytest.mark.parametrize("who", WHO)
def test_a_p12_signs_its_person_in_over_mutual_tls(demo: RunningDemo, browser: Browser, who: str) -> None:
    with tab_of(demo, browser, who) as tab:
        tab.goto(f"{portal(demo)}/sign-in")
        follow(tab, "#certificate")
        assert name_at_the_portal(demo, tab) == persona(who).entry.full_name


def test_it_does_so_without_scripts(demo: RunningDemo, browser: Browser) -> None:
    with tab_of(demo, browser, "ordinary-woman", javascript=False) as tab:
        tab.goto(f"{portal(demo)}/sign-in")
        follow(tab, "#certificate")
        assert name_at_the_portal(demo, tab) == persona("ordinary-woman").entry.full_name


def as_web_eid(demo: RunningDemo, held: Issued, nonce: str) -> str:
    return web_eid(held, nonce=nonce, origin=demo.told["issuer"])


def as_cms(demo: RunningDemo, held: Issued, nonce: str) -> str:
    return cms(held, nonce=nonce)


def by_hand(demo: RunningDemo, held: Issued, nonce: str) -> str:
    """As somebody does who has the file, OpenSSL and no signing program."""
    debian.need("openssl")
    official = told_of(demo, "official")
    taken_out = ["openssl", "pkcs12", "-in", official["p12"], "-nodes", "-passin", f"pass:{official['password']}"]
    both = subprocess.run(taken_out, check=True, capture_output=True, timeout=30).stdout
    file = demo.folder / "official-both.pem"
    file.write_bytes(both)
    signed = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-signer", str(file), "-outform", "PEM"]
    return subprocess.run(signed, input=nonce, check=True, capture_output=True, text=True, timeout=30).stdout


@pytest.mark.parametrize(
    ("who", "answer"), [("ordinary-woman", as_web_eid), ("company-director", as_cms), ("official", by_hand)]
)
def test_the_key_of_a_p12_answers_the_challenge(demo: RunningDemo, browser: Browser, who: str, answer: Answer) -> None:
    with person(browser, javascript=False) as context:
        tab = context.new_page()
        tab.goto(f"{portal(demo)}/sign-in")
        follow(tab, "#challenge")
        nonce = tab.get_attribute("#challenge-form", "data-nonce")
        assert nonce is not None
        tab.fill("#token", answer(demo, card(demo, who), nonce))
        follow(tab, "#answer")
        assert name_at_the_portal(demo, tab) == persona(who).entry.full_name


def test_one_that_was_taken_back_signs_nobody_in(demo: RunningDemo, browser: Browser) -> None:
    file = demo.folder / "certificates" / "revoked.txt"
    before = file.read_text()
    file.write_text(f"{card(demo, 'company-director').certificate.serial_number:x} company-director\n")
    try:
        with tab_of(demo, browser, "company-director") as tab:
            tab.goto(f"{portal(demo)}/sign-in")
            follow(tab, "#certificate")
            tab.wait_for_selector("#error[data-code=certificate_revoked]")
    finally:
        file.write_text(before)


def test_a_browser_that_was_told_to_trust_the_ca_opens_the_host(
    demo: RunningDemo, browser: Browser, tmp_path: Path
) -> None:
    """Chromium itself, without Playwright between: the CA that is good for this machine alone is good enough for it."""
    debian.need("/usr/bin/certutil")
    store = tmp_path / ".pki" / "nssdb"
    store.mkdir(parents=True)
    for words in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "ca", "-i", demo.told["ca"])):
        subprocess.run(["certutil", "-d", f"sql:{store}", *words], check=True, timeout=30)
    home: dict[str, str | float | bool] = {**os.environ, "HOME": str(tmp_path)}  # noqa: TID251  (handed on)
    trusting = browser.browser_type.launch(executable_path=EXECUTABLE, headless=True, args=FLAGS, env=home)
    try:
        tab = trusting.new_page()
        tab.goto(f"{portal(demo)}/sign-in")
        follow(tab, "#certificate")
        tab.wait_for_selector("#again")
        assert tab.url.startswith(f"{host(demo)}/")
    finally:
        trusting.close()
