"""The commands of docs/certificates.md work as they are written there, one after another."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import idp
from idp.storage.migrations import upgrade
from tests.support.pki import Authority, name

DOCUMENT = Path(idp.__file__).parents[1] / "docs/certificates.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
COMMANDS = [
    line.partition("   #")[0].strip()
    # A key is replaced by another years after the list was begun.
    for block in sorted(BLOCKS, key=lambda block: "resign" in block)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
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
    program = folder / "idp"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m idp "$@"\n')
    program.chmod(0o755)
    url = f"sqlite:///{folder}/idp.db"
    upgrade(url)
    yield {
        "PATH": f"{folder}:{os.environ['PATH']}",  # noqa: TID251  (of the test's own shell)
        "HOME": str(folder),
        "IDP_ISSUER": "http://localhost:8000",
        "IDP_MODE": "demo",
        "IDP_DATABASE_URL": url,
    }


def test_they_run_as_written(desk: dict[str, str]) -> None:
    folder = desk["HOME"]
    assert len(COMMANDS) >= 11
    for command in COMMANDS:
        done = subprocess.run(command, shell=True, cwd=folder, env=desk, capture_output=True, text=True, timeout=60)
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
