"""A file is registered whole, every process learns of it, and no secret is kept."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from idp.audit.tables import audit_events
from idp.portals import Portals, PortalUnknown, RegistrationRefused, register
from idp.portals.registering import Registered, every_portal, find, set_disabled
from idp.portals.tables import portals
from idp.storage import Database, Statement
from tests.portals.files import EC_KEY, NATIVE, SERVICE, WEB, read
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

SECRET = "x7Vq-2mLwPz4RtYb9Kc6NdHs3JfGa8Ue1"
ROWS = Statement(select(portals))
AUDIT = Statement(select(audit_events).order_by(audit_events.c.id))


async def add(
    database: Database, clock: ManualClock, *stated: dict[str, Any], replace: bool = False
) -> list[Registered]:
    return await database.run(register, read(*stated), replace=replace, now=clock.advance(seconds=0.01))


async def test_a_registered_portal_comes_back_as_it_was_read(database: Database, clock: ManualClock) -> None:
    stated = {
        **WEB,
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [EC_KEY]},
        "contacts": ["help@quangninh.example"],
        "post_logout_redirect_uris": ["https://dichvucong.quangninh.example/"],
        "frontchannel_logout_uri": "https://dichvucong.quangninh.example/out",
        "default_max_age": 3600,
        "refresh": "session",
    }
    await add(database, clock, stated, NATIVE | {"client_id": "app"}, SERVICE)
    loaded = await Portals.load(database)
    assert len(loaded) == 3
    portal = loaded.get("quang-ninh")
    assert portal is not None
    [new] = read(stated)
    assert portal.to_json() == new.registration.to_json()
    for field in ("profile", "redirect_uris", "contacts", "grant_types", "scopes", "jwks", "names"):
        assert getattr(portal, field) == getattr(new.registration, field)
        assert type(getattr(portal, field)) is type(getattr(new.registration, field))
    assert loaded.by_id(portal.id) is portal
    assert {one.client_id for one in loaded} == {"quang-ninh", "app", "statistics"}
    assert portal.name("vi") == "Cổng dịch vụ công Quảng Ninh"
    assert portal.name("fr") == "Quang Ninh public services"
    assert portal.is_told_of_sign_outs
    assert not portal.secret_matches("")


async def test_a_secret_is_made_where_none_is_given_and_only_its_digest_is_kept(
    database: Database, clock: ManualClock
) -> None:
    made, given = await add(database, clock, WEB, {**WEB, "client_id": "given", "client_secret": SECRET})
    assert made.made_secret is not None
    assert given.made_secret is None
    secret = made.made_secret.reveal()
    assert len(secret) >= 43
    loaded = await Portals.load(database)
    for client_id, right in (("quang-ninh", secret), ("given", SECRET)):
        portal = loaded.get(client_id)
        assert portal is not None
        assert portal.secret_matches(right)
        assert not portal.secret_matches(right + "x")
        assert not portal.secret_matches("\ud800")
    everything = repr([tuple(row) for statement in (ROWS, AUDIT) for row in await database.read(_all, statement)])
    assert secret not in everything
    assert SECRET not in everything


async def test_a_file_with_one_known_portal_adds_none(database: Database, clock: ManualClock) -> None:
    await add(database, clock, WEB)
    with pytest.raises(RegistrationRefused, match="quang-ninh: client_id is registered already"):
        await add(database, clock, {**WEB, "client_id": "new"}, WEB)
    assert len(await Portals.load(database)) == 1


async def test_replacing_keeps_the_id_and_the_secret(database: Database, clock: ManualClock) -> None:
    [first] = await add(database, clock, WEB)
    assert first.made_secret is not None
    [again] = await add(database, clock, WEB, replace=True)
    assert again.outcome == "unchanged"
    other = {**WEB, "consent": "none", "minimum_level": 1}
    [changed] = await add(database, clock, other, replace=True)
    assert (changed.outcome, changed.made_secret) == ("changed", None)
    portal = (await Portals.load(database)).get("quang-ninh")
    assert portal is not None
    assert portal.id == first.portal.id
    assert portal.consent == "none"
    assert portal.secret_matches(first.made_secret.reveal())
    [rotated] = await add(
        database, clock, {**WEB, "consent": "none", "minimum_level": 1, "client_secret": SECRET}, replace=True
    )
    assert rotated.outcome == "changed"
    assert rotated.portal.secret_matches(SECRET)
    recorded = [(row.event, row.details, row.actor) for row in await database.read(_all, AUDIT)]
    assert recorded == [
        ("portal_added", '{"profile":"web"}', "local_operator"),
        ("portal_changed", '{"changed":["consent","minimum_level"]}', "local_operator"),
        ("portal_changed", '{"changed":["client_secret"]}', "local_operator"),
    ]


async def test_a_sector_never_changes(database: Database, clock: ManualClock) -> None:
    await add(database, clock, WEB)
    with pytest.raises(RegistrationRefused, match="sector cannot change"):
        await add(database, clock, {**WEB, "sector": "other"}, replace=True)


async def test_another_process_learns_of_what_changed(database: Database, clock: ManualClock) -> None:
    other = await Portals.load(database)
    assert other.get("quang-ninh") is None
    await add(database, clock, WEB)
    await other.refresh(database, now=clock.now())
    before = other.get("quang-ninh")
    assert before is not None
    await add(database, clock, {**WEB, "consent": "none"}, {**WEB, "client_id": "second"}, replace=True)
    await other.refresh(database, now=clock.now())
    after = other.get("quang-ninh")
    assert after is not None
    assert (after.consent, other.by_id(before.id)) == ("none", after)
    assert other.get("second") is not None
    await other.refresh(database, now=clock.now())
    assert other.get("quang-ninh") is after


async def test_strangers_make_us_look_once_a_second(database: Database, clock: ManualClock) -> None:
    known = await Portals.load(database)
    await known.look_again(database, now=clock.now())
    await add(database, clock, WEB)
    await known.look_again(database, now=clock.now())
    assert known.get("quang-ninh") is None
    await known.look_again(database, now=clock.advance(seconds=1))
    assert known.get("quang-ninh") is not None


async def test_a_disabled_portal_is_none(database: Database, clock: ManualClock) -> None:
    [added] = await add(database, clock, WEB)
    known = await Portals.load(database)
    await database.run(set_disabled, "quang-ninh", True, now=clock.advance(seconds=1))
    await known.refresh(database, now=clock.now())
    assert (known.get("quang-ninh"), known.by_id(added.portal.id), len(known)) == (None, None, 0)
    assert len(await Portals.load(database)) == 0
    await add(database, clock, {**WEB, "consent": "none"}, replace=True)
    assert len(await Portals.load(database)) == 0
    await database.run(set_disabled, "quang-ninh", False, now=clock.advance(seconds=1))
    await known.refresh(database, now=clock.now())
    portal = known.get("quang-ninh")
    assert portal is not None
    assert (portal.id, portal.consent) == (added.portal.id, "none")
    events = [row.details for row in await database.read(_all, AUDIT)]
    assert events[1] == '{"changed":["disabled"]}'
    assert events[3] == '{"changed":["enabled"]}'


async def test_disabling_twice_is_one_act(database: Database, clock: ManualClock) -> None:
    await add(database, clock, WEB)
    for _ in range(2):
        assert (await database.run(set_disabled, "quang-ninh", True, now=clock.now())).disabled_at is not None
    assert len(await database.read(_all, AUDIT)) == 2


async def test_a_portal_nobody_registered(database: Database, clock: ManualClock) -> None:
    with pytest.raises(PortalUnknown):
        await database.read(find, "nobody")
    with pytest.raises(PortalUnknown):
        await database.run(set_disabled, "nobody", True, now=clock.now())
    assert await database.read(every_portal) == []


async def test_of_two_who_register_one_portal_one_does(database: Database, clock: ManualClock) -> None:
    outcomes = await asyncio.gather(*(add(database, clock, WEB) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, RegistrationRefused) for outcome in outcomes) == 4


async def test_many_who_register_at_once_are_all_seen(database: Database, clock: ManualClock) -> None:
    known = await Portals.load(database)

    async def watch() -> None:
        while len(known) < 20:
            await known.refresh(database, now=clock.now())

    adding = (add(database, clock, {**WEB, "client_id": f"portal-{number}"}) for number in range(20))
    await asyncio.wait_for(asyncio.gather(watch(), *adding), 20)


async def test_a_row_of_another_version_is_still_read(database: Database, clock: ManualClock) -> None:
    [added] = await add(database, clock, WEB)
    stored = added.portal.to_json()
    del stored["legal_basis"]
    portal = type(added.portal).from_json(stored | {"of_tomorrow": 1}, id=added.portal.id, secret_digest=None)
    assert portal == replace(added.portal, secret_digest=None)


def _all(db: Any, statement: Statement) -> Any:
    return db.all(statement)
