"""The demo's certificates: what is made at the first start, what is kept, and whether others can read it."""

import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from idp.app.demo_certificates import DemoCertificates, prepare_certificates
from idp.pki.paths import Paths
from idp.pki.subject import Subject, read_subject
from idp.pki.trust_list import Anchor, TrustList
from idp.pki.weak_keys import refuse_weak
from idp.register.personas import persona
from tests.support import debian

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WHO = ("ordinary-woman", "company-director", "official")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoCertificates:
    return prepare_certificates(tmp_path_factory.mktemp("demo") / "certificates", 18000, now=NOW)


def opened(made: DemoCertificates, who: str) -> pkcs12.PKCS12KeyAndCertificates:
    return pkcs12.load_pkcs12((made.folder / f"{who}.p12").read_bytes(), made.password.encode())


def read(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    ("who", "number", "organisation"),
    [
        ("ordinary-woman", True, None),
        ("company-director", True, "0100000000"),
        ("official", False, None),
    ],
)
def test_whom_they_name(made: DemoCertificates, who: str, number: bool, organisation: str | None) -> None:
    entry = persona(who).entry
    subject = read_subject(made.of(who).parsed.subject)
    expected = Subject(entry.full_name, entry.number if number else None, organisation)
    assert (subject.name.casefold(), subject.personal_number) == (expected.name.casefold(), expected.personal_number)
    assert (subject.organisation, subject.is_seal) == (expected.organisation, False)


@pytest.mark.anyio
@pytest.mark.parametrize("who", WHO)
async def test_there_is_a_way_to_a_root_and_no_weak_key_on_it(made: DemoCertificates, who: str) -> None:
    anchors = tuple(Anchor("", each) for each in made.anchors)
    path = await Paths(TrustList(1, NOW, anchors=anchors, issuers=tuple(made.issuers))).find(made.of(who), at=NOW)
    for certificate in path.chain:
        refuse_weak(certificate)
    world = "government" if who == "official" else "national"
    assert path.anchor.certificate == made.anchors[["national", "government"].index(world)]


@pytest.mark.parametrize("who", WHO)
def test_a_p12_file_holds_the_key_and_everybody_above(made: DemoCertificates, who: str) -> None:
    held = opened(made, who)
    assert held.cert is not None and held.key is not None
    assert held.cert.certificate == made.of(who).parsed
    assert held.key.public_key() == held.cert.certificate.public_key()
    issuer, root, server_root = (each.certificate for each in held.additional_certs)
    held.cert.certificate.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    assert server_root == read(made.ca)


def test_another_password_opens_nothing(made: DemoCertificates) -> None:
    with pytest.raises(ValueError, match="Invalid password"):
        pkcs12.load_pkcs12((made.folder / "official.p12").read_bytes(), b"thu-nghiem")


def test_openssl_opens_a_p12_file(made: DemoCertificates) -> None:
    debian.need("openssl")
    command = ["openssl", "pkcs12", "-in", str(made.folder / "official.p12"), "-nodes", "-info", "-passin", "stdin"]
    done = subprocess.run(command, input=made.password, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("BEGIN CERTIFICATE") == 4
    assert "BEGIN PRIVATE KEY" in done.stdout
    assert "MAC: sha256" in done.stderr
    assert "AES-256-CBC" in done.stderr


def test_a_browser_opens_a_p12_file(made: DemoCertificates, tmp_path: Path) -> None:
    """As Chromium and Firefox do on Linux: by NSS."""
    debian.need("/usr/bin/pk12util")
    store = f"sql:{tmp_path}"
    subprocess.run(["certutil", "-N", "-d", store, "--empty-password"], check=True, timeout=30)
    command = ["pk12util", "-i", str(made.folder / "ordinary-woman.p12"), "-d", store, "-W", made.password]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_the_host_that_asks_is_who_it_says(made: DemoCertificates) -> None:
    ssl.create_default_context(cafile=made.ca).load_cert_chain(made.folder / "server.pem", made.folder / "server.key")
    root, leaf = (
        x509.load_pem_x509_certificate((made.folder / f"{name}.pem").read_bytes()) for name in ("ca", "server")
    )
    verifying = PolicyBuilder().store(Store([root])).time(NOW)
    verifying.build_server_verifier(x509.DNSName("localhost")).verify(leaf, [])
    with pytest.raises(VerificationError):
        verifying.build_server_verifier(x509.DNSName("dichvucong.gov.vn")).verify(leaf, [])


def test_who_trusts_that_host_trusts_nobody_else(made: DemoCertificates) -> None:
    """A person may put the CA into their own browser, so it can vouch for this machine only, and nobody has its key."""
    root = read(made.ca)
    constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(each.value) for each in constraints.value.permitted_subtrees or ()] == ["localhost", "127.0.0.1/32"]
    key = root.public_key()
    for file in made.folder.rglob("*.key"):
        assert read(file.with_suffix(".pem")).public_key() != key, file


def test_keys_are_for_nobody_else_to_read(made: DemoCertificates) -> None:
    secret = [file for file in everything_in(made.folder) if file.suffix in (".key", ".p12", ".json")]
    assert len(secret) == 4 + 1 + 3 + 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}


def test_the_file_to_revoke_by_names_everybody(made: DemoCertificates) -> None:
    lines = (made.folder / "revoked.txt").read_text().splitlines()
    assert all(line.startswith("#") for line in lines)
    for who in WHO:
        assert f"#{made.of(who).parsed.serial_number:X} {who}" in lines


def test_started_again_they_stay(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    first = prepare_certificates(folder, 18000, now=NOW)
    before = everything_in(folder)
    again = prepare_certificates(folder, 18000, now=NOW + 700 * DAY)
    assert again == first
    assert everything_in(folder) == before
    assert not again.news


@pytest.mark.parametrize(
    ("port", "later", "says"), [(19000, timedelta(0), "has moved"), (18000, 729 * DAY, "at their end")]
)
def test_where_they_are_good_no_longer_they_are_made_anew(
    tmp_path: Path, port: int, later: timedelta, says: str
) -> None:
    folder = tmp_path / "certificates"
    first = prepare_certificates(folder, 18000, now=NOW)
    again = prepare_certificates(folder, port, now=NOW + later)
    assert says in again.news
    assert again.password != first.password
    assert again.of("official").parsed.not_valid_after_utc > NOW + later + 700 * DAY
    assert f"http://127.0.0.1:{port + 5}/".encode() in again.of("official").der


def test_a_start_that_was_broken_off_leaves_nothing_half(tmp_path: Path) -> None:
    folder, half = tmp_path / "certificates", tmp_path / "certificates.new"
    half.mkdir()
    (half / "left-over.pem").touch()
    assert prepare_certificates(folder, 18000, now=NOW).of("official")
    assert not half.exists()
    assert not (folder / "left-over.pem").exists()
