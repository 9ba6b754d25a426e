"""The demo's trust list and the official's enrolment: made once, followed when the authorities are made anew, and left
alone where a person has tried something out."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import bindparam, update

from idp.accounts import certificates as linked
from idp.accounts.finding import find_by_number
from idp.accounts.tables import accounts
from idp.app.demo import Demo, prepare
from idp.clock import Clock
from idp.pki import operator_keys, trust_store
from idp.pki.trust_document import read, sign, written
from idp.pki.trust_list import Distrusted, TrustList
from idp.register.personas import persona
from idp.sealing import Keyring, MasterKey
from idp.storage import Database, Statement, Unit

P = ParamSpec("P")
R = TypeVar("R")

SUSPEND = Statement(update(accounts).where(accounts.c.id == bindparam("id_")).values(state="suspended"))


@pytest.fixture(scope="module")
def started_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    prepare(18000, folder)
    return folder


@pytest.fixture
def demo(started_once: Path, tmp_path: Path) -> Demo:
    """Started a second time, in a folder that the test may spoil."""
    folder = tmp_path / "demo"
    shutil.copytree(started_once, folder)
    return prepare(18000, folder)


def again(demo: Demo, *, port: int = 18000) -> Demo:
    return prepare(port, demo.certificates.folder.parent)


def run(demo: Demo, unit: Callable[Concatenate[Unit, P], R], *args: P.args, **named: P.kwargs) -> R:
    """A unit on the demo's database."""

    async def once() -> R:
        database = await Database.open(demo.settings.database_url)
        try:
            return await database.run(unit, *args, **named)
        finally:
            await database.close()

    return asyncio.run(once())


def newest(demo: Demo) -> TrustList:
    return read(run(demo, trust_store.newest)[2])


def add(demo: Demo, trust: TrustList, *, key_file: str = "trust.key") -> None:
    """What an operator does with `idp pki trust`."""
    key, document = operator_keys.load(demo.certificates.folder.with_name(key_file)), written(trust)
    run(demo, trust_store.add, document, sign(document, key), [key.public_key()], now=Clock().now())


def following(demo: Demo) -> TrustList:
    return newest(demo).after(digest=run(demo, trust_store.newest)[1], now=Clock().now())


def test_the_list_is_signed_by_the_operator_of_the_settings(demo: Demo) -> None:
    keys = operator_keys.from_texts(demo.settings.trust_keys)
    assert run(demo, trust_store.first_bad, keys) is None
    trust = newest(demo)
    assert [each.certificate for each in trust.anchors] == demo.certificates.anchors
    assert [*trust.issuers] == demo.certificates.issuers
    assert {each.policy.revocation for each in trust.anchors} == {("ocsp", "crl")}


def test_started_again_it_adds_no_version(demo: Demo) -> None:
    assert newest(demo).version == 1
    again(demo)
    assert newest(demo).version == 1


def test_authorities_made_anew_take_the_place_of_those_before(demo: Demo) -> None:
    moved = again(demo, port=19000)
    trust = newest(moved)
    assert trust.version == 2
    assert [each.certificate for each in trust.anchors] == moved.certificates.anchors
    assert [*trust.issuers] == moved.certificates.issuers
    assert moved.is_trust_list_good


def test_whom_a_person_distrusts_stays_distrusted(demo: Demo) -> None:
    distrusted = Distrusted(demo.certificates.issuers[0], "tried-out")
    add(demo, following(demo).with_distrusted(distrusted))
    again(demo)
    trust = newest(demo)
    assert (trust.version, trust.distrusted) == (2, (distrusted,))


def test_a_list_of_another_operator_is_left_alone_and_said(demo: Demo) -> None:
    operator_keys.make(demo.certificates.folder.with_name("other.key"))
    add(demo, following(demo), key_file="other.key")
    assert not again(demo, port=19000).is_trust_list_good
    assert newest(demo).version == 2


def test_the_official_is_enrolled_once(demo: Demo) -> None:
    account_id = official(demo)
    assert run(demo, linked.owner, demo.certificates.of("official")) == account_id
    assert len(of_official(demo)) == 1


def test_nobody_else_needs_an_enrolment(demo: Demo) -> None:
    for who in ("ordinary-woman", "company-director"):
        assert run(demo, linked.owner, demo.certificates.of(who)) is None


def test_a_certificate_made_anew_takes_the_place_of_the_officials_last_one(demo: Demo) -> None:
    before = of_official(demo)
    moved = again(demo, port=19000)
    assert run(moved, linked.owner, moved.certificates.of("official")) == official(demo)
    [now] = of_official(moved)
    assert now not in before


def test_a_certificate_that_the_official_removed_is_not_added_again(demo: Demo) -> None:
    [known] = of_official(demo)
    run(demo, linked.remove, official(demo), known, now=Clock().now())
    assert of_official(again(demo)) == []


def test_a_suspended_official_is_left_alone(demo: Demo) -> None:
    run(demo, suspend, official(demo))
    before = of_official(demo)
    assert of_official(again(demo, port=19000)) == before


def suspend(db: Unit, account_id: UUID) -> None:
    db.execute(SUSPEND, id_=account_id)


def official(demo: Demo) -> UUID:
    found = run(demo, find_by_number, keyring(demo), persona("official").entry.number)
    assert found is not None
    return found.id


def of_official(demo: Demo) -> list[UUID]:
    return [each.id for each in run(demo, linked.list_of, keyring(demo), official(demo))]


def keyring(demo: Demo) -> Keyring:
    master = MasterKey.from_settings(file=demo.settings.master_key_file, value="")

    async def unlocked() -> Keyring:
        database = await Database.open(demo.settings.database_url)
        try:
            return await Keyring.unlock(database, master, now=Clock().now())
        finally:
            await database.close()

    return asyncio.run(unlocked())
