"""TLS in front of the demo's provider in acceptance mode: nginx from Debian, in a folder of its own, without root."""

import shutil
from pathlib import Path
from string import Template
from typing import Final

from idp.app.acceptance import Acceptance, Place

_FOLDER: Final = Path(__file__).parents[2] / "deploy" / "nginx"
_TEMPLATE: Final = _FOLDER / "acceptance.conf"
_SCRIPT: Final = "client_cert.js"
_CERTIFICATES: Final = ("server_certificate", "server_key", "client_ca")
# Where Debian puts it is on root's search path only.
_SYSTEM_PROGRAMS: Final = "/usr/sbin:/usr/local/sbin"
_MODULE: Final = "ngx_http_js_module.so"
_MODULE_FOLDERS: Final = tuple(
    map(Path, ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/nginx/modules"))
)


class NginxMissing(Exception):
    """There is no nginx on this machine."""

    def __str__(self) -> str:
        return "nginx is not installed, and acceptance mode needs it for TLS. Run: sudo apt-get install nginx"


class NginxModuleMissing(NginxMissing):
    """nginx has no module for scripts, and cannot write a certificate as RFC 9440 has it without one."""

    def __str__(self) -> str:
        return f"nginx has no {_MODULE}, and acceptance mode needs it. Run: sudo apt-get install libnginx-mod-http-js"


class _Configuration(Template):
    delimiter = "@"  # a dollar sign begins nginx's own variables


def find() -> str:
    """The program's path; raises `NginxMissing`."""
    found = shutil.which("nginx") or shutil.which("nginx", path=_SYSTEM_PROGRAMS)
    if found is None:
        raise NginxMissing
    return found


def find_module() -> Path:
    """nginx's module for scripts; raises `NginxModuleMissing`."""
    found = next((folder / _MODULE for folder in _MODULE_FOLDERS if (folder / _MODULE).is_file()), None)
    if found is None:
        raise NginxModuleMissing
    return found


def configure(acceptance: Acceptance, folder: Path, *, provider_port: int, api_port: int) -> tuple[str, ...]:
    """Fill `folder` with configuration and links to the certificates, and give the command that runs nginx there.

    Raises `NginxMissing`.
    """
    program, module = find(), find_module()
    folder.mkdir(parents=True, exist_ok=True)
    links = {f"{name}.pem": getattr(acceptance, name) for name in _CERTIFICATES} | {_SCRIPT: _FOLDER / _SCRIPT}
    for name, file in links.items():
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(file)
    issuer, mtls = Place.of(acceptance.issuer), Place.of(acceptance.mtls_url)
    text = _Configuration(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        js_module=module,
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
