"""Browsers at the page that asks for a signature, each about to send the right one."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from cryptography.x509 import Name

from idp.accounts import certificates
from idp.accounts.certificates import ProvedBy
from idp.accounts.finding import find_by_number
from idp.clock import Clock
from idp.pki.certificate import Certificate
from idp.pki.trust_list import TrustList
from idp.register.generator import people
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.storage import Database, Unit
from tests.benchmarks.load import CHALLENGE, Target
from tests.benchmarks.password_lane import Visit
from tests.support.authorities import Authorities
from tests.support.pki import Issued, name
from tests.support.plain_browser import plain_browser
from tests.support.signed_answers import web_eid

_TAKEN_UP = timedelta(seconds=2)
"""By then a serving provider has the new trust list, and the lists of its authorities."""


@dataclass(frozen=True)
class Holder:
    """A person with an account and a certificate that is linked to it."""

    number: str
    card: Issued


def holders(
    trusted: Authorities,
    settings: Settings,
    *,
    count: int,
    issue: Callable[[Name], Issued] | None = None,
    change: Callable[[TrustList], TrustList] | None = None,
) -> list[Holder]:
    """The first people of the provider's database, with certificates; and the provider trusts who issued them.

    `issue` and `change` the trust list: for certificates of somebody else.
    """
    make = issue or trusted.issue
    known = [
        Holder(entry.number, make(name(entry.full_name, f"CCCD:{entry.number}")))
        for entry in people(count=count, seed=1)
    ]
    asyncio.run(_introduce(trusted, settings, known, change))
    return known


def visits(target: Target, known: Sequence[Holder]) -> list[Visit]:
    """A fresh browser for each of them."""
    return [_visit(target, holder) for holder in known]


async def _introduce(
    trusted: Authorities,
    settings: Settings,
    known: Sequence[Holder],
    change: Callable[[TrustList], TrustList] | None,
) -> None:
    database, now = await Database.open(settings.database_url), Clock().now()
    try:
        master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
        keyring = await Keyring.unlock(database, master, now=now)
        await database.run(trusted.add_list, change, now=now)
        await database.run(_link, keyring, known)
    finally:
        await database.close()
    await asyncio.sleep(_TAKEN_UP.total_seconds())


def _link(db: Unit, keyring: Keyring, known: Sequence[Holder]) -> None:
    for holder in known:
        account = find_by_number(db, keyring, holder.number)
        assert account is not None
        certificate = Certificate.read(holder.card.der)
        certificates.link(db, account.id, certificate, issuer_name="CA", proof=ProvedBy.NUMBER, now=Clock().now())


def _visit(target: Target, holder: Holder) -> Visit:
    query = {**target.authorize_query, "state": "s", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    with plain_browser() as browser:
        browser.open(f"{target.base_url}{target.authorize_path}?{urlencode(query)}")
        form = browser.click("challenge").form("challenge-form")
        fields = dict(form.filled({}, None))
        token = web_eid(holder.card, nonce=fields["nonce"], origin=target.base_url)
        body = urlencode({**fields, "token": token}).encode()
        return Visit(form.action.removeprefix(target.base_url), body, browser.cookies.header(form.action))
