"""Without the right master key nothing starts, and the refusal says what to do."""

import os
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from idp.sealing import MasterKey, MasterKeyRefused
from idp.sealing.commands import group
from idp.sealing.master_key import new_master_key
from idp.settings import SettingsRefused


def from_settings(file: Path, value: str = "") -> MasterKey:
    return MasterKey.from_settings(file=file, value=value)


def same_key(first: MasterKey, second: MasterKey) -> bool:
    return second.unwrap(first.wrap(b"data key", name="records-1"), name="records-1") == b"data key"


def test_the_command_makes_a_file_that_starts(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    made = CliRunner().invoke(group, ["--out", str(path)])
    assert made.exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().strip() not in made.output
    assert same_key(from_settings(path), from_settings(path))


def test_the_command_never_overwrites_a_key(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text("precious")
    made = CliRunner().invoke(group, ["--out", str(path)])
    assert made.exit_code != 0
    assert path.read_text() == "precious"


def test_the_environment_serves_where_there_is_no_file(tmp_path: Path) -> None:
    text = new_master_key()
    key = from_settings(tmp_path / "none", text)
    standard_alphabet = text.replace("-", "+").replace("_", "/").rstrip("=")
    assert same_key(key, from_settings(tmp_path / "none", f"\n{standard_alphabet} "))


def test_a_missing_file_is_refused_by_the_settings_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"IDP_MASTER_KEY_FILE .*No such file.*idp keys master-key --out FILE"):
        from_settings(tmp_path / "none")


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyRefused, match="Is a directory"):
        from_settings(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_file_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    path.write_text(new_master_key())
    path.chmod(mode)
    with pytest.raises(MasterKeyRefused, match="chmod 600"):
        from_settings(path)


def test_a_key_that_is_not_random_is_refused(tmp_path: Path) -> None:
    for weak in (bytes(32), b"correct horse battery staple !!!"[:8] * 4):
        with pytest.raises(MasterKeyRefused, match="not random"):
            from_settings(tmp_path, b64encode(weak).decode())


@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_no_text_raises_anything_but_a_refusal(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with pytest.raises(MasterKeyRefused) as refused:
        MasterKey.from_text(text, source="IDP_MASTER_KEY")
    assert len(text) < 20 or text not in str(refused.value)


def test_a_master_key_does_not_print() -> None:
    key = os.urandom(32)
    shown = f"{MasterKey(key)} {vars(MasterKey(key))}"
    assert key.hex() not in shown
    assert repr(key) not in shown
