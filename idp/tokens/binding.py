"""To which key a token is bound: who holds the token alone holds nothing (RFC 7800 §3.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from idp.keys import thumbprint


@dataclass(frozen=True, slots=True)
class Binding:
    """One of the two: the thumbprint of a DPoP key (RFC 9449 §6.1), or that of a certificate (RFC 8705 §3.1)."""

    jkt: str | None = None
    x5t: str | None = None

    @property
    def confirmation(self) -> dict[str, str]:
        """As the claim `cnf`."""
        return {"jkt": self.jkt} if self.jkt else {"x5t#S256": self.x5t} if self.x5t else {}

    @classmethod
    def to_certificate(cls, der: bytes) -> Self:
        """To the certificate of a connection."""
        return cls(x5t=thumbprint(der))

    @classmethod
    def read(cls, confirmation: Mapping[str, Any] | None) -> Self | None:
        """What `confirmation` gave; None for a token that is not bound."""
        return cls(confirmation.get("jkt"), confirmation.get("x5t#S256")) if confirmation else None
