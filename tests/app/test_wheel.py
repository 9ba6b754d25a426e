"""`pip install` alone gives a working `idp`: the wheel carries templates, translations and migrations."""

import secrets
import subprocess
import sys
import zipfile
from base64 import b64encode
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CARRIED = {"templates": "_templates", "migrations": "_migrations"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)], check=True)
    [built] = folder.glob("*.whl")
    return built


def kept(folder: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True)
    return {name.removeprefix(f"{folder}/") for name in listed.stdout.splitlines()}


@pytest.mark.parametrize("folder", CARRIED)
def test_it_carries_every_file(wheel: Path, folder: str) -> None:
    inside = f"idp/{CARRIED[folder]}/"
    carried = {name.removeprefix(inside) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(inside)}
    assert carried == kept(folder)


def test_it_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    settings = {
        "PYTHONPATH": str(site),
        "IDP_ISSUER": "http://localhost:1",
        "IDP_MODE": "demo",
        "IDP_DATABASE_URL": f"sqlite:///{tmp_path}/idp.db",
        "IDP_SANDBOX_REGISTER_URL": f"sqlite:///{tmp_path}/register.db",
        "IDP_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], env=settings, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert run("-c", "import idp; print(idp.__file__)").startswith(str(site))
    run("-m", "idp", "migrate")
    assert "ok   schema: newest" in run("-m", "idp", "doctor")
