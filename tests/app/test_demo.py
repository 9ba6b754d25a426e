"""`idp demo` from outside: it comes up, says what is there, one sign-in opens both portals, and it leaves nothing
behind."""

import asyncio
import json
import shlex
import ssl
import stat
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from rich.console import Console

from idp.app.acceptance import Acceptance
from idp.app.demo import Demo, prepare
from idp.app.demo_running import announce
from idp.clock import Clock
from idp.outbound import Outbound
from idp.pki.checking import Checking
from idp.pki.operator_keys import from_texts
from idp.pki.refusals import CertificateRefused
from idp.portals import NewPortal, read_portals
from idp.settings import Settings
from idp.storage import Database
from tests.support.plain_browser import PlainBrowser
from tests.support.portal_file import portal_file, portal_members
from tests.support.ports import someone_listens
from tests.support.running_demo import RunningDemo, running_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def get(url: str, **more: Any) -> httpx.Response:
    with httpx.Client(trust_env=False) as http:
        return http.get(url, **more)


def test_demo_json_is_as_designed(demo: RunningDemo) -> None:
    told = demo.told
    issuer = f"http://localhost:{demo.port}"
    assert told.keys() == {
        *("issuer", "discovery", "admin_url", "admin_api", "outbox_url", "portals", "citizens", "staff"),
        *("certificates", "ca"),
    }
    assert (told["issuer"], told["discovery"]) == (issuer, f"{issuer}/.well-known/openid-configuration")
    assert told["admin_url"] == f"{issuer}/admin"
    assert told["admin_api"].keys() == {"client_id", "client_secret", "url"}
    assert told["admin_api"]["url"] == f"{issuer}/admin/api/v1"
    assert [each["role"] for each in told["staff"]] == [
        *("national-admin", "national-admin", "provincial-admin", "helpdesk", "auditor", "portal-manager")
    ]
    for official in told["staff"]:
        assert official.keys() == {"role", "citizen_number", "password", "totp_secret"}
        assert official["citizen_number"].startswith(("003", "005"))
        assert official["citizen_number"] not in [citizen["citizen_number"] for citizen in told["citizens"]]
    assert [portal["name"] for portal in told["portals"]] == ["national", "province"]
    for number, portal in enumerate(told["portals"], start=1):
        assert portal.keys() == {"name", "url", "client_id", "client_secret", "redirect_uri"}
        assert portal["url"] == f"http://localhost:{demo.port + number}"
    assert told["citizens"][0]["persona"] == "ordinary-woman"
    for citizen in told["citizens"]:
        assert citizen.keys() == {"persona", "citizen_number", "password", "totp_secret", "phone"}
        assert citizen["citizen_number"].startswith(("003", "005"))
        assert citizen["password"] and citizen["totp_secret"]


def test_demo_json_names_the_certificates_and_whom_to_trust(demo: RunningDemo) -> None:
    told = demo.told["certificates"]
    assert [each["persona"] for each in told] == ["ordinary-woman", "company-director", "official"]
    for each in told:
        assert each.keys() == {"persona", "p12", "password"}
        assert pkcs12.load_pkcs12(Path(each["p12"]).read_bytes(), each["password"].encode()).key is not None
    ssl.create_default_context(cafile=demo.told["ca"])


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_who_trusts_the_ca_opens_the_certificate_host(demo: RunningDemo, name: str) -> None:
    trusting = ssl.create_default_context(cafile=demo.told["ca"])
    with httpx.Client(verify=trusting, trust_env=False) as http:
        assert http.get(f"https://{name}:{demo.port + 4}/nothing").status_code == 404


def test_discovery_is_the_issuers(demo: RunningDemo) -> None:
    assert get(demo.told["discovery"]).json()["issuer"] == demo.told["issuer"]


def test_the_outbox_is_json_for_programs(demo: RunningDemo) -> None:
    answer = get(demo.told["outbox_url"], headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert all(row.keys() == {"to", "text", "at"} for row in answer.json())


def test_its_secrets_are_for_nobody_else_to_read(demo: RunningDemo) -> None:
    for name in ("demo.json", "master.key", "portals.toml", "portal-national.json"):
        assert stat.S_IMODE((demo.folder / name).stat().st_mode) == 0o600, name


def test_its_settings_act_on_the_running_demo(demo: RunningDemo) -> None:
    assert "demo-national-portal" in demo.run("portals list")


def test_an_operator_sees_whom_it_trusts(demo: RunningDemo) -> None:
    told = demo.run("pki trust list")
    assert all(f"CN={name}" in told for name in ("CA gốc quốc gia (thử nghiệm)", "CA công cộng (thử nghiệm)"))
    certificate = demo.folder / "certificates" / "official.pem"
    assert "Accepted" in demo.run(f"pki check '{certificate}'")


def test_its_certificates_hold_until_one_is_taken_back(demo: RunningDemo) -> None:
    for each in demo.told["certificates"]:
        assert _refusal(demo, each["persona"]) is None
    file = demo.folder / "certificates" / "revoked.txt"
    before = file.read_text()
    [line] = [line for line in before.splitlines() if line.endswith(" company-director")]
    file.write_text(before.replace(line, line.removeprefix("#")))
    assert _refusal(demo, "company-director") == "revoked"
    assert _refusal(demo, "ordinary-woman") is None
    file.write_text(before)
    assert _refusal(demo, "company-director") is None


def _refusal(demo: RunningDemo, persona: str) -> str | None:
    """Why a provider with the demo's settings and its database refuses a persona's certificate now."""
    return asyncio.run(_asked(demo, persona))


async def _asked(demo: RunningDemo, persona: str) -> str | None:
    settings = Settings.from_environ(dotenv(demo.folder / "demo.env"))
    outbound, database = Outbound.from_settings(settings), await Database.open(settings.database_url)
    checking = await Checking.load(database, from_texts(settings.trust_keys), outbound)
    parsed = x509.load_pem_x509_certificate((demo.folder / "certificates" / f"{persona}.pem").read_bytes())
    try:
        await checking.check(parsed.public_bytes(Encoding.DER), at=Clock().now())
    except CertificateRefused as refusal:
        return str(refusal.reason)
    finally:
        checking.close()
        await outbound.close()
        await database.close()
    return None


def dotenv(file: Path) -> dict[str, str]:
    """As a shell reads it."""
    return dict(line.split("=", 1) for line in shlex.split(file.read_text()))


def test_one_sign_in_opens_both_portals_and_signing_out_closes_both(demo: RunningDemo) -> None:
    national, province = (portal["url"] for portal in demo.told["portals"])
    woman = demo.told["citizens"][0]
    with PlainBrowser() as browser:
        browser.open(f"{national}/sign-in")
        browser.submit("sign-in-form", {"citizen_number": woman["citizen_number"], "password": woman["password"]})
        browser.submit("otp-form", {"otp": pyotp.TOTP(woman["totp_secret"]).now()})
        first = _agreed(browser, f"{national}/me.json")
        browser.open(f"{province}/sign-in")
        assert not browser.page.has("sign-in-form"), "asked to sign in again"
        second = _agreed(browser, f"{province}/me.json")
        assert first["name"] == second["name"]
        assert first["sub"] != second["sub"]
        for portal in (national, province):
            browser.open(f"{portal}/sign-out")
            assert browser.open(f"{portal}/me.json").status == 401
        assert browser.open(f"{national}/sign-in").has("sign-in-form"), "still signed in at the provider"


def _agreed(browser: PlainBrowser, me: str) -> dict[str, Any]:
    if browser.page.has("consent-form"):
        browser.submit("consent-form", button="allow")
    page = browser.open(me)
    assert page.status == 200, page.text
    return dict(json.loads(page.html))


@pytest.fixture
def short_lived(tmp_path: Path) -> Iterator[RunningDemo]:
    with running_demo(tmp_path) as running:
        yield running


def test_asked_to_end_it_leaves_nothing_running(short_lived: RunningDemo) -> None:
    provider, national, province, _api, certificate_host, authorities = short_lived.ports
    assert all(map(someone_listens, (provider, national, province, certificate_host, authorities)))
    assert short_lived.program.stop() == 0
    assert not any(map(someone_listens, short_lived.ports))
    assert not (short_lived.folder / "demo.json").exists()


def test_started_again_it_goes_on_with_what_is_there(tmp_path: Path) -> None:
    before, after = prepare(18000, tmp_path), prepare(19000, tmp_path)
    assert before.citizens == after.citizens
    assert [portal.client_secret for portal in before.portals] == [portal.client_secret for portal in after.portals]
    assert after.portals[0].url == "http://localhost:19001"
    assert after.settings.certificate_url == "https://localhost:19004"
    assert after.settings.outbound_allow == ("127.0.0.1:19005", "localhost:19001", "localhost:19002")


def test_a_secret_that_had_to_be_made_is_shown(tmp_path: Path) -> None:
    portal = {name: value for name, value in portal_members("suite-basic").items() if name != "client_secret"}
    demo = prepare(18000, tmp_path, suite_of(read_portals(portal_file(portal), demo=True)))
    [secret] = demo.made_secrets.values()
    assert secret in shown_by(demo, tmp_path)
    assert not prepare(18000, tmp_path, demo.acceptance).made_secrets


def test_what_a_person_must_know_about_certificates_is_shown(tmp_path: Path) -> None:
    assert "made anew" not in shown_by(prepare(18000, tmp_path), tmp_path)
    moved = prepare(19000, tmp_path)
    text = shown_by(moved, tmp_path)
    assert "made anew, because the demo has moved" in text
    assert all(told in text for told in ("https://localhost:19004", moved.certificates.password, "official.p12"))
    assert "none counts" in shown_by(replace(moved, is_trust_list_good=False), tmp_path)


def test_behind_a_suite_the_certificate_host_is_the_suites(tmp_path: Path) -> None:
    suite = suite_of(read_portals(portal_file(portal_members("suite-basic")), demo=True))
    demo = prepare(18000, tmp_path, replace(suite, outbound_allow=("suite.test:8443",)))
    settings = demo.settings
    assert (demo.ca, settings.certificate_url) == (str(suite.trusted_ca), "https://localhost:18004")
    assert (settings.certificate_tls_chain, settings.certificate_tls_key) == (
        suite.server_certificate,
        suite.server_key,
    )
    assert settings.outbound_allow == ("127.0.0.1:18005", "localhost:18001", "localhost:18002", "suite.test:8443")


def shown_by(demo: Demo, folder: Path) -> str:
    console = Console(record=True, width=300, file=StringIO())
    announce(demo, folder, console)
    return console.export_text()


def suite_of(portals: list[NewPortal]) -> Acceptance:
    """A suite of these portals whose certificates nobody looks at."""
    return Acceptance(
        issuer="https://localhost",
        mtls_url="https://localhost:444",
        server_certificate=Path("server.pem"),
        server_key=Path("server.key"),
        client_ca=Path("ca.pem"),
        trusted_ca=Path("ca.pem"),
        outbound_allow=(),
        portals=tuple(portals),
    )
