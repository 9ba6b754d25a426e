"""Millions of accounts that nobody signs in to: rows of the right size, made inside PostgreSQL."""

from tests.support.postgresql import PostgreSQL

_BATCH = 500_000

# Random bytes of the length that sealed values have; ids that are spread like real ones.
_PERSONS = """
INSERT INTO persons (id, person_key, created_at)
SELECT md5('person' || n)::uuid, md5('key' || n)::uuid, now() FROM generate_series({first}, {last}) AS n
"""
_ACCOUNTS = """
INSERT INTO accounts (id, person_id, state, state_since, level, number_sealed, number_index, number_index_key_id,
    record_version, claims_sealed, claims_at, locale, created_at)
SELECT md5('account' || n)::uuid, md5('person' || n)::uuid, 'active', now(), 1, decode(repeat(md5('n' || n), 2), 'hex'),
    sha256(('number' || n)::bytea), 'index-1', 1, decode(repeat(md5('c' || n), 28), 'hex'), now(), 'vi', now()
FROM generate_series({first}, {last}) AS n
"""
_PASSWORDS = """
INSERT INTO passwords (account_id, version, hash, changed_at)
SELECT md5('account' || n)::uuid, 1, '$argon2id$v=19$m=19456,t=2,p=1$' || md5('s' || n) || '$' || md5('h' || n), now()
FROM generate_series({first}, {last}) AS n
"""
_SUBJECTS = """
INSERT INTO pairwise_subjects (person_id, sector, sub, created_at)
SELECT md5('person' || n)::uuid, 'bench', md5('sub' || n) || 'aaaaaaaaaaa', now()
FROM generate_series({first}, {last}) AS n
"""


def add_accounts(server: PostgreSQL, database: str, count: int) -> None:
    """Add `count` of them, in batches, and let the planner know."""
    for first in range(1, count + 1, _BATCH):
        last = min(first + _BATCH - 1, count)
        for statement in (_PERSONS, _ACCOUNTS, _PASSWORDS, _SUBJECTS):
            server.run_sql(statement.format(first=first, last=last), database=database)
    server.run_sql("ANALYZE", database=database)
