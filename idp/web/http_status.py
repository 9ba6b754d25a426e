"""Which HTTP status each kind of refusal gets on our own pages (OAuth's own are in `idp.protocol.answers`)."""

from math import ceil

from idp.errors import Kind, Refusal

_STATUS = {
    Kind.BAD_INPUT: 400,
    Kind.NOT_ALLOWED: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.EXPIRED: 410,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}


def status_of(kind: Kind) -> int:
    """The status code of a refusal of this kind."""
    return _STATUS[kind]


def retry_headers(refusal: Refusal) -> dict[str, str]:
    """`Retry-After` in whole seconds, rounded up, where the refusal says how long to wait (RFC 9110 §10.2.3)."""
    if refusal.retry_after is None:
        return {}
    return {"retry-after": str(max(1, ceil(refusal.retry_after.total_seconds())))}
