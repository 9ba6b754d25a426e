"""Debian's nginx and HAProxy in front of a provider, with the very files of `deploy/`.

with nginx(Place.free(provider_port), server, folder, authorities) as front: ...
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support import debian
from tests.support.ports import free_ports
from tests.support.processes import listens_on, running
from tests.support.tls_clients import Server

NGINX, HAPROXY = "/usr/sbin/nginx", "/usr/sbin/haproxy"
MAIN, CERTIFICATE, PORTALS = "idp.test", "certificate.idp.test", "portals.idp.test"
DEPLOY = Path(__file__).parents[2] / "deploy"


@dataclass(frozen=True)
class Front:
    """A running proxy. The hosts have a port each, on loopback, unless two share one."""

    main_port: int
    certificate_port: int
    portals_port: int
    server: Server
    name: str = ""
    """What everybody calls the hosts, with their ports; else each has its own name."""

    @property
    def main(self) -> str:
        """The main host's authority, as browsers know it."""
        return f"{self.name}:{self.main_port}" if self.name else MAIN

    @property
    def certificate(self) -> str:
        """The certificate host's."""
        return f"{self.name}:{self.certificate_port}" if self.name else CERTIFICATE

    @property
    def portals(self) -> str:
        """The authority of the host where portals bring certificates."""
        return f"{self.name}:{self.portals_port}" if self.name else PORTALS


Proxy = Callable[..., AbstractContextManager[Front]]


class _Configuration(Template):
    delimiter = "@"  # a dollar sign begins nginx's own variables


@contextmanager
def nginx(
    provider_port: int,
    server: Server,
    folder: Path,
    authorities: Iterable[x509.Certificate],
    *,
    main_port: int | None = None,
    certificate_port: int | None = None,
    portals_port: int | None = None,
    name: str = "",
) -> Iterator[Front]:
    """deploy/nginx/certificates.conf, whose browsers are told of these authorities."""
    debian.need(NGINX, "/usr/lib/nginx/modules/ngx_http_js_module.so")
    front = _front(server, (main_port, certificate_port, portals_port), name)
    _fill(DEPLOY / "nginx" / "certificates.conf", folder / "nginx.conf", front, provider_port)
    shutil.copy(DEPLOY / "nginx" / "client_cert.js", folder)
    _write_certificates(folder, server, authorities, key_suffix=".key", chain_suffix=".pem")
    command = [NGINX, "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"]
    with running(command, log=folder / "nginx.log", ready=listens_on(front.portals_port)):
        yield front


@contextmanager
def haproxy(
    provider_port: int,
    server: Server,
    folder: Path,
    authorities: Iterable[x509.Certificate],
    *,
    main_port: int | None = None,
    certificate_port: int | None = None,
    portals_port: int | None = None,
    name: str = "",
) -> Iterator[Front]:
    """deploy/haproxy/certificates.cfg, whose browsers are told of these authorities."""
    debian.need(HAPROXY)
    front = _front(server, (main_port, certificate_port, portals_port), name)
    _fill(DEPLOY / "haproxy" / "certificates.cfg", folder / "haproxy.cfg", front, provider_port)
    _write_certificates(folder, server, authorities, key_suffix=".pem.key", chain_suffix=".pem")
    command = [HAPROXY, "-db", "-C", str(folder), "-f", "haproxy.cfg"]
    with running(command, log=folder / "haproxy.log", ready=listens_on(front.portals_port)):
        yield front


def _front(server: Server, given: tuple[int | None, ...], name: str) -> Front:
    main, certificate, portals = (port or free for port, free in zip(given, free_ports(3), strict=True))
    return Front(main, certificate, portals, server, name)


def _fill(template: Path, file: Path, front: Front, provider_port: int) -> None:
    text = _Configuration(template.read_text(encoding="utf-8")).substitute(
        main_listen=f"127.0.0.1:{front.main_port}",
        main_host=front.name or MAIN,
        main_authority=front.main,
        certificate_listen=f"127.0.0.1:{front.certificate_port}",
        certificate_host=front.name or CERTIFICATE,
        certificate_authority=front.certificate,
        portals_listen=f"127.0.0.1:{front.portals_port}",
        portals_host=front.name or PORTALS,
        portals_authority=front.portals,
        provider_port=provider_port,
    )
    file.write_text(text, encoding="utf-8")


def _write_certificates(
    folder: Path, server: Server, authorities: Iterable[x509.Certificate], *, chain_suffix: str, key_suffix: str
) -> None:
    for host in ("main", "certificate", "portals"):
        shutil.copy(server.chain, folder / f"{host}{chain_suffix}")
        shutil.copy(server.key, folder / f"{host}{key_suffix}")
    pem = b"".join(authority.public_bytes(Encoding.PEM) for authority in authorities)
    (folder / "authorities.pem").write_bytes(pem)
