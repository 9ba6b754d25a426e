"""The record nobody edits: what was done, to which account, for which portal, by whom.

Every act writes its row in its own transaction (`record`), so there is no token without its audit row and no row
without its act. `events` is the whole catalogue; an event knows ids, codes and counts, never a name, a number or an
address. One chainer (upkeep) then gives committed rows their position and a hash over the row before; `verify` walks
that chain and names the first row that was changed, removed or moved.

This is not the log: what an operator debugs with goes to structlog, is short-lived and proves nothing.
"""

from idp.audit.record import LOCAL_OPERATOR, record, record_all

__all__ = ["LOCAL_OPERATOR", "record", "record_all"]
