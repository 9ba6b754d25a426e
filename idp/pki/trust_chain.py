"""Whether versions of the trust list follow each other, up to a newest one that an operator's key signed.

Each names the one before it by its digest, so the newest one's signature is under all of them: a key that signed an
earlier one may be retired, and can then add nothing. No version is read before a signature is known to be under it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.pki.trust_document import BadTrustList, read, verify
from idp.pki.trust_list import TrustList
from idp.storage import Row


@dataclass(frozen=True, slots=True)
class Examined:
    """What is wrong with versions: the number of the first that does not hold, None where all do.

    `by_others` were signed by keys that are not among those that count today, and hold by what follows them.
    """

    first_bad: int | None
    by_others: tuple[int, ...]


def digest_of(document: bytes) -> str:
    """How the next version names this one: SHA-256, hexadecimal."""
    return hashlib.sha256(document).hexdigest()


def newest_of(rows: Sequence[Row], keys: Iterable[Ed25519PublicKey], *, first: int) -> TrustList:
    """The last of these rows of `trust_lists`, of which the first must have that number; raises `BadTrustList`."""
    *earlier, last = rows
    verify(last.document, last.signature, keys)
    newest = following = _numbered(last)
    for row in reversed(earlier):
        if digest_of(row.document) != following.previous or row.version != following.version - 1:
            raise BadTrustList("does_not_follow")
        following = _numbered(row)
    if following.version != first or (first == 1 and following.previous):
        raise BadTrustList("does_not_follow")
    return newest


def examine(rows: Sequence[Row], keys: Iterable[Ed25519PublicKey]) -> Examined:
    """Look at all rows of `trust_lists`, in their order."""
    known = tuple(keys)
    signed = {row.version for row in rows if _is_signed(row, known)}
    held = _held(rows, signed)
    return Examined(_first_bad(rows, held), tuple(sorted(held.keys() - signed)))


def _held(rows: Sequence[Row], signed: set[int]) -> dict[int, TrustList]:
    """Those that a signature is under: their own, or that of one that holds and names them."""
    held: dict[int, TrustList] = {}
    named = None
    for row in reversed(rows):
        is_known = row.version in signed or digest_of(row.document) == named
        named = None
        if is_known:
            try:
                held[row.version] = _numbered(row)
            except BadTrustList:
                continue
            named = held[row.version].previous
    return held


def _first_bad(rows: Sequence[Row], held: dict[int, TrustList]) -> int | None:
    before = ""
    for expected, row in enumerate(rows, 1):
        if expected not in held or row.version != expected or held[expected].previous != before:
            return expected
        before = digest_of(row.document)
    return None


def _numbered(row: Row) -> TrustList:
    trust = read(row.document)
    if trust.version != row.version:
        raise BadTrustList("does_not_follow")
    return trust


def _is_signed(row: Row, keys: tuple[Ed25519PublicKey, ...]) -> bool:
    try:
        verify(row.document, row.signature, keys)
    except BadTrustList:
        return False
    return True
