"""The commands of docs/certificates.md work as they are written there, one after another."""

import pytest

from idp.storage.migrations import upgrade
from tests.support import documents
from tests.support.pki import Authority, name

BLOCKS = documents.blocks(documents.document("certificates"))
COMMANDS = [
    line.partition("   #")[0].strip()
    # A key is replaced by another years after the list was begun.
    for block in sorted(BLOCKS, key=lambda block: "resign" in block)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An operator's folder with the files that the document speaks of, and the environment of the command line."""
    folder = tmp_path_factory.mktemp("desk")
    root, other = Authority.root("Gốc"), Authority.root("Gốc kia")
    ca = root.issue_authority("CA")
    files = {
        "root": root,
        "ca": ca,
        "new-ca": root.issue_authority("CA", key=ca.key),
        "cross": root.issue_authority(other.common_name, path_length=None, key=other.key),
        "card": ca.issue(name("Nguyễn Văn An", "CCCD:003090000001")),
    }
    for file, issued in files.items():
        (folder / f"{file}.pem").write_bytes(issued.pem)
    url = f"sqlite:///{folder}/idp.db"
    upgrade(url)
    return documents.desk(folder, url)


def test_they_run_as_written(desk: dict[str, str]) -> None:
    folder = desk["HOME"]
    assert len(COMMANDS) >= 11
    for command in COMMANDS:
        done = documents.typed(command, folder, desk)
        # The last is about a certificate of an authority that nobody trusts any more.
        expected = 1 if command.startswith("idp pki check") else 0
        assert done.returncode == expected, (command, done.stdout, done.stderr)
        if "new-key" in command:
            desk["IDP_TRUST_KEYS"] = ",".join([*desk.get("IDP_TRUST_KEYS", "").split(), done.stdout.split()[-1]])
        elif "resign" in command:
            desk["IDP_TRUST_KEYS"] = desk["IDP_TRUST_KEYS"].split(",")[-1]
        elif expected:
            assert "distrusted_authority" in done.stdout
    assert "by a key that is not in IDP_TRUST_KEYS" in done.stdout
