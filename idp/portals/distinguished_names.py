"""Names of subjects as RFC 4514 writes them, and whether a certificate's subject is the one that was written.

Two spellings of one name are equal (RFC 4517 §4.2.15, RFC 5280 §7.1): which string type an authority took, escapes,
letters' case and runs of spaces say nothing. The order of the parts does, and so does which attributes stand together.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from cryptography import x509

DistinguishedName = tuple[frozenset[tuple[str, str | bytes]], ...]
"""From the most significant part to the least, each with its attributes: object identifier and prepared value."""

_TYPE: Final = re.compile(r" *(?:(?i:OID)\.)?([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+) *= *")
_ENCODED: Final = re.compile(r"#((?:[0-9A-Fa-f]{2})+) *")
_TEXT: Final = re.compile(r'(?!#)(?:[^\x00\\",+;<>]|\\(?:[ "#+,;<=>\\]|[0-9A-Fa-f]{2}))*')
_ESCAPED: Final = re.compile(rb'\\([ "#+,;<=>\\]|[0-9A-Fa-f]{2})')
_SPACES: Final = re.compile(r"\s+")

_OF_X520: Final = "2.5.4"
_IDENTIFIERS: Final[Mapping[str, str]] = {
    **{
        name: f"{_OF_X520}.{number}"
        for number, names in (
            (3, ("cn", "commonname")),
            (4, ("sn", "surname")),
            (5, ("serialnumber",)),
            (6, ("c", "countryname")),
            (7, ("l", "localityname")),
            (8, ("st", "s", "stateorprovincename")),
            (9, ("street", "streetaddress")),
            (10, ("o", "organizationname")),
            (11, ("ou", "organizationalunitname")),
            (12, ("title", "t")),
            (13, ("description",)),
            (15, ("businesscategory",)),
            (16, ("postaladdress",)),
            (17, ("postalcode",)),
            (20, ("telephonenumber",)),
            (42, ("gn", "givenname")),
            (43, ("initials",)),
            (44, ("generationqualifier",)),
            (46, ("dnqualifier",)),
            (65, ("pseudonym",)),
            (97, ("organizationidentifier",)),
        )
        for name in names
    },
    "uid": "0.9.2342.19200300.100.1.1",
    "userid": "0.9.2342.19200300.100.1.1",
    "dc": "0.9.2342.19200300.100.1.25",
    "domaincomponent": "0.9.2342.19200300.100.1.25",
    "emailaddress": "1.2.840.113549.1.9.1",
    "e": "1.2.840.113549.1.9.1",
    "jurisdictionl": "1.3.6.1.4.1.311.60.2.1.1",
    "jurisdictionst": "1.3.6.1.4.1.311.60.2.1.2",
    "jurisdictionc": "1.3.6.1.4.1.311.60.2.1.3",
}
"""By every name that OpenSSL, Java or RFC 4519 has for them, in lower case."""

_STRING_TYPES: Final[Mapping[int, str]] = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
"""UTF8String, NumericString, PrintableString, IA5String, VisibleString, UniversalString, BMPString (X.680 §8.4)."""


class NameFault(ValueError):
    """What is wrong with a written name, as the end of a sentence."""


def read_name(text: str) -> DistinguishedName:
    """The name that is written (RFC 4514 §3; spaces around separators are passed over); raises `NameFault`."""
    parts: list[frozenset[tuple[str, str | bytes]]] = []
    part: set[tuple[str, str | bytes]] = set()
    at, separator = 0, "+"
    while separator:
        attribute, at = _read_attribute(text, at)
        if attribute in part:
            raise NameFault("says one attribute twice")
        part.add(attribute)
        separator, at = text[at : at + 1], at + 1
        if separator not in ("", "+", ","):
            raise NameFault(f"has a sign in it that must be escaped, at character {at}")
        if separator != "+":
            parts.append(frozenset(part))
            part = set()
    # What is most significant is written last (RFC 4514 §2.1).
    return tuple(reversed(parts))


def name_of(subject: x509.Name) -> DistinguishedName:
    """The same of a certificate's subject."""
    return tuple(frozenset(_attributes(part)) for part in subject.rdns)


def _attributes(part: Iterable[x509.NameAttribute[str | bytes]]) -> Iterable[tuple[str, str | bytes]]:
    for attribute in part:
        value = attribute.value
        # Only a bit string is no text, and equals nothing that can be written.
        yield attribute.oid.dotted_string, _prepared(value) if isinstance(value, str) else value


def _read_attribute(text: str, at: int) -> tuple[tuple[str, str], int]:
    kind = _TYPE.match(text, at)
    if kind is None:
        raise NameFault("must be written as RFC 4514 has it, such as CN=portal.example.vn,O=Example,C=VN")
    word = kind[1]
    identifier = word if word[0].isdigit() else _IDENTIFIERS.get(word.lower())
    if identifier is None:
        raise NameFault(f"names an attribute that is not known: {word[:40]}; write its object identifier")
    if encoded := _ENCODED.match(text, kind.end()):
        value, end = _decoded(bytes.fromhex(encoded[1])), encoded.end()
    elif found := _TEXT.match(text, kind.end()):
        value, end = _unescaped(found[0]), found.end()
    else:
        raise NameFault(f"has an encoded value that cannot be read, for {word[:40]}")
    prepared = _prepared(value)
    if not prepared:
        raise NameFault(f"says nothing for {word[:40]}")
    return (identifier, prepared), end


def _unescaped(text: str) -> str:
    def plain(escape: re.Match[bytes]) -> bytes:
        return escape[1] if len(escape[1]) == 1 else bytes.fromhex(escape[1].decode())

    try:
        return _ESCAPED.sub(plain, text.encode()).decode()
    except UnicodeError:
        raise NameFault("has an escaped byte that is not UTF-8") from None


def _decoded(der: bytes) -> str:
    """The text of one encoded value, such as #130161."""
    codec, content = _STRING_TYPES.get(der[0]), _content(der)
    try:
        if codec is None or content is None:
            raise NameFault("has an encoded value that is no text")
        return content.decode(codec)
    except UnicodeError:
        raise NameFault("has an encoded value that is no text") from None


def _content(der: bytes) -> bytes | None:
    """What follows the length, if that is the length of it; no text that anybody registers has 65,536 bytes."""
    found = (der[begin:] for begin in (2, 3, 4) if der[1:begin] == _length(len(der[begin:])))
    return next(found, None)


def _length(size: int) -> bytes:
    """The octets of a definite length in DER (X.690 §10.1)."""
    octets = size.to_bytes(max(1, (size.bit_length() + 7) // 8))
    return octets if size < 128 else bytes([0x80 + len(octets)]) + octets


def _prepared(value: str) -> str:
    """For comparison (RFC 4518 §2): one form of each letter, no case, one space where there are some.

    What §2.2 has vanish stays: an authority that writes letters nobody sees means another name.
    """
    folded = unicodedata.normalize("NFKC", value).casefold()
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", folded)).strip()
