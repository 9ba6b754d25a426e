"""What the tests of commands share."""

from pathlib import Path

import pytest

from tests.portals.files import WEB, toml


@pytest.fixture
def file(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A portal's file, beside a provider that is not the demo."""
    for name, value in {
        "ISSUER": "https://op.test",
        "DATABASE_URL": database_url,
        "SMS_DRIVER": "http",
        "SMS_URL": "https://sms.test",
    }.items():
        monkeypatch.setenv(f"IDP_{name}", value)
    written = tmp_path / "quang-ninh.toml"
    written.write_bytes(toml({**WEB, "profile": "compat"}))
    return written
