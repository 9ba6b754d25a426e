"""What operators write behind `idp pki trust …`, read into values. Raises `typer.BadParameter` with a sentence."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import cast, get_args

import httpx
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.pki import certificate_files, operator_keys
from idp.pki.authority_names import called
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUnreadable
from idp.pki.trust_list import KEY_USAGES, LARGEST_SERIAL, RevocationSource


def certificate_in(file: Path) -> Certificate:
    """The certificate in a file."""
    try:
        return Certificate.read(certificate_files.read(file))
    except CertificateUnreadable as refusal:
        raise typer.BadParameter(f"{file} is no certificate: {refusal.reason}", param_hint="CERTIFICATE") from None
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file}: {said_by(error)}", param_hint="CERTIFICATE") from None


def private_key_in(file: Path) -> Ed25519PrivateKey:
    """The operator's key."""
    try:
        return operator_keys.load(file)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="--key") from None
    except ValueError:
        raise typer.BadParameter(f"{file} holds no key that new-key wrote", param_hint="--key") from None


def said_by(error: OSError | ValueError) -> str:
    """Its words for the operator."""
    return (error.strerror or "cannot be read") if isinstance(error, OSError) else str(error)


def key_usages(text: str) -> frozenset[str]:
    """Some of `KEY_USAGES`."""
    return frozenset(_among(_words(text), KEY_USAGES, "--key-usage"))


def sources(text: str) -> tuple[RevocationSource, ...]:
    """Who is asked, in order."""
    named = _among(_words(text), get_args(RevocationSource), "--revocation")
    if not named:
        raise typer.BadParameter("names nobody to ask: ocsp, crl or both", param_hint="--revocation")
    if len(set(named)) < len(named):
        raise typer.BadParameter("names one of them twice", param_hint="--revocation")
    return cast(tuple[RevocationSource, ...], named)


def identifiers(text: str, option: str) -> frozenset[str]:
    """Object identifiers in dotted form."""
    words = _words(text)
    for word in words:
        if not re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", word):
            raise typer.BadParameter(f"{word} is no object identifier such as 1.3.6.1.5.5.7.3.2", param_hint=option)
    return frozenset(words)


def some_identifiers(text: str | None, option: str) -> frozenset[str] | None:
    """The same where the option was given."""
    return None if text is None else identifiers(text, option)


def shown_name(name: str) -> str:
    """A name that neither moves a terminal's cursor nor turns the direction of a text."""
    if not name.strip() or not name.isprintable():
        raise typer.BadParameter("is empty, or has characters that cannot be seen", param_hint="--name")
    return name


def web_addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Where lists are."""
    for text in texts:
        try:
            url = httpx.URL(text)
        except httpx.InvalidURL:
            url = httpx.URL()
        if url.scheme not in ("http", "https") or not url.host:
            raise typer.BadParameter(f"{text} is no web address", param_hint="--crl")
    return tuple(texts)


def serial(text: str) -> int:
    """A serial number: decimal, `0x…`, or bytes with colons between them, as programs print them.

    Digits are 0 to 9 only; letters without `0x` or colons are refused, since without them the same number is decimal.
    """
    number = -1
    if re.fullmatch(r"[0-9]{1,49}", text):
        number = int(text)
    elif re.fullmatch(r"0[xX][0-9a-fA-F]+|[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{2})+", text):
        number = int(text.replace(":", ""), 16)
    if not 0 <= number <= LARGEST_SERIAL:
        raise typer.BadParameter(f"{text} is no serial number such as 4096, 0x1000 or 10:00", param_hint="SERIAL")
    return number


def serials(first: str, last: str) -> tuple[int, int]:
    """Both ends of a range; only one number where there is no last."""
    lowest = serial(first)
    highest = serial(last) if last else lowest
    if highest < lowest:
        raise typer.BadParameter("is before the first", param_hint="LAST")
    return lowest, highest


def reason(text: str) -> str:
    """A code for the audit."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text) or len(text) > 64:
        raise typer.BadParameter("must be a code such as key-leaked or weak-key", param_hint="--reason")
    return text


def name_of(certificate: Certificate) -> str:
    """What an authority calls itself."""
    name = called(certificate.parsed.subject)
    if not name.isprintable():
        raise typer.BadParameter("its own name cannot be shown; give it one", param_hint="--name")
    return name


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _among(words: tuple[str, ...], known: tuple[str, ...], option: str) -> tuple[str, ...]:
    for word in words:
        if word not in known:
            raise typer.BadParameter(f"{word} is none of {', '.join(known)}", param_hint=option)
    return words
