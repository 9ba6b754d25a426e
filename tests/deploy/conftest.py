"""A proxy in front of a small provider, each with the very files of `deploy/`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.certificate_hosts import ISSUER, ROOT, Host, Hosts, hosts_of
from tests.support import shown_certificates as shown
from tests.support.certificate_proxies import CERTIFICATE, MAIN, PORTALS, Proxy, haproxy, nginx
from tests.support.ports import free_port
from tests.support.shown_certificates import Told
from tests.support.tls_clients import Server


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    return Server.write(tmp_path_factory.mktemp("server"), MAIN, CERTIFICATE, PORTALS)


@pytest.fixture(scope="module")
def small_provider() -> Iterator[tuple[int, list[Told]]]:
    seen: list[Told] = []
    with shown.serving(shown.application(shown.behind("127.0.0.1"), seen)) as port:
        yield port, seen


@pytest.fixture(scope="module", params=[nginx, haproxy], ids=["nginx", "haproxy"])
def hosts(
    request: pytest.FixtureRequest,
    small_provider: tuple[int, list[Told]],
    tls_server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hosts]:
    proxy: Proxy = request.param
    port, seen = small_provider
    with proxy(port, tls_server, tmp_path_factory.mktemp("front"), [ROOT.certificate, ISSUER.certificate]) as front:
        yield hosts_of(front, seen)


@pytest.fixture(params=["main", "certificate", "portals"])
def host(request: pytest.FixtureRequest, hosts: Hosts) -> Host:
    found: Host = getattr(hosts, request.param)
    return found


@pytest.fixture
def one_port(small_provider: tuple[int, list[Told]], tls_server: Server, tmp_path: Path) -> Iterator[Hosts]:
    """Against the advice of the configuration: both hosts on one address and port."""
    port, seen = small_provider
    shared = free_port()
    with nginx(port, tls_server, tmp_path, [ROOT.certificate], main_port=shared, certificate_port=shared) as front:
        yield hosts_of(front, seen)
