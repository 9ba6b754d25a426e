"""What an operator does to the trust list."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from sqlalchemy import bindparam, delete, select, update
from typer.testing import CliRunner

from idp.audit.tables import audit_events
from idp.cli import build
from idp.pki import operator_keys
from idp.pki.tables import trust_lists
from idp.pki.trust_operations import change
from idp.storage import Database, Statement, Unit
from tests.support.pki import YEAR, Authority, Issued, Terms, name, rsa_key

TODAY = Terms()

CHANGE = Statement(
    update(trust_lists).where(trust_lists.c.version == bindparam("which")).values(document=bindparam("fresh"))
)
TAKE_AWAY = Statement(delete(trust_lists).where(trust_lists.c.version == bindparam("which")))
RECORDED = Statement(
    select(audit_events.c.actor, audit_events.c.details)
    .where(audit_events.c.event == "trust_list_added")
    .order_by(audit_events.c.id)
)


@pytest.fixture
def key(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's key, whose public half the provider's settings name."""
    file = tmp_path / "operator.key"
    code, printed = idp_trust("new-key", str(file))
    assert code == 0
    for setting, value in {
        "ISSUER": "https://op.test",
        "MODE": "demo",
        "DATABASE_URL": database_url,
        "TRUST_KEYS": printed.strip(),
    }.items():
        monkeypatch.setenv(f"IDP_{setting}", value)
    return file


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.root("Gốc thử nghiệm", Terms(ends=TODAY.ends + 50 * YEAR))


@pytest.fixture
def file(root: Authority, tmp_path: Path) -> str:
    return written(root, tmp_path / "root.pem")


def written(issued: Issued, file: Path, encoding: Encoding = Encoding.PEM) -> str:
    file.write_bytes(issued.certificate.public_bytes(encoding))
    return str(file)


def idp_trust(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), ["pki", "trust", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def listed() -> Any:
    code, said = idp_trust("list", "--json")
    assert code == 0
    return json.loads(said)


def in_the_database(url: str, unit: Any) -> Any:
    async def run() -> Any:
        database = await Database.open(url)
        try:
            return await database.run(unit)
        finally:
            await database.close()

    return asyncio.run(run())


def test_a_key_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "operator.key"
    code, printed = idp_trust("new-key", str(file))
    assert code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    (public,) = operator_keys.from_texts([printed.strip()])
    assert (
        operator_keys.as_text(public) == printed.strip() == operator_keys.as_text(operator_keys.load(file).public_key())
    )
    before = file.read_bytes()
    assert idp_trust("new-key", str(file))[0] == 2
    assert file.read_bytes() == before


def test_an_anchor_with_a_policy_of_its_own(key: Path, file: str, root: Authority) -> None:
    words = ("--name", "Gốc quốc gia", "--key-usage", "digital_signature", "--extended-key-usage", "1.3.6.1.5.5.7.3.2")
    more = ("--policy", "2.16.704.1.1.1.1.1", "--least-rsa-bits", "3072", "--revocation", "crl,ocsp", "--hardware")
    urls = ("--crl", "http://crl.example/1.crl", "--crl", "http://crl.example/2.crl", "--longest-age", "48")
    code, said = idp_trust("add", file, "--key", str(key), *words, *more, *urls)
    assert code == 0
    assert said.startswith("Version 1 of the trust list is in force.\nnow        anchor ")
    [anchor] = listed()["anchors"]
    assert anchor["name"] == "Gốc quốc gia"
    assert anchor["policy"] == {
        "key_usages": ["digital_signature"],
        "extended_key_usages": ["1.3.6.1.5.5.7.3.2"],
        "policies": ["2.16.704.1.1.1.1.1"],
        "least_rsa_bits": 3072,
        "revocation": ["crl", "ocsp"],
        "longest_age_hours": 48,
        "in_hardware": True,
    }
    assert [each["url"] for each in listed()["lists"]] == ["http://crl.example/1.crl", "http://crl.example/2.crl"]
    code, said = idp_trust("list")
    assert code == 0
    assert "Gốc quốc gia" in said
    assert "asked crl,ocsp" in said


def test_an_anchor_is_called_as_it_calls_itself_and_changed_only_when_that_is_meant(key: Path, file: str) -> None:
    assert idp_trust("add", file, "--key", str(key))[0] == 0
    assert listed()["anchors"][0]["name"] == "Gốc thử nghiệm"
    code, said = idp_trust("add", file, "--key", str(key))
    assert code == 1
    assert "says so already" in said
    code, said = idp_trust("add", file, "--key", str(key), "--hardware")
    assert code == 1
    assert "--replace" in said
    assert idp_trust("add", file, "--key", str(key), "--hardware", "--replace")[0] == 0
    assert [each["policy"]["in_hardware"] for each in listed()["anchors"]] == [True]


def test_replace_changes_what_is_named_and_says_what_that_was(key: Path, file: str) -> None:
    named = ("--name", "Gốc quốc gia", "--policy", "2.16.704.1", "--least-rsa-bits", "3072", "--revocation", "crl")
    more = ("--key-usage", "digital_signature", "--longest-age", "48", "--hardware", "--crl", "http://crl.example/1")
    assert idp_trust("add", file, "--key", str(key), *named, *more)[0] == 0
    before = listed()
    code, said = idp_trust("add", file, "--key", str(key), "--replace", "--longest-age", "12")
    assert code == 0
    assert said.splitlines()[1:] == ["changed    answers count: 48 h -> 12 h"]
    [anchor] = before["anchors"]
    anchor["policy"]["longest_age_hours"] = 12
    after = listed()
    assert (after["anchors"], after["lists"]) == ([anchor], before["lists"])
    code, said = idp_trust("add", file, "--key", str(key), "--replace", "--no-hardware", "--policy", "", "--name", "N")
    assert code == 0
    assert said.splitlines()[1:] == [
        "changed    name: Gốc quốc gia -> N",
        "changed    policies: 2.16.704.1 -> any",
        "changed    keys: in tokens -> anywhere",
    ]
    assert idp_trust("add", file, "--key", str(key), "--replace")[0] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--issuer", "--name", "N"),
        ("--issuer", "--hardware"),
        ("--issuer", "--longest-age", "24"),
        ("--issuer", "--policy", ""),
        ("--issuer", "--replace"),
        ("--revocation", "crl,crl"),
        ("--name", "a\x1b[2J"),
        ("--name", "a\u202eb"),
        ("--name", ""),
    ],
)
def test_options_that_do_nothing_or_hide_something_are_refused(key: Path, file: str, words: tuple[str, ...]) -> None:
    assert idp_trust("add", file, "--key", str(key), *words)[0] == 2
    assert listed() is None


@pytest.mark.parametrize("hours", ["0", "87841", "9" * 18, "9" * 400])
def test_answers_count_for_ten_years_at_most(key: Path, file: str, hours: str) -> None:
    code, said = idp_trust("add", file, "--key", str(key), "--longest-age", hours)
    assert code == 2
    assert "--longest-age" in said


@pytest.mark.parametrize("where", ["empty.db", "missing/empty.db", "plain/empty.db"])
def test_a_database_without_tables_is_told_in_a_sentence(
    key: Path, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "plain").write_text("not a folder")
    monkeypatch.setenv("IDP_DATABASE_URL", f"sqlite:///{tmp_path}/{where}")
    for words in (["trust", "list"], ["trust", "verify"], ["trust", "add", file, "--key", str(key)], ["check", file]):
        result = CliRunner().invoke(build(), ["pki", *words])
        assert isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == 1
        assert ("idp doctor" if where.startswith("plain") else "idp migrate") in result.output


def test_one_version_is_told_as_one(key: Path, file: str) -> None:
    idp_trust("add", file, "--key", str(key))
    assert idp_trust("verify") == (0, "The only version is signed.\n")


def test_every_act_is_a_version_and_in_the_audit_with_who_and_what(
    key: Path, file: str, root: Authority, tmp_path: Path, database_url: str
) -> None:
    ca = root.issue_authority("CA", terms=Terms(ends=TODAY.ends + 20 * YEAR))
    below = written(ca, tmp_path / "ca.der", Encoding.DER)
    signed = ("--key", str(key))
    assert idp_trust("add", file, *signed)[0] == 0
    assert idp_trust("add", below, *signed, "--issuer", "--crl", "http://crl.example/ca.crl")[0] == 0
    assert idp_trust("block", below, "0x10", "31", *signed, "--reason", "weak-key")[0] == 0
    assert idp_trust("block", below, "--all", *signed, "--reason", "leaked-batch")[0] == 0
    assert idp_trust("distrust", below, *signed, "--reason", "key-leaked")[0] == 0
    code, said = idp_trust("add", below, *signed, "--issuer")
    assert code == 1
    assert "restore" in said
    now = listed()
    assert now["version"] == 5
    assert [(each["first_serial"], each["last_serial"]) for each in now["blocks"]] == [
        ("0x10", "0x1f"),
        ("0x0", f"{(1 << 160) - 1:#x}"),
    ]
    assert [each["reason"] for each in now["distrusted"]] == ["key-leaked"]
    assert "key-leaked" in idp_trust("list")[1]
    assert idp_trust("restore", below, *signed)[0] == 0
    after = listed()
    assert (after["distrusted"], after["blocks"], len(after["issuers"])) == ([], [], 1)

    rows = in_the_database(database_url, lambda db: db.all(RECORDED))
    assert {row.actor for row in rows} == {"local_operator"}
    told = [[each.partition(":")[0] for each in orjson.loads(row.details)["changes"]] for row in rows]
    assert told == [
        ["anchor_added"],
        ["issuer_added", "list_added"],
        ["block_added"],
        ["block_added"],
        ["distrust_added"],
        ["distrust_removed", "block_removed"],
    ]
    assert idp_trust("verify") == (0, "All 6 versions are signed and follow each other.\n")


def test_verify_names_the_first_version_that_does_not_hold(key: Path, file: str, database_url: str) -> None:
    assert idp_trust("verify") == (0, "There is no trust list yet.\n")
    assert listed() is None
    idp_trust("add", file, "--key", str(key))
    idp_trust("distrust", file, "--key", str(key), "--reason", "error")

    def forge(db: Unit) -> None:
        db.execute(CHANGE, which=2, fresh=b"{}")

    in_the_database(database_url, forge)
    code, said = idp_trust("verify")
    assert code == 1
    assert "Version 2 " in said
    code, said = idp_trust("verify", "--json")
    assert (code, json.loads(said)) == (1, {"newest": 2, "first_bad": 2, "by_other_keys": []})
    for words in (("list",), ("restore", file, "--key", str(key))):
        code, said = idp_trust(*words)
        assert code == 1
        assert "idp pki trust verify" in said


def test_verify_names_the_newest_version_when_it_was_taken_away(key: Path, file: str, database_url: str) -> None:
    idp_trust("add", file, "--key", str(key))
    idp_trust("distrust", file, "--key", str(key), "--reason", "key-leaked")
    in_the_database(database_url, lambda db: db.execute(TAKE_AWAY, which=2))
    code, said = idp_trust("verify")
    assert code == 1
    assert "Version 2 is missing" in said
    assert idp_trust("add", file, "--key", str(key), "--hardware", "--replace")[0] == 1


def test_a_key_is_retired(key: Path, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    idp_trust("add", file, "--key", str(key))
    before = listed()
    new = tmp_path / "new.key"
    old_public = operator_keys.as_text(operator_keys.load(key).public_key())
    new_public = idp_trust("new-key", str(new))[1].strip()
    assert idp_trust("resign", "--key", str(new))[0] == 1
    monkeypatch.setenv("IDP_TRUST_KEYS", f"{old_public},{new_public}")
    assert idp_trust("resign", "--key", str(new)) == (0, "Version 2 of the trust list is in force.\n")
    assert idp_trust("verify") == (0, "All 2 versions are signed and follow each other.\n")
    monkeypatch.setenv("IDP_TRUST_KEYS", new_public)
    code, said = idp_trust("verify")
    assert code == 0
    assert said.endswith("held by the version after it: 1.\n")
    assert json.loads(idp_trust("verify", "--json")[1]) == {"newest": 2, "first_bad": None, "by_other_keys": [1]}
    assert listed()["anchors"] == before["anchors"]
    assert idp_trust("distrust", file, "--key", str(key), "--reason", "error")[0] == 1
    assert idp_trust("distrust", file, "--key", str(new), "--reason", "error")[0] == 0


def test_a_key_that_the_provider_does_not_know_changes_nothing(key: Path, file: str, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    idp_trust("new-key", str(other))
    code, said = idp_trust("add", file, "--key", str(other))
    assert code == 1
    assert "IDP_TRUST_KEYS" in said
    assert listed() is None


def test_of_two_operators_at_once_one_is_told_to_repeat(
    key: Path, file: str, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = written(Authority.root("Gốc khác", Terms(ends=TODAY.ends + 50 * YEAR)), tmp_path / "other.pem")

    async def change_late(database: Database, alter: Any, **more: Any) -> Any:
        def after_somebody_else(trust: Any) -> Any:
            # Read the newest, and then have somebody else add one.
            assert idp_in_another_process("add", other, "--key", str(key)) == 0
            return alter(trust)

        return await change(database, after_somebody_else, **more)

    def idp_in_another_process(*words: str) -> int:
        return subprocess.run([sys.executable, "-m", "idp", "pki", "trust", *words], check=False).returncode

    monkeypatch.setattr("idp.pki.trust_commands.change", change_late)
    code, said = idp_trust("add", file, "--key", str(key))
    assert code == 1
    assert "repeat" in said
    assert [each["name"] for each in listed()["anchors"]] == ["Gốc khác"]


def test_what_could_vouch_for_nobody_is_not_added(key: Path, root: Authority, tmp_path: Path) -> None:
    lasting = Terms(ends=TODAY.ends + 20 * YEAR)
    ended = Terms(begins=TODAY.begins - 20 * YEAR, ends=TODAY.begins - 10 * YEAR)
    for number, (issued, expected) in enumerate(
        [
            (root.issue(name("Nguyễn Văn An"), terms=lasting), "not the certificate of an authority"),
            (root.issue_authority("Đã hết hạn", terms=ended), "has expired"),
            (root.issue_authority("Khóa ngắn", key=rsa_key(1024), terms=lasting), "rsa_size"),
        ]
    ):
        code, said = idp_trust("add", written(issued, tmp_path / f"{number}.pem"), "--key", str(key))
        assert code == 1
        assert expected in said
    assert listed() is None


def test_a_persons_certificate_is_not_taken_for_an_authority(key: Path, root: Authority, tmp_path: Path) -> None:
    person = root.issue(name("Nguyễn Văn An"))
    leaf = written(person, tmp_path / "leaf.pem")
    signed = ("--key", str(key), "--reason", "key-leaked")
    for words in (("distrust", leaf), ("block", leaf, "0x10"), ("block", leaf, "--all")):
        code, said = idp_trust(*words, *signed)
        assert code == 1
        assert f"block CA.pem 0x{person.certificate.serial_number:x}" in said
    assert listed() is None


def test_nothing_is_blocked_under_an_authority_that_is_not_listed(key: Path, file: str, tmp_path: Path) -> None:
    other = written(Authority.root("Gốc khác"), tmp_path / "other.pem")
    signed = ("--key", str(key), "--reason", "weak-key")
    idp_trust("add", file, "--key", str(key))
    for words in (("block", other, "0x10"), ("block", other, "--all")):
        code, said = idp_trust(*words, *signed)
        assert code == 1
        assert "Nothing on the trust list has that authority's key" in said
    assert listed()["version"] == 1


def test_an_authority_can_be_distrusted_before_anybody_vouches_for_it(key: Path, file: str, tmp_path: Path) -> None:
    other = written(Authority.root("Gốc khác"), tmp_path / "other.pem")
    signed = ("--key", str(key), "--reason", "key-leaked")
    idp_trust("add", file, "--key", str(key))
    code, said = idp_trust("distrust", other, *signed)
    assert code == 0
    assert "is it the right file?" in said
    assert "right file" not in idp_trust("distrust", file, *signed)[1]
    assert len(listed()["distrusted"]) == 2


def test_what_is_written_wrongly_is_named(key: Path, file: str, tmp_path: Path) -> None:
    signed = ("--key", str(key))
    nothing, several = tmp_path / "none.pem", tmp_path / "several.pem"
    several.write_bytes(Path(file).read_bytes() * 2)
    locked, rsa = tmp_path / "locked.key", tmp_path / "rsa.key"
    plain = operator_keys.load(key)
    locked.write_bytes(plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    rsa.write_bytes(generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for words in (
        ("add", str(nothing), *signed),
        ("add", str(several), *signed),
        ("add", str(key), *signed),
        ("add", file, "--key", str(nothing)),
        ("add", file, "--key", file),
        ("add", file, "--key", str(locked)),
        ("add", file, "--key", str(rsa)),
        ("add", file, *signed, "--key-usage", "cert_sign"),
        ("add", file, *signed, "--revocation", "rumour"),
        ("add", file, *signed, "--revocation", ""),
        ("add", file, *signed, "--policy", "any"),
        ("add", file, *signed, "--crl", "ftp://crl.example/1.crl"),
        ("add", file, *signed, "--least-rsa-bits", "1024"),
        ("add", file, *signed, "--longest-age", str(10**12)),
        ("distrust", file, *signed, "--reason", "Bị lộ khóa"),
        ("block", file, *signed, "--reason", "weak-key"),
        ("block", file, "--all", "1", *signed, "--reason", "weak-key"),
        ("block", file, "x", *signed, "--reason", "weak-key"),
        ("block", file, "0x20", "0x10", *signed, "--reason", "weak-key"),
        ("block", file, "0x1" + "0" * 40, *signed, "--reason", "weak-key"),
    ):
        code, said = idp_trust(*words)
        assert code == 2, words
        assert "Traceback" not in said
    assert listed() is None


def test_one_block_is_lifted_or_all_that_is_said(key: Path, file: str) -> None:
    signed = ("--key", str(key))
    idp_trust("add", file, *signed)
    for numbers in (("0x10", "0x1f"), ("0x15",), ("--all",)):
        assert idp_trust("block", file, *numbers, *signed, "--reason", "weak-key")[0] == 0
    idp_trust("distrust", file, *signed, "--reason", "key-leaked")
    for wrong in (("0x10",), ("0x10", "0x20"), ("0x16",)):
        code, said = idp_trust("restore", file, *wrong, *signed)
        assert code == 1
        assert "nothing like that" in said
    code, said = idp_trust("restore", file, "16", "31", *signed)
    assert code == 0
    [lifted] = said.splitlines()[1:]
    assert lifted.startswith("no more    blocked ")
    assert "0x10 (16) to 0x1f (31)" in lifted
    after = listed()
    assert [each["first_serial"] for each in after["blocks"]] == ["0x15", "0x0"]
    assert len(after["distrusted"]) == 1
    code, said = idp_trust("restore", file, *signed)
    assert code == 0
    assert "Lifting all that is said against it: 1 of distrust, 2 of blocks." in said
    assert said.count("no more ") == 3
    assert "all serial numbers" in said
    assert (listed()["distrusted"], listed()["blocks"]) == ([], [])
    assert idp_trust("restore", file, *signed)[0] == 1


@pytest.mark.parametrize(
    "text", ["54ff", "١٢", "４０９６", "0x", "0x10:00", "10:0", "1_000", "+16", " 16", "-1", "1" * 5000, "10:", "0x1_0"]
)
def test_what_is_no_serial_number_is_refused(key: Path, file: str, text: str) -> None:
    idp_trust("add", file, "--key", str(key))
    assert idp_trust("block", file, "--key", str(key), "--reason", "weak-key", "--", text)[0] == 2
    assert listed()["version"] == 1


@pytest.mark.parametrize("text", ["4096", "0x1000", "0X1000", "10:00"])
def test_a_serial_number_as_programs_print_it(key: Path, file: str, text: str) -> None:
    idp_trust("add", file, "--key", str(key))
    code, said = idp_trust("block", file, text, "--key", str(key), "--reason", "weak-key")
    assert code == 0
    assert "0x1000 (4096)" in said
    [block] = listed()["blocks"]
    assert (block["first_serial"], block["last_serial"]) == ("0x1000", "0x1000")


@pytest.mark.parametrize("command", ["new-key", "add", "distrust", "block", "restore", "resign", "list", "verify"])
def test_each_command_shows_an_example(command: str) -> None:
    assert "Example: idp pki trust" in idp_trust(command, "--help")[1]
