"""A version of the trust list with four eyes: an operator signs it, and another person approves it."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp import approvals
from idp.approvals import Submitted
from idp.pki.trust_differences import lines
from idp.pki.trust_document import read
from idp.pki.trust_list import TrustList
from idp.pki.trust_store import add, examined, newest
from idp.storage import Unit


@dataclass(frozen=True, slots=True)
class Version:
    """A version as its operator signed it."""

    document: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """As a proposal has it."""
        return cls(b64decode(payload["document"]), b64decode(payload["signature"]))

    def to_json(self) -> dict[str, Any]:
        """For a proposal."""
        return {"document": b64encode(self.document).decode(), "signature": b64encode(self.signature).decode()}

    def carry_out(self, db: Unit, keys: Iterable[Ed25519PublicKey], *, actor: str, now: datetime) -> TrustList:
        """Put it in force. Raises `BadTrustList`, `does_not_follow` where another came into force meanwhile."""
        return add(db, self.document, self.signature, keys, actor=actor, now=now)

    @property
    def number(self) -> int:
        """Which version it would be."""
        return read(self.document).version

    def differences(self, db: Unit) -> list[str]:
        """What it changes, a line each, beside the version that is in force now."""
        after = read(self.document)
        _, _, before = newest(db)
        return list(lines(read(before) if before else TrustList(version=0, made_at=after.made_at), after))


def submit_version(
    db: Unit,
    version: Version,
    keys: Iterable[Ed25519PublicKey],
    *,
    actor: str,
    why: str,
    glass: str | None = None,
    now: datetime,
) -> Submitted[TrustList]:
    """Propose it where four eyes hold, else put it in force; as `approvals.submit` does. Raises `BadTrustList`."""
    known = tuple(keys)
    examined(db, version.document, version.signature, known)
    carry_out = partial(version.carry_out, db, known, actor=actor, now=now)
    return approvals.submit(
        db,
        approvals.Kind.TRUST_LIST,
        {**version.to_json(), "lines": version.differences(db)},
        carry_out,
        actor=actor,
        why=why,
        glass=glass,
        now=now,
    )
