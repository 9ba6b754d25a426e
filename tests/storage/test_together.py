"""Several statements as one text."""

from sqlalchemy import Column, Integer, MetaData, Table, bindparam, insert, update
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from idp.storage import Statement
from idp.storage.together import Together, joined
from idp.storage.upserts import upsert

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_HERE, _THERE = (Table(name, MetaData(), Column("id", Integer, primary_key=True)) for name in ("here", "there"))

ADD_HERE = Statement(insert(_HERE)).on(_DIALECT)
ADD_THERE = Statement(insert(_THERE)).on(_DIALECT)
CHANGE_HERE = Statement(update(_HERE).values(id=bindparam("fresh"))).on(_DIALECT)
UPSERT_HERE = Statement(upsert(_HERE, keys=["id"], set_=lambda new: {"id": new.id})).on(_DIALECT)


def test_places_are_counted_on() -> None:
    assert joined("INSERT INTO a VALUES ($1, $2, $1)", "UPDATE b SET x = $10", "DELETE FROM c WHERE y = $1::UUID") == (
        "WITH w0 AS (INSERT INTO a VALUES ($1, $2, $1)), w1 AS (UPDATE b SET x = $12) DELETE FROM c WHERE y = $13::UUID"
    )


def test_one_alone_stays_as_it_is() -> None:
    assert joined("INSERT INTO a VALUES ($1)") == "INSERT INTO a VALUES ($1)"


def test_only_what_cannot_meet_on_a_row_goes_together() -> None:
    waiting = Together()
    for statement in (ADD_HERE, ADD_THERE, CHANGE_HERE, UPSERT_HERE):
        assert waiting.may_take(statement)
    waiting.take(ADD_HERE, [1])
    assert waiting.may_take(ADD_HERE)
    assert waiting.may_take(ADD_THERE)
    assert not waiting.may_take(CHANGE_HERE)
    assert not waiting.may_take(UPSERT_HERE)


def test_what_was_given_waits_no_more() -> None:
    waiting = Together()
    waiting.take(ADD_HERE, [1])
    waiting.take(ADD_THERE, [2])
    assert waiting.give() == (joined(ADD_HERE.text, ADD_THERE.text), [1, 2])
    assert not waiting
