"""TLS in front of the demo's provider in acceptance mode: nginx from Debian, in a folder of its own, without root."""

import shutil
from pathlib import Path
from string import Template
from typing import Final

from idp.app.acceptance import Acceptance, Place

_TEMPLATE: Final = Path(__file__).parents[2] / "deploy" / "nginx" / "acceptance.conf"
_CERTIFICATES: Final = ("server_certificate", "server_key", "client_ca")
# Where Debian puts it is on root's search path only.
_SYSTEM_PROGRAMS: Final = "/usr/sbin:/usr/local/sbin"


class NginxMissing(Exception):
    """There is no nginx on this machine."""

    def __str__(self) -> str:
        return "nginx is not installed, and acceptance mode needs it for TLS. Run: sudo apt-get install nginx"


class _Configuration(Template):
    delimiter = "@"  # a dollar sign begins nginx's own variables


def find() -> str:
    """The program's path; raises `NginxMissing`."""
    found = shutil.which("nginx") or shutil.which("nginx", path=_SYSTEM_PROGRAMS)
    if found is None:
        raise NginxMissing
    return found


def configure(acceptance: Acceptance, folder: Path, *, provider_port: int, api_port: int) -> tuple[str, ...]:
    """Fill `folder` with configuration and links to the certificates, and give the command that runs nginx there.

    Raises `NginxMissing`.
    """
    program = find()
    folder.mkdir(parents=True, exist_ok=True)
    for name in _CERTIFICATES:
        link = folder / f"{name}.pem"
        link.unlink(missing_ok=True)
        link.symlink_to(getattr(acceptance, name))
    issuer, mtls = Place.of(acceptance.issuer), Place.of(acceptance.mtls_url)
    text = _Configuration(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        authority=acceptance.issuer.removeprefix("https://"),
        issuer_host=issuer.host,
        issuer_port=issuer.port,
        mtls_host=mtls.host,
        mtls_port=mtls.port,
        provider_port=provider_port,
        api_port=api_port,
    )
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    return (program, "-p", f"{folder.resolve()}/", "-c", "nginx.conf", "-e", "stderr")
