"""The answer of /introspect as a JWT (RFC 9701), for a portal that wants to prove later what it was told.

It has a type of its own and names neither `sub` nor `exp` outside of `token_introspection`, so that it passes for no
other kind of token (§8.1).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from idp.keys import SigningKeys
from idp.portals.portal import Portal
from idp.protocol.answers import NO_STORE

TYPE: Final = "token-introspection+jwt"
MEDIA_TYPE: Final = f"application/{TYPE}"

VARIES: Final = {"vary": "Accept"}

_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def is_wanted(accept: str, portal: Portal) -> bool:
    """Whether the answer is to be signed: asked for in `Accept` (§4), or registered and no JSON asked for by name."""
    weights = weights_of(accept)
    signed, plain = weights.get(MEDIA_TYPE), weights.get("application/json", 0.0)
    if signed is None:
        signed = 0.5 if portal.introspection_signed_response_alg else 0.0
    return signed > 0 and signed >= plain


def signed_answer(
    keys: SigningKeys, told: Mapping[str, Any], portal: Portal, *, issuer: str, now: datetime
) -> Response:
    """§5. Signed as the portal registered it, else as its ID tokens are."""
    algorithm = portal.introspection_signed_response_alg or portal.id_token_signed_response_alg
    claims = {"iss": issuer, "aud": portal.client_id, "iat": int(now.timestamp()), "token_introspection": told}
    return Response(keys.sign(algorithm, claims, typ=TYPE), headers={**NO_STORE, **VARIES}, media_type=MEDIA_TYPE)


def weights_of(accept: str) -> dict[str, float]:
    """Each media type of an Accept header with its weight (RFC 9110 §12.5.1); one that is malformed counts as zero."""
    found: dict[str, float] = {}
    for each in accept.split(","):
        name, *parameters = (part.strip().lower() for part in each.split(";"))
        weights = [parameter for parameter in parameters if parameter.startswith("q=")]
        read = _WEIGHT.fullmatch(weights[0]) if weights else None
        found[name] = float(read[1]) if read else 0.0 if weights else 1.0
    return found
