"""Access tokens name their grant, and nothing passes for one that is not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.keys import TokenInvalid
from idp.tokens import access, id_tokens
from tests.support.house import ISSUER, House
from tests.tokens.making import TERMS

pytestmark = pytest.mark.anyio

GRANT = UUID(int=3 << 64)


def issue(house: House, **changes: Any) -> str:
    values: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": "test-portal",
        "grant_id": GRANT,
        "terms": TERMS,
        "scope": TERMS.scope,
        "lifetime": timedelta(minutes=5),
        "now": house.clock.now(),
    }
    return access.issue(house.keys, **{**values, **changes})


async def test_it_says_whose_grant_it_is_and_for_what(house: House) -> None:
    read = access.verify(house.keys, issue(house), issuer=ISSUER, now=house.clock.now())
    assert (read.grant_id, read.client_id, read.sub) == (GRANT, "test-portal", TERMS.sub)
    assert read.scope == {"openid", "profile"}
    assert read.jti != access.verify(house.keys, issue(house), issuer=ISSUER, now=house.clock.now()).jti


async def test_it_ends_to_the_second(house: House) -> None:
    token = issue(house)
    access.verify(house.keys, token, issuer=ISSUER, now=house.clock.advance(minutes=4, seconds=59))
    with pytest.raises(TokenInvalid):
        access.verify(house.keys, token, issuer=ISSUER, now=house.clock.advance(seconds=1))


async def test_an_id_token_or_another_issuers_is_none(house: House) -> None:
    now = house.clock.now()
    id_token = id_tokens.issue(
        house.keys,
        issuer=ISSUER,
        client_id=ISSUER,
        algorithm="ES256",
        terms=TERMS,
        access_token="x",
        nonce=None,
        with_sid=False,
        more={},
        lifetime=timedelta(minutes=5),
        now=now,
    )
    for token in (id_token, issue(house, issuer="http://other.example"), issue(house) + "x", "", "a.b.c"):
        with pytest.raises(TokenInvalid):
            access.verify(house.keys, token, issuer=ISSUER, now=now)


async def test_an_id_token_cannot_be_overwritten_by_requested_claims(house: House) -> None:
    now = house.clock.now()
    token = id_tokens.issue(
        house.keys,
        issuer=ISSUER,
        client_id="test-portal",
        algorithm="ES256",
        terms=TERMS,
        access_token="x",
        nonce="n",
        with_sid=True,
        more={"name": "Nguyễn Thị Thu Hà", "sub": "somebody-else"},
        lifetime=timedelta(minutes=5),
        now=now,
    )
    claims = house.keys.verify(token, typ=None, algorithms=["ES256"], issuer=ISSUER, audience="test-portal", now=now)
    assert (claims["sub"], claims["name"], claims["sid"], claims["nonce"]) == (
        TERMS.sub,
        "Nguyễn Thị Thu Hà",
        "sid",
        "n",
    )
