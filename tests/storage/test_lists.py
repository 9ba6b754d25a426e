"""A list in a condition is looked up by index."""

import sqlite3

from sqlalchemy import Column, MetaData, String, Table, select
from sqlalchemy.dialects import sqlite

from idp.storage import Statement
from idp.storage.lists import among

people = Table("people", MetaData(), Column("number", String(12), primary_key=True), Column("name", String(40)))

SOME = Statement(select(people.c.name).where(among(people.c.number, "numbers"), people.c.name != "x"))


def test_a_list_on_sqlite_is_searched_by_index() -> None:
    compiled = SOME.on(sqlite.dialect())
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE people (number TEXT PRIMARY KEY, name TEXT)")
    arguments = compiled.arguments({"numbers": ["003190000001", "003190000002"]})
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", arguments)]
    connection.close()
    assert plan[0].startswith("SEARCH people USING INDEX")
