"""What an operator reads about one certificate."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from idp.cli import build
from idp.clock import Clock
from idp.pki import operator_keys
from idp.pki.certificate import Certificate
from idp.pki.trust_chain import digest_of
from idp.pki.trust_document import sign, written
from idp.pki.trust_list import Anchor, AnchorPolicy, Block, Distrusted, TrustList
from idp.pki.trust_store import add
from idp.storage import Database
from tests.support.pki import Authority, Issued, Terms, name
from tests.support.small_server import Server, answer, serving

pytestmark = pytest.mark.anyio

KEY = Ed25519PrivateKey.generate()
NOW = Clock().now()
DAY = timedelta(days=1)
LASTING = Terms(begins=NOW - DAY, ends=NOW + DAY)
SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001", "MST:0100000000")


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root("Gốc thử nghiệm", LASTING)


@pytest.fixture
async def server(root: Authority) -> AsyncIterator[Server]:
    async with serving() as server:
        server.answer = answer(root.crl(this_update=NOW - timedelta(hours=1), next_update=NOW + DAY))
        yield server


@pytest.fixture
async def provider(
    database: Database, database_url: str, server: Server, root: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that trusts the authority, by its list at the server."""
    anchor = Anchor("Gốc", Certificate.read(root.der), AnchorPolicy(revocation=("ocsp", "crl")))
    document = written(TrustList(1, NOW, anchors=(anchor,)))
    await database.run(add, document, sign(document, KEY), [KEY.public_key()], now=NOW)
    for setting, value in {
        "ISSUER": "https://op.test",
        "MODE": "demo",
        "DATABASE_URL": database_url,
        "TRUST_KEYS": operator_keys.as_text(KEY.public_key()),
        "OUTBOUND_ALLOW": server.here,
    }.items():
        monkeypatch.setenv(f"IDP_{setting}", value)


def issue(root: Authority, server: Server, subject: x509.Name = SUBJECT) -> Issued:
    url = x509.UniformResourceIdentifier(f"http://{server.here}/list")
    points = x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)])
    terms = Terms(begins=LASTING.begins, ends=LASTING.ends, extensions=[(points, False)])
    return root.issue(subject, terms=terms)


async def idp_check(*words: str, sent: bytes | None = None) -> tuple[int, str]:
    """On a thread, as the server answers on this one."""
    result = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(build(), ["pki", "check", *words], input=sent))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


async def explained(file: Path) -> tuple[int, Any]:
    code, said = await idp_check(str(file), "--json")
    return code, json.loads(said)


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
async def test_a_certificate_that_holds_is_told_step_by_step(
    provider: None, root: Authority, server: Server, tmp_path: Path, encoding: Encoding
) -> None:
    file = tmp_path / "card"
    file.write_bytes(issue(root, server).certificate.public_bytes(encoding))
    code, said = await idp_check(str(file))
    assert code == 0
    for expected in (
        "Nguyễn Văn An, number 003090000001, of organisation 0100000000",
        "to Gốc",
        "ocsp_not_named",
        f"crl http://{server.here}/list",
        "Accepted, under Gốc.",
    ):
        assert expected in said
    code, told = await explained(file)
    assert (code, told["accepted"], told["anchor"]) == (0, True, "Gốc")
    assert [(step["kind"], step["outcome"]) for step in told["steps"]] == [
        ("read", "ok"),
        ("names", "ok"),
        ("strength", "ok"),
        ("way", "ok"),
        ("revocation", "ocsp_not_named"),
        ("revocation", "ok"),
    ]


async def test_from_standard_input(provider: None, root: Authority, server: Server) -> None:
    issued = issue(root, server)
    for sent in (issued.der, issued.certificate.public_bytes(Encoding.PEM)):
        assert (await idp_check("-", sent=sent))[0] == 0


async def test_what_is_refused_ends_with_one_and_says_where(
    provider: None, root: Authority, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "card.pem"
    issued = issue(root, server)
    file.write_bytes(issued.certificate.public_bytes(Encoding.PEM))
    server.answer = answer(
        root.crl(issued.certificate, this_update=NOW - timedelta(hours=1), next_update=NOW + DAY, number=2)
    )
    code, told = await explained(file)
    assert (code, told["accepted"], told["code"], told["reason"]) == (1, False, "certificate_revoked", "revoked")
    assert told["steps"][-1]["outcome"] == "revoked"
    stranger = issue(Authority.root("Gốc lạ", LASTING), server)
    file.write_bytes(stranger.certificate.public_bytes(Encoding.PEM))
    code, said = await idp_check(str(file))
    assert code == 1
    assert "Refused: certificate_untrusted (unknown_authority)." in said


@pytest.mark.parametrize("outcome", ["distrusted_authority", "blocked_batch"])
async def test_who_is_distrusted_or_blocked_is_said_in_a_step(
    provider: None, root: Authority, server: Server, database: Database, tmp_path: Path, outcome: str
) -> None:
    authority = Certificate.read(root.der)
    before = TrustList(1, NOW, anchors=(Anchor("Gốc", authority, AnchorPolicy(revocation=("ocsp", "crl"))),))
    trust = before.after(digest=digest_of(written(before)), now=NOW)
    if outcome == "blocked_batch":
        trust, said = trust.with_block(Block(authority, 0, 1 << 159, "weak-key")), "blocked (weak-key): 0x0 to 0x8"
    else:
        trust, said = trust.with_distrusted(Distrusted(authority, "key-leaked")), "distrusted (key-leaked): "
    document = written(trust)
    await database.run(add, document, sign(document, KEY), [KEY.public_key()], now=NOW)
    file = tmp_path / "card.der"
    file.write_bytes(issue(root, server).der)
    code, told = await explained(file)
    assert (code, told["reason"]) == (1, outcome)
    assert (told["steps"][-1]["kind"], told["steps"][-1]["outcome"]) == ("way", outcome)
    assert told["steps"][-1]["about"]["against"].startswith(said)
    assert said in (await idp_check(str(file)))[1]


async def test_a_name_cannot_draw_on_the_operators_terminal(
    provider: None, root: Authority, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "card.der"
    file.write_bytes(issue(root, server, name("An\x1b[2J\u202egnort", "CCCD:003090000001")).der)
    code, said = await idp_check(str(file))
    assert code == 1
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\\u202e" in said


async def test_a_file_that_holds_none(provider: None, tmp_path: Path) -> None:
    file = tmp_path / "none"
    assert (await idp_check(str(file)))[0] == 2
    file.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert (await idp_check(str(file)))[0] == 2
    file.write_bytes(b"\0" * (2 << 20))
    assert (await idp_check(str(file)))[0] == 2
    file.write_bytes(b"not a certificate")
    code, said = await idp_check(str(file))
    assert code == 1
    assert "certificate_unreadable (not_decodable)" in said


async def test_it_shows_an_example() -> None:
    assert "Example: idp pki check" in (await idp_check("--help"))[1]
