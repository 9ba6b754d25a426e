"""Header lines that name a certificate, in every spelling that somebody might take for `Client-Cert`."""

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
