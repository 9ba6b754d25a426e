"""The service of the demo's authorities, asked by the provider's own questions and by hand."""

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from deploy.demo.authority import MOST_BYTES, build_service
from idp.app.demo_certificates import DemoCertificates, prepare_certificates
from idp.clock import Clock
from idp.pki import where_to_ask
from idp.pki.certificate import Certificate
from idp.pki.crl import RevocationList
from idp.pki.ocsp import MEDIA_TYPE, Question, read_answer
from tests.support.running_demo import CHECKOUT
from tests.web.client import Client

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoCertificates:
    return prepare_certificates(tmp_path_factory.mktemp("demo") / "certificates", 18000, now=Clock().now())


@pytest.fixture
def revoked(made: DemoCertificates) -> Path:
    file = made.folder / "revoked.txt"
    file.write_text("# nobody\n\n")
    return file


@pytest.fixture
async def service(made: DemoCertificates, revoked: Path) -> AsyncIterator[Client]:
    transport = httpx.ASGITransport(build_service(made.folder))
    async with Client(transport=transport, base_url="http://authorities.test") as client:
        yield client


async def ask(service: Client, question: Question | bytes, name: str = "public-ca") -> bytes:
    body = question if isinstance(question, bytes) else question.der
    answer = await service.post(f"/ocsp/{name}", content=body, headers={"Content-Type": MEDIA_TYPE})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ocsp-response")
    return answer.content


def serial(made: DemoCertificates, who: str) -> str:
    return f"{made.of(who).parsed.serial_number:x}"


def about(made: DemoCertificates, who: str) -> Question:
    government, public = "government-ca", "public-ca"
    return Question.about(made.of(who), issuer(made, government if who == "official" else public))


def issuer(made: DemoCertificates, name: str) -> Certificate:
    return made.issuers[["public-ca", "government-ca"].index(name)]


async def test_what_was_not_taken_back_is_good(service: Client, made: DemoCertificates) -> None:
    question = about(made, "ordinary-woman")
    answer = read_answer(await ask(service, question), question, longest_age=DAY, at=Clock().now())
    assert not answer.is_revoked
    assert answer.responder is None, "the authority answers itself"


@pytest.mark.parametrize("line", ["{0}", "{0}   her token was lost", "  {0}\tlost", "# lost:\n\n{0}", "{1}"])
async def test_a_line_in_the_file_takes_a_certificate_back_at_once(
    service: Client, made: DemoCertificates, revoked: Path, line: str
) -> None:
    revoked.write_text(line.format(serial(made, "ordinary-woman"), serial(made, "ordinary-woman").upper()) + "\n")
    for who, is_revoked in (("ordinary-woman", True), ("company-director", False)):
        question = about(made, who)
        answer = read_answer(await ask(service, question), question, longest_age=DAY, at=Clock().now())
        assert answer.is_revoked == is_revoked, who
        crl = RevocationList.read((await service.get("/crl/public-ca.crl")).content, issuer(made, "public-ca"))
        assert crl.is_revoked(made.of(who), longest_age=DAY, at=Clock().now()) == is_revoked, who


async def test_a_list_is_good_until_tomorrow_and_later_ones_have_higher_numbers(
    service: Client, made: DemoCertificates
) -> None:
    before = Clock().now()
    answer = await service.get("/crl/government-root.crl")
    assert answer.headers["content-type"] == "application/pkix-crl"
    crl = RevocationList.read(answer.content, made.anchors[1])
    assert DAY / 2 < crl.next_update - before < 2 * DAY
    assert crl.number >= int(before.timestamp())


async def test_everything_is_where_certificates_say(service: Client, made: DemoCertificates) -> None:
    for certificate in (*made.issuers, made.of("official"), made.of("ordinary-woman")):
        for url in (*where_to_ask.lists(certificate), *issuers_of(certificate)):
            assert url.startswith("http://127.0.0.1:18005/")
            assert (await service.get(url.removeprefix("http://127.0.0.1:18005"))).status_code == 200, url
        [responder] = where_to_ask.responders(certificate)
        path = responder.removeprefix("http://127.0.0.1:18005/ocsp/")
        owner = next(each for each in everybody(made) if each.parsed.subject == certificate.parsed.issuer)
        question = Question.about(certificate, owner)
        assert read_answer(await ask(service, question, path), question, longest_age=DAY, at=Clock().now())


async def test_the_certificate_of_an_authority_is_there(service: Client, made: DemoCertificates) -> None:
    answer = await service.get("/ca/public-ca.cer")
    assert answer.headers["content-type"] == "application/pkix-cert"
    assert answer.content == issuer(made, "public-ca").der


async def test_an_authority_answers_about_its_own_only(service: Client, made: DemoCertificates) -> None:
    said = ocsp.load_der_ocsp_response(await ask(service, about(made, "official"), "public-ca"))
    assert said.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize("body", [b"", b"?", b"\x30\x00", b"\x30\x80" + 100 * b"\xff"])
async def test_a_question_that_is_none(service: Client, body: bytes) -> None:
    said = ocsp.load_der_ocsp_response(await ask(service, body))
    assert said.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


async def test_an_endless_question_is_cut_off(service: Client) -> None:
    assert (await service.post("/ocsp/public-ca", content=(MOST_BYTES + 1) * b"?")).status_code == 413


@pytest.mark.parametrize("path", ["/crl/nobody.crl", "/crl/..%2Fserver.crl", "/ca/nobody.cer", "/", "/ocsp/public-ca"])
async def test_what_is_not_there(service: Client, path: str) -> None:
    assert (await service.get(path)).status_code in (404, 405)


@pytest.mark.parametrize("line", ["ordinary-woman", "0x12ab", "12:ab", "12ab," + 40 * "f", 41 * "f"])
async def test_while_the_file_cannot_be_read_nothing_is_said_to_be_good(
    service: Client, made: DemoCertificates, revoked: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    revoked.write_text(f"# one\n{line}\n")
    for answer in (
        await service.post("/ocsp/public-ca", content=about(made, "ordinary-woman").der),
        await service.get("/crl/public-ca.crl"),
    ):
        assert (answer.status_code, "line 2" in answer.text) == (503, True)
    assert "revoked.txt, line 2" in capsys.readouterr().err


async def test_without_the_file_nothing_is_taken_back(service: Client, made: DemoCertificates, revoked: Path) -> None:
    revoked.unlink()
    question = about(made, "official")
    answer = read_answer(await ask(service, question, "government-ca"), question, longest_age=DAY, at=Clock().now())
    assert not answer.is_revoked


def test_its_help_says_how_to_take_a_certificate_back() -> None:
    command = [sys.executable, "-m", "deploy.demo.authority", "--help"]
    told = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "edit FOLDER/revoked.txt" in told


def everybody(made: DemoCertificates) -> list[Certificate]:
    return [*made.anchors, *made.issuers]


def issuers_of(certificate: Certificate) -> list[str]:
    access = certificate.extension(x509.AuthorityInformationAccess) or ()
    return [
        str(each.access_location.value)
        for each in access
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
    ]
