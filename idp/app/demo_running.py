"""The demo running: which programs it is made of, and what is told about it."""

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from idp.app import tls_front
from idp.app.demo import Demo
from idp.app.demo_certificates import DemoCertificates
from idp.app.demo_processes import Processes, Program
from idp.app.demo_subscribers import PUBLIC


def run(demo: Demo, folder: Path) -> None:
    """Start, wait, announce, and keep running until interrupted. Raises `DemoFailed` or `NginxMissing`."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt)
    processes = Processes(demo.ca)
    try:
        processes.start([*programs(demo, folder)])
        processes.wait_until_ready()
        demo.publish(folder)
        announce(demo, folder, Console())
        processes.wait()
    except KeyboardInterrupt:
        return
    finally:
        (folder / "demo.json").unlink(missing_ok=True)
        processes.stop()


def programs(demo: Demo, folder: Path) -> Iterator[Program]:
    """The authorities' service, the provider, its two portals; in acceptance mode an API and the TLS in front, too."""
    settings = demo.settings
    provider = f"http://{settings.host}:{settings.port}"
    yield _authorities(demo.certificates)
    yield Program.of_ours("provider", "idp", "serve", address=f"{provider}/readyz", environment=demo.environment)
    for portal in demo.portals:
        file = portal.write(folder, settings.issuer, demo.ca)
        yield Program.of_ours(portal.name, "deploy.demo.portal", "--config", str(file), address=f"{portal.url}/")
    if demo.acceptance is not None:
        port = settings.port + 3
        words = ("deploy.demo.api", "--issuer", settings.issuer, "--port", str(port), "--ca", demo.ca)
        # nginx says or takes off which certificate a caller has shown, at both hosts.
        reached = ("--url", settings.issuer, "--url", demo.acceptance.mtls_url, "--proxy", "127.0.0.1")
        yield Program.of_ours("API", *words, *reached, address=f"http://127.0.0.1:{port}/demo-api")
        command = tls_front.configure(demo.acceptance, folder / "tls", provider_port=settings.port, api_port=port)
        yield Program("nginx", command, f"{settings.issuer}/readyz")


def _authorities(certificates: DemoCertificates) -> Program:
    port = str(certificates.service_port)
    words = ("deploy.demo.authority", "--folder", str(certificates.folder), "--port", port)
    return Program.of_ours("authorities", *words, address=f"http://127.0.0.1:{port}/crl/{PUBLIC}.crl")


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (a signal handler's arguments)
    raise KeyboardInterrupt


def announce(demo: Demo, folder: Path, console: Console) -> None:
    """One table: addresses, accounts, what to try."""
    table = Table(title="Định Danh, bản thử nghiệm · demo", title_justify="left")
    table.add_column("Cái gì · What")
    table.add_column("Ở đâu, bằng gì · Where, with what", overflow="fold")
    table.add_row("Provider", demo.settings.issuer)
    if demo.acceptance is not None:
        table.add_row("Mutual TLS", demo.acceptance.mtls_url)
        table.add_row("API for programs", f"{demo.settings.issuer}/demo-api · scope demo.api")
        table.add_row("Portals of the file", " ".join(new.registration.client_id for new in demo.acceptance.portals))
    for client_id, secret in demo.made_secrets.items():
        table.add_row(f"Secret of {client_id}, shown this once", secret)
    for portal in demo.portals:
        table.add_row(portal.english, portal.url)
    table.add_row("Certificate host", demo.settings.certificate_url)
    table.add_row("Console for staff", f"{demo.settings.issuer}/admin")
    if demo.program is not None:
        table.add_row("Admin API", f"{demo.program.url} · docs/admin_api.md")
    table.add_row("SMS outbox", f"{demo.settings.issuer}/admin/outbox")
    table.add_section()
    for citizen in demo.citizens:
        how = f"{citizen.password} · TOTP {citizen.totp_secret}" if citizen.password else "no account yet"
        table.add_row(citizen.persona, f"{citizen.citizen_number} · {how}")
    table.add_section()
    for official in demo.staff:
        role = f"{official.role} {official.province}" if official.province else official.role
        who = official.citizen
        table.add_row(f"Staff: {role}", f"{who.citizen_number} · {who.password} · TOTP {who.totp_secret}")
    table.add_section()
    _announce_certificates(demo, table)
    table.add_section()
    table.add_row("Try", "Sign in at the national portal, then open the provincial one: no second sign-in.")
    table.add_row("Try", "Import a .p12 file and the CA into a browser, and sign in with the certificate.")
    table.add_row("For programs", f"{folder}/demo.json · set -a; . {folder}/demo.env; .venv/bin/idp --help")
    console.print(table)
    console.print("Ctrl-C stops everything.")


def _announce_certificates(demo: Demo, table: Table) -> None:
    rows = demo.certificates.as_json()
    if demo.certificates.news:
        table.add_row("Certificates", f"{demo.certificates.news}: import the .p12 files again")
    if not demo.is_trust_list_good:
        table.add_row("Certificates", "none counts: the trust list is not the demo's; see `idp pki trust verify`")
    for row in rows:
        table.add_row(f"Certificate of {row['persona']}", row["p12"])
    table.add_row("Password of the .p12 files", rows[0]["password"])
    table.add_row("CA that browsers must trust", demo.ca)
