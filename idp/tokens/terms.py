"""What was agreed when a portal was let in: it travels from the code into the grant and does not change there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Terms:
    """`sub` and `sid` are the portal's sector's own names for the person and the session.

    `userinfo_claims` and `id_token_claims` were asked for one by one (OpenID Connect Core §5.5), beyond the scope.
    `auth_time` is in whole seconds since 1970. `nonce` belongs to the first ID token only.
    `resources` are the APIs that its access tokens may be for (RFC 8707). `dpop_jkt` is the one key that may redeem the
    code or use the refresh token (RFC 9449 §5, §10).
    """

    scope: tuple[str, ...]
    sub: str = ""
    sid: str = ""
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: int = 0
    nonce: str | None = None
    userinfo_claims: tuple[str, ...] = ()
    id_token_claims: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    dpop_jkt: str | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON members; what is empty is left out."""
        # Not dataclasses.asdict: it copies every tuple deeply, on every sign-in.
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}

    @classmethod
    def read(cls, members: dict[str, Any]) -> Self:
        """From what `stored` gave."""
        lists = {name: tuple(value) for name, value in members.items() if isinstance(value, list)}
        return cls(**{"scope": (), **members, **lists})

    @property
    def authenticated_at(self) -> datetime:
        """`auth_time` as a moment."""
        return datetime.fromtimestamp(self.auth_time, UTC)
