"""Header lines that name a certificate, in every spelling that somebody might take for `Client-Cert`."""

from itertools import chain

from idp.web.client_certificate import MOST_BYTES
from tests.support.shown_certificates import header

DER = bytes(range(256)) * 4
VALUE = header(DER)

# Proxies and servers have each taken some of these for the header at some time.
SPELLINGS_OF_ANOTHER_HEADER = [
    b"client_cert: " + VALUE,
    b"Client_Cert: " + VALUE,
    b"CLIENT_CERT: " + VALUE,
    b"ClientCert: " + VALUE,
    b"Client.Cert: " + VALUE,
    b"X-Client-Cert: " + VALUE,
    b"HTTP_CLIENT_CERT: " + VALUE,
    b"Client-Cert-Chain: " + VALUE,
    b"Client-Certificate: " + VALUE,
]
SPELLINGS_OF_THE_HEADER = [
    b"Client-Cert: " + VALUE,
    b"client-cert: " + VALUE,
    b"CLIENT-CERT:" + VALUE,
    b"cLIENT-cERT:\t" + VALUE + b" \t ",
]
NO_REQUEST = [
    b"Client-Cert : " + VALUE,
    b"Client-Cert\t: " + VALUE,
    b" Client-Cert: " + VALUE,
    b"X: y\r\n Client-Cert: " + VALUE,
    b"Client-Cert:\r\n " + VALUE,
    b"Client-Cert: " + VALUE[:20] + b"\r\n\t" + VALUE[20:],
    b"X: y\nClient-Cert: " + VALUE,
    b"X: y\rClient-Cert: " + VALUE,
    b"Client-Cert\x00: " + VALUE,
    b"Client-Cert: " + VALUE + b"\x00",
    b"Client-Cert: \x0b" + VALUE,
    b"Client\xc2\xadCert: " + VALUE,
    b"\xef\xbb\xbfClient-Cert: " + VALUE,
]
UNREADABLE = [
    ((b"Client-Cert: " + VALUE, b"Client-Cert: " + VALUE), "header_twice"),
    ((b"Client-Cert: " + VALUE, b"client-cert: " + header(b"another")), "header_twice"),
    ((b"Client-Cert:", b"Client-Cert: " + VALUE), "header_twice"),
    ((b"Client-Cert: " + VALUE + b", " + VALUE,), "no_base64"),
    ((b"Client-Cert: " + VALUE + b";a=1",), "no_byte_sequence"),
    ((b"Client-Cert: " + VALUE + b";a=:eA==:",), "no_base64"),
    ((b'Client-Cert: "' + VALUE + b'"',), "no_byte_sequence"),
    ((b"Client-Cert: " + VALUE[1:-1],), "no_byte_sequence"),
    ((b"Client-Cert:",), "no_byte_sequence"),
    ((b"Client-Cert: :",), "no_byte_sequence"),
    ((b"Client-Cert: ::",), "empty"),
    ((b"Client-Cert: : :",), "no_base64"),
    ((b"Client-Cert: :eHh4eHh4eA:",), "no_base64"),
    ((b"Client-Cert: :eHh4eHh4eA==\xc2\xa0:",), "no_base64"),
    ((b"Client-Cert: :eHh4eHh4eB==:",), "no_base64"),
    ((b"Client-Cert: :eHh4 eHh4:",), "no_base64"),
    ((b"Client-Cert: :eHh4%2B:",), "no_base64"),
    ((b"Client-Cert: :-_-_:",), "no_base64"),
    ((b"Client-Cert: :=eHh:",), "no_base64"),
    ((b"Client-Cert: -----BEGIN CERTIFICATE----- eHh4 -----END CERTIFICATE-----",), "no_byte_sequence"),
    ((b"Client-Cert: " + header(b"x" * (MOST_BYTES + 1)),), "too_long"),
    ((b"Client-Cert: " + header(b"x" * (MOST_BYTES + 2)),), "too_long"),
    ((b"Client-Cert: " + header(b"x" * 30_000),), "too_long"),
]

SPOOFED_TRAILERS = [
    *((line,) for line in [*SPELLINGS_OF_THE_HEADER, *SPELLINGS_OF_ANOTHER_HEADER]),
    *(lines for lines, _ in UNREADABLE),
    (b"X-Forwarded-For: 8.8.8.8",),
    (b"X-Forwarded-Proto: http", b"X-Forwarded-Host: other.test", b"Forwarded: for=8.8.8.8", b"X-Real-IP: 8.8.8.8"),
    (b"Cookie: a=b",),
    (b"Authorization: Basic eDp5",),
    (b"Host: other.test",),
    (b"Origin: https://other.test", b"Sec-Fetch-Site: same-origin", b"Content-Type: application/json"),
    (b"X:", b"Client-Cert: " + VALUE),
    (b"Client-Cert: " + VALUE, b"X:"),
]
"""Fields that could pass as such of the head, if a server took those after a body for them."""

TRAILERS_OF_NO_REQUEST = [
    *((line,) for line in NO_REQUEST),
    (b"Content-Length: 5", b"Client-Cert: " + VALUE),
    (b"Transfer-Encoding: chunked", b"Client-Cert: " + VALUE),
    (b"Transfer-Encoding: identity", b"Client-Cert: " + VALUE),
    (b"Connection: upgrade", b"Upgrade: h2c", b"Client-Cert: " + VALUE),
]
"""Those that a server may refuse, too."""


def chunked(method: bytes, target: bytes, host: bytes, trailers: tuple[bytes, ...], *head: bytes) -> list[bytes]:
    """A request whose body of one chunk is followed by trailers (RFC 9112 §7.1.2), in pieces: head, body, each line."""
    lines = [
        method + b" " + target + b" HTTP/1.1",
        b"Host: " + host,
        b"Connection: close",
        b"Transfer-Encoding: chunked",
        b"Trailer: Client-Cert",
        b"TE: trailers",
        *head,
    ]
    end = chain.from_iterable((line, b"\r\n") for line in trailers)
    return [b"\r\n".join([*lines, b"", b""]), b"3\r\na=b\r\n0\r\n", *end, b"\r\n"]
