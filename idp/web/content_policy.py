"""The Content-Security-Policy of a page: nothing from elsewhere, scripts by nonce, forms to named places only."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

# A host source (CSP3 §2.3.1) or a scheme source, and nothing that could end the directive or begin another.
_SOURCE = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|[a-z][a-z0-9+.-]*:")

# For answers that are no page of ours: JSON, redirects, pictures.
CLOSED_POLICY = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"


def page_policy(
    nonce: str, *, form_action: Iterable[str] = (), frames: Iterable[str] = (), connect: Iterable[str] = ()
) -> str:
    """The policy of one page, whose scripts carry `nonce`.

    `form_action` are the sources a form of this page may lead to beside ourselves; Chromium holds every redirect after
    the form against it, so a sign-in page names its portal's (`source_of`). `frames` are what it may frame
    (front-channel sign-out), `connect` what its scripts may call (the program that signs with a token). Raises
    ValueError for what is not a source: a bug, as addresses are checked when they are registered.
    """
    directives = [
        "default-src 'none'",
        f"script-src 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data:",
        " ".join(["form-action 'self'", *_sources(form_action)]),
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
    if framed := _sources(frames):
        directives.append(" ".join(["frame-src", *framed]))
    if called := _sources(connect):
        directives.append(" ".join(["connect-src", *called]))
    return "; ".join(directives)


def source_of(address: str) -> str:
    """The source that stands for a redirect address: its origin, or its scheme where it has no host that CSP can name.

    `https://a.vn/cb?x=1` -> `https://a.vn`; `vn.gov.app:/cb` -> `vn.gov.app:`; `http://[::1]:80/cb` -> `http:` (CSP has
    no literal IPv6 addresses). International names must be in their ASCII form already.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or ":" in host:
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{host}" if parts.port is None else f"{parts.scheme}://{host}:{parts.port}"


def _sources(given: Iterable[str]) -> list[str]:
    sources = list(dict.fromkeys(given))
    if not all(_SOURCE.fullmatch(source) for source in sources):
        raise ValueError("not a Content-Security-Policy source")
    return sources
