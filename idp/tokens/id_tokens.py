"""ID tokens (OpenID Connect Core §2): who signed in, when and how, for one portal."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from idp.keys import SigningKeys, TokenInvalid, half_hash
from idp.tokens.terms import Terms


def issue(
    keys: SigningKeys,
    *,
    issuer: str,
    client_id: str,
    algorithm: str,
    terms: Terms,
    access_token: str,
    nonce: str | None,
    with_sid: bool,
    more: Mapping[str, Any],
    lifetime: timedelta,
    now: datetime,
) -> str:
    """A signed ID token. At a refresh `auth_time`, `acr` and `amr` stay those of the sign-in, and `nonce` is None
    (§12.2).

    `with_sid` is for portals that are told of sign-outs; `more` are claims asked for in the ID token one by one.
    """
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": terms.sub,
        "aud": client_id,
        "iat": issued_at,
        "exp": issued_at + int(lifetime.total_seconds()),
        "auth_time": terms.auth_time,
        "acr": terms.acr,
        "amr": terms.amr,
        "at_hash": half_hash(algorithm, access_token),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if with_sid:
        claims["sid"] = terms.sid
    return keys.sign(algorithm, {**more, **claims})


def read_hint(
    keys: SigningKeys, hint: str, *, algorithms: Collection[str], issuer: str, audience: str | None, now: datetime
) -> dict[str, Any]:
    """The claims of an ID token of ours that comes back as a hint, expired or not; raises `TokenInvalid`.

    `audience` None leaves it to the caller to read `aud`. A signed userinfo answer has the same issuer and audience and
    no type either (OpenID Connect Core §5.3.2), but never an `at_hash`: it is no hint.
    """
    claims = keys.verify(
        hint, typ=None, algorithms=algorithms, issuer=issuer, audience=audience, allow_expired=True, now=now
    )
    if "at_hash" not in claims:
        raise TokenInvalid("not_an_id_token")
    return claims
