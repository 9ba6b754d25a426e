"""Every change that a person makes at their account goes through here: their session still stands when it is made."""

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from idp.sessions.standing import SignedIn, may_change
from idp.storage import Unit

P = ParamSpec("P")
R = TypeVar("R")


def changed_by(
    db: Unit,
    who: SignedIn,
    now: datetime,
    change: Callable[Concatenate[Unit, P], R],
    /,
    *args: P.args,
    **more: P.kwargs,
) -> R:
    """Make the change, in the unit that has found the session open; raises what `standing.may_change` raises.

    Whoever was let in to a page may have been signed out since, by an intervention or from another browser.
    """
    may_change(db, who, now=now)
    return change(db, *args, **more)
