"""What a portal of the old interface (profile `legacy-vnconnect`) asks at /authorize, in the words of everybody else.

Portals of other profiles have no laxities, so nothing here is for them.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.portals.scopes import ABOUT_A_PERSON
from idp.protocol import acr
from idp.protocol.answers import OAuthError

_ALONE: Final = ["openid"]
_BY_SECRET_IN_BODY: Final = "client_secret_post"  # noqa: S105  (a method's name)
_MEANT: Final = ABOUT_A_PERSON - {"offline_access"}


def as_meant(fields: Mapping[str, str], portal: Portal) -> Mapping[str, str]:
    """`openid` alone is every scope about a person that the portal registered. What comes of it the person is asked."""
    if Laxity.OPENID_GIVES_ALL not in portal.laxities or fields.get("scope", "").split() != _ALONE:
        return fields
    return {**fields, "scope": " ".join(["openid", *sorted(portal.scopes & _MEANT - {"openid"})])}


def nonce_where_no_pkce(fields: Mapping[str, str], portal: Portal) -> None:
    """One of both ties the answer to the browser that asked (RFC 9700 §2.1.1), unless that is tolerated."""
    if portal.laxities and Laxity.NO_NONCE not in portal.laxities and not {"code_challenge", "nonce"} & fields.keys():
        raise OAuthError("invalid_request", "Send a nonce, or a code_challenge")


def used(fields: Mapping[str, str], portal: Portal) -> Iterator[Laxity]:
    """What a request that was found good made use of, and its portal will when it redeems the code."""
    without_pkce = "code_challenge" not in fields
    for laxity, is_used in (
        (Laxity.NO_PKCE, without_pkce),
        (Laxity.NO_NONCE, without_pkce and "nonce" not in fields),
        (Laxity.LOA1, acr.LEGACY_LOWEST in fields.get("acr_values", "").split()),
        (Laxity.OPENID_GIVES_ALL, fields.get("scope", "").split() == _ALONE and portal.scopes & _MEANT != {"openid"}),
        (Laxity.PLAIN_HTTP, fields.get("redirect_uri", "").startswith("http://")),
        (Laxity.SECRET_IN_BODY, portal.token_endpoint_auth_method == _BY_SECRET_IN_BODY),
    ):
        if is_used and laxity in portal.laxities:
            yield laxity
