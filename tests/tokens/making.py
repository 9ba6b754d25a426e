"""Codes and grants for tests."""

from datetime import timedelta
from uuid import UUID

from idp.accounts.finding import Account
from idp.storage.identifiers import new_id
from idp.tokens import codes, grants
from idp.tokens.terms import Terms
from tests.support.house import House

TERMS = Terms(
    ("openid", "profile"), sub="sub-of-a-person", sid="sid", acr="urn:vn:eid:auth-level:2", amr=("pwd", "otp")
)
PORTAL = UUID(int=7)
REDIRECT = "https://portal.example/callback"


async def make_code(house: House, account: Account, session_id: UUID, *, lifetime: float = 60) -> codes.Issued:
    """A fresh code of the portal PORTAL."""
    return await house.database.run(
        codes.issue,
        account_id=account.id,
        portal_id=PORTAL,
        session_id=session_id,
        redirect_uri=REDIRECT,
        code_challenge=None,
        terms=TERMS,
        lifetime=timedelta(seconds=lifetime),
        now=house.clock.now(),
    )


async def make_grant(house: House, account: Account, session_id: UUID | None) -> UUID:
    """A grant of the portal PORTAL; without a session, an offline one."""
    now = house.clock.now()
    grant_id = new_id(now)
    await house.database.run(
        grants.make,
        grant_id,
        account_id=account.id,
        portal_id=PORTAL,
        session_id=session_id,
        offline=session_id is None,
        terms=TERMS,
        expires_at=now + timedelta(days=30),
        now=now,
    )
    return grant_id
