"""Rotating keys with four eyes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self
from uuid import UUID

from idp import approvals
from idp.approvals import Submitted
from idp.keys.key_material import KeyMaterial
from idp.keys.rotation import KeyLife, rotate
from idp.sealing import Keyring
from idp.storage import Unit


@dataclass(frozen=True, slots=True)
class Rotation:
    """Which algorithms get a new key, and whether it signs before portals have fetched it (`rotation.rotate`)."""

    algorithms: tuple[str, ...]
    at_once: bool

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self:
        """As a proposal has it."""
        return cls(tuple(payload["algorithms"]), payload["at_once"])

    def to_json(self) -> dict[str, Any]:
        """For a proposal."""
        return {"algorithms": list(self.algorithms), "at_once": self.at_once}

    def make(self) -> list[KeyMaterial]:
        """Fresh keys. Takes a second where RSA is among them: not inside a unit, and not on an event loop."""
        return [KeyMaterial.make(algorithm) for algorithm in self.algorithms]

    def carry_out(
        self, db: Unit, keyring: Keyring, fresh: Sequence[KeyMaterial], *, actor: str, now: datetime
    ) -> list[KeyLife]:
        """Put the keys that `make` gave in use; raises `RotationUnderWay`."""
        return rotate(db, keyring, fresh, at_once=self.at_once, actor=actor, now=now)


def submit_rotation(
    db: Unit,
    keyring: Keyring,
    wanted: Rotation,
    fresh: Sequence[KeyMaterial],
    *,
    actor: str,
    why: str,
    glass: str | None = None,
    form: UUID | None = None,
    now: datetime,
) -> Submitted[list[KeyLife]]:
    """Propose it where four eyes hold, else do it; the rest as in `approvals.submit`. Raises `RotationUnderWay`."""
    carry_out = partial(wanted.carry_out, db, keyring, fresh, actor=actor, now=now)
    return approvals.submit(
        db,
        approvals.Kind.KEY_ROTATION,
        wanted.to_json(),
        carry_out,
        actor=actor,
        why=why,
        glass=glass,
        form=form,
        now=now,
    )
