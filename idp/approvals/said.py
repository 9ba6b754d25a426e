"""What the command line says of an act that needs four eyes."""

from typing import Any

from idp.approvals.proposal import LIFETIME
from idp.approvals.submitting import Submitted, Way
from idp.settings import Settings


def sentence(submitted: Submitted[Any], settings: Settings) -> str:
    """How it goes on. The address is that of the console."""
    hours = int(LIFETIME.total_seconds()) // 3600
    match submitted.way:
        case Way.PROPOSED:
            return (
                f"Proposed, not done: {submitted.proposal_id}\nAnother person approves it within {hours} hours:"
                f" {address_of(submitted, settings)}\nWhat cannot wait is done at once with --break-glass."
            )
        case Way.BROKEN_GLASS:
            return f"Done at once. Another person reviews it: {address_of(submitted, settings)}"
        case Way.ALONE:
            return "Done by you alone: there are no two members of staff who may approve."


def address_of(submitted: Submitted[Any], settings: Settings) -> str:
    """Where the console shows it."""
    return f"{settings.admin_url or settings.issuer}/admin/approvals/{submitted.proposal_id}"


def as_json(submitted: Submitted[Any], settings: Settings) -> dict[str, Any]:
    """For a program: what was not done yet, and where it is approved."""
    return {"proposal": str(submitted.proposal_id), "way": submitted.way, "approve_at": address_of(submitted, settings)}
