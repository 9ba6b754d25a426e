"""Chain and key of the certificate host: what is wrong with them is told in a sentence, before anything is served."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from idp.app.certificate_tls import server_context
from idp.app.tls_host import TlsHost
from idp.settings import SettingsRefused
from tests.support.pki import Authority, name, rsa_key
from tests.support.shown_certificates import own
from tests.support.tls_clients import LASTING, Server

HOST = "idp.test"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    return Server.write(tmp_path_factory.mktemp("server"), HOST)


Spoil = Callable[[Server, Path], dict[str, Path]]


def _with_password(server: Server, folder: Path) -> dict[str, Path]:
    key = load_pem_private_key(server.key.read_bytes(), None)
    file = folder / "locked.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    return {"key": file}


def _of_another(server: Server, folder: Path) -> dict[str, Path]:
    return {"key": Server.write(folder, HOST).key}


def _weak(server: Server, folder: Path) -> dict[str, Path]:
    weak = Authority.root("x", LASTING).issue(name("x"), key=rsa_key(1024), terms=LASTING)
    file = folder / "weak.pem"
    file.write_bytes(weak.certificate.public_bytes(Encoding.PEM))
    return {"chain": file}


def _der(server: Server, folder: Path) -> dict[str, Path]:
    file = folder / "chain.der"
    file.write_bytes(Authority.root("x", LASTING).der)
    return {"chain": file}


def _broken(server: Server, folder: Path) -> dict[str, Path]:
    file = folder / "broken.pem"
    file.write_bytes(server.chain.read_bytes()[:400])
    return {"chain": file}


@pytest.mark.parametrize(
    ("spoil", "sentences"),
    [
        (
            lambda *_: {"chain": Path("/nowhere/chain.pem"), "key": Path("/nowhere/key.pem")},
            [
                "IDP_CERTIFICATE_TLS_CHAIN cannot be read: No such file or directory",
                "IDP_CERTIFICATE_TLS_KEY cannot be read: No such file or directory",
            ],
        ),
        (lambda _, folder: {"chain": folder}, ["IDP_CERTIFICATE_TLS_CHAIN cannot be read: Is a directory"]),
        (_der, ["IDP_CERTIFICATE_TLS_CHAIN is not PEM"]),
        (
            _broken,
            ["IDP_CERTIFICATE_TLS_CHAIN or IDP_CERTIFICATE_TLS_KEY is broken, or the key needs a password"],
        ),
        (
            _with_password,
            ["IDP_CERTIFICATE_TLS_CHAIN or IDP_CERTIFICATE_TLS_KEY is broken, or the key needs a password"],
        ),
        (
            _of_another,
            ["IDP_CERTIFICATE_TLS_KEY is the key of another certificate than the first of IDP_CERTIFICATE_TLS_CHAIN"],
        ),
        (_weak, ["IDP_CERTIFICATE_TLS_CHAIN begins with a certificate whose key is too weak"]),
    ],
)
def test_bad_files_are_told_in_a_sentence(server: Server, tmp_path: Path, spoil: Spoil, sentences: list[str]) -> None:
    bad = {f"certificate_tls_{name}": str(file) for name, file in spoil(server, tmp_path).items()}
    with pytest.raises(SettingsRefused) as refused:
        server_context(TlsHost.for_people(own(8443, server.chain, server.key, **bad)), ())
    assert refused.value.faults == sentences
