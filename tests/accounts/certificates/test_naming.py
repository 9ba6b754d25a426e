"""What people call their certificates, each only their own."""

import unicodedata
from typing import Any

import pytest
from sqlalchemy import select

from idp.accounts import certificates
from idp.accounts.certificates import CertificateLabelUnfit
from idp.accounts.tables import certificates as certificates_table
from idp.sealing import Keyring
from idp.storage import Database, Statement
from idp.storage.identifiers import new_id
from tests.accounts.certificates.conftest import Link, List, Open, Remove
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

ROWS = Statement(select(certificates_table))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("USB token ở cơ quan", "USB token ở cơ quan"),
        (unicodedata.normalize("NFD", "Thiết bị ký số"), "Thiết bị ký số"),
        ("  hai   khoảng trắng ", "hai khoảng trắng"),
        ("ế" * 60, "ế" * 60),
        (unicodedata.normalize("NFD", "ế" * 60), "ế" * 60),
        ("<b>&'\"", "<b>&'\""),
        ("", None),
        ("   ", None),
    ],
)
async def test_a_certificate_is_called_what_its_person_likes(
    database: Database,
    keyring: Keyring,
    open_account: Open,
    link: Link,
    listed: List,
    new: Any,
    typed: str,
    shown: str | None,
) -> None:
    account_id = await open_account()
    certificate_id = await link(account_id, new())
    assert await database.run(certificates.name, keyring, account_id, certificate_id, "trước đây")
    assert await database.run(certificates.name, keyring, account_id, certificate_id, typed)
    [linked] = await listed(account_id)
    assert linked.label == shown
    assert typed.strip() == "" or typed.strip() not in repr(linked)
    [row] = await database.read(lambda db: db.all(ROWS))
    assert (row.label_sealed is None) == (shown is None)
    assert shown is None or shown.encode() not in row.label_sealed


@pytest.mark.parametrize(
    "typed", ["ế" * 61, "x" * 100_000, "a\x00b", "a\nb", "a\x1bb", "a\u202eb", "a\u2028b", "\ud800"]
)
async def test_a_name_that_is_too_long_or_disguised_is_refused(
    database: Database, keyring: Keyring, open_account: Open, link: Link, listed: List, new: Any, typed: str
) -> None:
    account_id = await open_account()
    certificate_id = await link(account_id, new())
    with pytest.raises(CertificateLabelUnfit):
        await database.run(certificates.name, keyring, account_id, certificate_id, typed)
    assert (await listed(account_id))[0].label is None


async def test_names_are_sealed_for_their_row(
    database: Database, keyring: Keyring, open_account: Open, link: Link, new: Any
) -> None:
    account_id = await open_account()
    for _ in range(2):
        certificate_id = await link(account_id, new())
        await database.run(certificates.name, keyring, account_id, certificate_id, "như nhau")
    first, second = await database.read(lambda db: db.all(ROWS))
    assert first.label_sealed != second.label_sealed


async def test_only_ones_own_are_named_and_removed(
    database: Database,
    keyring: Keyring,
    clock: ManualClock,
    open_account: Open,
    link: Link,
    remove: Remove,
    listed: List,
    new: Any,
) -> None:
    theirs, other = await open_account(phone=True), await open_account(phone=True)
    certificate_id = await link(theirs, new())
    for stranger in (certificate_id, new_id(clock.now())):
        assert not await database.run(certificates.name, keyring, other, stranger, "Của tôi")
        assert not await remove(other, stranger)
    [untouched] = await listed(theirs)
    assert untouched.label is None
    assert await remove(theirs, certificate_id)
    assert not await database.run(certificates.name, keyring, theirs, certificate_id, "Đã gỡ")
