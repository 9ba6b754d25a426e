"""Calls that may be repeated: the same key gives the first answer again, and nothing is done a second time.

The key is claimed in the transaction of the work, so that of two calls at once the second waits and then reads. A call
that was refused keeps no answer: it may be mended and sent again under its key.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, select, update

from idp.admin.api.operations import Call, Reply
from idp.admin.api.rendering import as_json
from idp.admin.tables import kept_replies
from idp.errors import Kind, Refusal
from idp.storage import Statement, Unit
from idp.storage.sweeping import Sweep
from idp.storage.upserts import insert_once

SWEEPS: Final = (Sweep(kept_replies, by=kept_replies.c.made_at, kept=timedelta(hours=24)),)

_CLAIM: Final = Statement(insert_once(kept_replies, keys=["digest"]))
_KEEP: Final = Statement(
    update(kept_replies)
    .where(kept_replies.c.digest == bindparam("digest_"))
    .values(status=bindparam("new_status"), reply=bindparam("new_reply", type_=kept_replies.c.reply.type))
)
_KEPT: Final = Statement(select(kept_replies).where(kept_replies.c.digest == bindparam("digest_")))


class KeyReused(Refusal):
    """An Idempotency-Key was used before, for something else.

    Operator: the program must make a new key for each thing it wants done, and send the old one only to repeat it.
    """

    code = "key_reused"
    kind = Kind.CONFLICT


def once(db: Unit, call: Call, operation: str, work: Callable[[], Reply], *, now: datetime) -> Reply:
    """What `work` gives; or what it gave when this caller first sent the key. Raises `KeyReused`, and what it does."""
    if call.key is None:
        return work()
    digest = _digest([call.staff.actor, operation, call.key])
    wanted = _digest([dict(call.ids), dict(call.words), dict(call.body)])
    with db.savepoint():
        if db.execute(_CLAIM, digest=digest, wanted=wanted, status=None, reply=None, made_at=now) == 1:
            reply = work()
            kept = orjson.loads(as_json(reply.content))
            db.write(_KEEP, digest_=digest, new_status=reply.status, new_reply=kept)
            return reply
    row: Any = db.one(_KEPT, digest_=digest)
    if row.wanted != wanted:
        raise KeyReused
    return Reply(row.reply, row.status)


def _digest(value: Any) -> bytes:
    return hashlib.sha256(as_json(value)).digest()
