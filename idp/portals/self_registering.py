"""Portals that register themselves, and go on looking after their registration (RFC 7591, RFC 7592).

A registration access token is good for one portal as long as that is in use; only its digest is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from sqlalchemy import bindparam, insert, select, update

from idp.errors import Kind, Refusal
from idp.portals import initial_tokens, registering
from idp.portals.bounds import Bounds
from idp.portals.metadata import Described
from idp.portals.portal import Registration
from idp.portals.registering import Known, Registered
from idp.portals.tables import initial_tokens as initial_tokens_table
from idp.portals.tables import portals, registrations
from idp.sealing import Secret, digest, random_value
from idp.storage import Statement, Unit

Describe: TypeAlias = Callable[[Bounds, str, Registration], Described]

_PREFIX: Final = "rat_"
# Where our pages lead, where the self-test goes, and who is told of people.
_ADDRESSES: Final = (
    *("redirect_uris", "post_logout_redirect_uris", "initiate_login_uri"),
    *("client_uri", "policy_uri", "tos_uri", "backchannel_logout_uri", "frontchannel_logout_uri"),
)
_ADD: Final = Statement(insert(registrations))
_OF_TOKEN: Final = Statement(
    select(portals.c.client_id, initial_tokens_table.c.bounds, registrations.c.sector_identifier_uri)
    .join(portals, portals.c.id == registrations.c.portal_id)
    .join(initial_tokens_table, initial_tokens_table.c.id == registrations.c.initial_token_id)
    .where(
        registrations.c.digest == bindparam("digest_"),
        registrations.c.ended_at.is_(None),
        portals.c.client_id == bindparam("client_id_"),
        portals.c.disabled_at.is_(None),
    )
)
_CHANGE: Final = Statement(
    update(registrations)
    .where(registrations.c.digest == bindparam("digest_"))
    .values(sector_identifier_uri=bindparam("uri"))
)
_END: Final = Statement(
    update(registrations)
    .where(registrations.c.digest == bindparam("digest_"), registrations.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
)


class RegistrationTokenRefused(Refusal):
    """Somebody asks for a portal's registration without its registration access token, or the portal is disabled.

    Operator: a portal that lost its token is looked after by its file from now on: `idp portals add --replace`.
    """

    code = "registration_token_refused"
    kind = Kind.NOT_ALLOWED


@dataclass(frozen=True, slots=True)
class SelfRegistered:
    """A registration of a portal's own, and within what it may change it."""

    known: Known
    bounds: Bounds
    sector_identifier_uri: str | None


@dataclass(frozen=True, slots=True)
class Added:
    """A new portal, and its registration access token, which nobody can see again."""

    registered: Registered
    known: Known
    token: Secret


def add(db: Unit, described: Described, initial_token: str, *, now: datetime) -> Added:
    """Count a use of the token and add the portal, which waits for approval; raises `InitialTokenRefused`."""
    initial = initial_tokens.use(db, initial_token, now=now)
    pending = not initial.bounds.opens_at_once
    [registered] = registering.register(db, [described.portal], pending=pending, now=now, actor=None)
    portal, token = registered.portal, Secret(random_value(_PREFIX))
    db.execute(
        _ADD,
        portal_id=portal.id,
        initial_token_id=initial.id,
        digest=digest(token.reveal()),
        sector_identifier_uri=described.sector_identifier_uri,
    )
    initial_tokens.write_down_use(db, initial, portal.id, now=now)
    return Added(registered, registering.find(db, portal.client_id), token)


def find(db: Unit, client_id: str, token: str) -> SelfRegistered:
    """The registration that the token is for; raises `RegistrationTokenRefused`."""
    row = db.one(_OF_TOKEN, digest_=digest(token), client_id_=client_id)
    if row is None:
        raise RegistrationTokenRefused
    return SelfRegistered(registering.find(db, client_id), Bounds.from_json(row.bounds), row.sector_identifier_uri)


def change(db: Unit, client_id: str, token: str, describe: Describe, *, now: datetime) -> tuple[Registered, Known]:
    """Put this in place of what is registered; raises `RegistrationTokenRefused`, and what `describe` does.

    It is described here, by what an operator has made of the portal meanwhile. What no administrator has seen waits for
    approval again.
    """
    registering.hold_writing(db)
    before = find(db, client_id, token)
    described = describe(before.bounds, client_id, before.known.portal)
    [registered] = registering.register(db, [described.portal], replace=True, now=now, actor=None)
    db.execute(_CHANGE, digest_=digest(token), uri=described.sector_identifier_uri)
    is_open = before.known.pending_since is None and not before.bounds.opens_at_once
    if is_open and _needs_another_look(before.known.portal, described.portal.registration):
        registering.make_wait(db, client_id, now=now)
    return registered, registering.find(db, client_id)


def give_up(db: Unit, client_id: str, token: str, *, now: datetime) -> None:
    """Take the portal out of use for good; raises `RegistrationTokenRefused`. One statement ends the token."""
    registering.hold_writing(db)
    find(db, client_id, token)
    if db.execute(_END, digest_=digest(token), now=now) != 1:
        raise RegistrationTokenRefused
    registering.set_disabled(db, client_id, True, now=now, actor=None)


def _needs_another_look(before: Registration, after: Registration) -> bool:
    """Whether people would see another portal or be sent to another place, or it would ask for more."""
    return (
        before.names != after.names
        or before.logo_uri != after.logo_uri
        or before.profile != after.profile
        or not after.scopes <= before.scopes
        or not {*after.resources} <= {*before.resources}
        or any(not _places(after, member) <= _approved(before, member) for member in _ADDRESSES)
    )


def _approved(before: Registration, member: str) -> set[tuple[str, str]]:
    """Where the member may lead: where it led already, or where people come back to with a code."""
    return _places(before, member) | _places(before, "redirect_uris")


def _places(registration: Registration, member: str) -> set[tuple[str, str]]:
    value = getattr(registration, member)
    given = [value] if isinstance(value, str) else value or ()
    return {(parts.scheme, parts.netloc) for parts in map(urlsplit, given)}
