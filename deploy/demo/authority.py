"""The service of the demo's certificate authorities: what they have taken back, as lists and by OCSP.

    python -m deploy.demo.authority --folder var/demo/certificates --port 8005

For each NAME.pem with its NAME.key in FOLDER/authorities:

    GET  /crl/NAME.crl    its revocation list, made at that moment and good for a day
    POST /ocsp/NAME       its answer about one certificate (RFC 6960), signed at that moment
    GET  /ca/NAME.cer     its own certificate

To take a certificate back, edit FOLDER/revoked.txt: a line is a serial number in hexadecimal digits, as `openssl x509
-noout -serial -in CERTIFICATE.pem` prints it, and after a blank whatever helps to remember. The demo has written a line
for each certificate there, behind a #: take the # away, and OCSP says `revoked` from the next question on; put it back,
and the certificate holds again. Who has a list already may keep to it until half of its day is over.

This one does not know which certificates it has issued, as a real authority does: what was not taken back is good.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import ocsp
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

GOOD_FOR = timedelta(days=1)
MOST_BYTES = 4096
"""Of a question; one about a single certificate has a hundred."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_LINE = re.compile(r"([0-9A-Fa-f]{1,40})(\s.*)?")


class BadRevokedFile(Exception):
    """A line of revoked.txt is none; the text says which."""


@dataclass(frozen=True)
class Revoked:
    """What was taken back, and when the file last said so."""

    file: Path

    def serials(self) -> set[int]:
        """Serial numbers, of whichever authority: each is random, so no two certificates share one."""
        return set(self._read())

    def since(self) -> datetime:
        """When the file was last changed."""
        return datetime.fromtimestamp(self.file.stat().st_mtime, UTC)

    def _read(self) -> Iterator[int]:
        if not self.file.exists():
            return
        for number, line in enumerate(self.file.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found = _LINE.fullmatch(line.strip())
            if found is None:
                raise BadRevokedFile(f"{self.file}, line {number}: no serial number in hexadecimal digits")
            yield int(found[1], 16)


@dataclass(frozen=True)
class Authority:
    """One of them, with its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @classmethod
    def read(cls, file: Path) -> "Authority":
        """From NAME.pem and NAME.key."""
        key = load_pem_private_key(file.with_suffix(".key").read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise SystemExit(f"{file.with_suffix('.key')}: no key of an elliptic curve")
        return cls(x509.load_pem_x509_certificate(file.read_bytes()), key)

    def crl(self, revoked: Revoked, *, now: datetime) -> bytes:
        """Its list, as DER. The number grows with time, as RFC 5280 §5.2.3 wants it to grow from list to list."""
        builder = x509.CertificateRevocationListBuilder(self.certificate.subject, now, now + GOOD_FOR)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        for serial in sorted(revoked.serials()):
            entry = x509.RevokedCertificateBuilder(serial, revoked.since())
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    def answer(self, question: bytes, revoked: Revoked, *, now: datetime) -> bytes:
        """Its answer to an OCSP question, as DER."""
        try:
            request = ocsp.load_der_ocsp_request(question)
            if not self._is_asked(request):
                return _no_answer(ocsp.OCSPResponseStatus.UNAUTHORIZED)
            nonce = [each for each in request.extensions if isinstance(each.value, x509.OCSPNonce)]
        except ValueError:
            return _no_answer(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        is_revoked = request.serial_number in revoked.serials()
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            request.issuer_name_hash,
            request.issuer_key_hash,
            request.serial_number,
            request.hash_algorithm,
            ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
            now,
            now + GOOD_FOR,
            revoked.since() if is_revoked else None,
            None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
        for each in nonce:
            builder = builder.add_extension(each.value, critical=False)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    def _is_asked(self, request: ocsp.OCSPRequest) -> bool:
        """Whether the question is about a certificate of this authority."""
        algorithm = request.hash_algorithm
        key = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return (request.issuer_name_hash, request.issuer_key_hash) == (
            _hash(algorithm, self.certificate.subject.public_bytes()),
            _hash(algorithm, key),
        )


class Service:
    """All of them, by name."""

    def __init__(self, folder: Path) -> None:
        self._authorities = {file.stem: Authority.read(file) for file in (folder / "authorities").glob("*.pem")}
        self._revoked = Revoked(folder / "revoked.txt")

    async def crl(self, request: Request) -> Response:
        """GET /crl/NAME.crl"""
        return self._say("pkix-crl", self._named(request).crl(self._revoked, now=_now()))

    async def ocsp(self, request: Request) -> Response:
        """POST /ocsp/NAME"""
        authority, question = self._named(request), bytearray()
        async for part in request.stream():
            question += part
            if len(question) > MOST_BYTES:
                raise HTTPException(413)
        return self._say("ocsp-response", authority.answer(bytes(question), self._revoked, now=_now()))

    async def certificate(self, request: Request) -> Response:
        """GET /ca/NAME.cer"""
        return self._say("pkix-cert", self._named(request).certificate.public_bytes(Encoding.DER))

    def _named(self, request: Request) -> Authority:
        authority = self._authorities.get(request.path_params["name"])
        if authority is None:
            raise HTTPException(404)
        return authority

    def _say(self, kind: str, body: bytes) -> Response:
        return Response(body, media_type=f"application/{kind}", headers=HEADERS)


async def _bad_file(request: Request, error: Exception) -> Response:  # noqa: ARG001  (as Starlette calls it)
    # Nobody is told that a certificate is good while somebody is trying to say that it is not.
    print(error, file=sys.stderr)
    return Response(f"{error}\n", 503, HEADERS, "text/plain")


def _no_answer(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _hash(algorithm: HashAlgorithm, content: bytes) -> bytes:
    hashing = Hash(algorithm)
    hashing.update(content)
    return hashing.finalize()


def _now() -> datetime:
    return datetime.fromtimestamp(int(time.time()), UTC)  # noqa: TID251  (another program, another clock)


def build_service(folder: Path) -> Starlette:
    """The service as an ASGI application."""
    service = Service(folder)
    routes = [
        Route("/crl/{name}.crl", service.crl, methods=["GET"]),
        Route("/ocsp/{name}", service.ocsp, methods=["POST"]),
        Route("/ca/{name}.cer", service.certificate, methods=["GET"]),
    ]
    handlers: dict[Any, Any] = {BadRevokedFile: _bad_file}
    return Starlette(routes=routes, exception_handlers=handlers)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo.authority",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folder", required=True, type=Path, help="the demo's certificates, as `idp demo` made them")
    parser.add_argument("--port", required=True, type=int, help="listened to on 127.0.0.1 alone")
    chosen = parser.parse_args()
    service = build_service(chosen.folder)
    uvicorn.run(service, host="127.0.0.1", port=chosen.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
