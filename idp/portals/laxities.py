"""What a portal of the old interface may do that no other may, each by its name.

A portal of the profile `legacy-vnconnect` has those that its file lists; taken out of the list one by one, they lead to
the profile `web`. The names stand in files, in the record and in the console, so they do not change.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Laxity(StrEnum):
    """One thing that is tolerated, and where it is used. Source: what portals of VNConnect were seen to do."""

    NO_PKCE = "no_pkce"
    """/authorize without `code_challenge` (RFC 7636). Of the other profiles only `compat` has that."""

    NO_NONCE = "no_nonce"
    """/authorize without `nonce` where there is no PKCE either. Without this laxity one of both must come (RFC 9700
    §2.1.1)."""

    SECRET_IN_BODY = "secret_in_body"  # noqa: S105  (a name, no secret)
    """The client secret as a field of the form (`client_secret_post`), the first method here. `web` and `compat` may
    register it too; `fapi2` takes no secret at all."""

    LOA1 = "loa1"
    """`acr_values=LoA1`, the old name of the lowest level. It lowers nothing, for nobody: every sign-in reaches the
    portal's `minimum_level`. Named so that its use is seen."""

    OPENID_GIVES_ALL = "openid_gives_all"
    """`scope=openid` alone stands for every scope about a person that the portal registered, but `offline_access`. The
    person is asked for all of them, and sees them."""

    OLD_ADDRESSES = "old_addresses"
    """/oauth2/authorize, /oauth2/token and /oauth2/userinfo, which discovery does not name."""

    OLD_CLAIMS = "old_claims"
    """/userinfo answers in the old names (`TechID`, `HoVaTen`, …) instead of those of OpenID Connect Core §5.1."""

    JSON_TO_USERINFO = "json_to_userinfo"
    """POST /userinfo with a JSON body beside the token in its header. The body is not read. RFC 6750 §2.1 forbids it to
    nobody, so it is refused to nobody: named so that its use is seen."""

    TOKEN_INTROSPECTS_ITSELF = "token_introspects_itself"  # noqa: S105  (a name, no secret)
    """POST /introspect with the access token as its own authorization (RFC 7662 §2.1 wants the portal to prove itself).
    It learns `active`, `client_id` and `exp`, which it says itself, and nothing of the person."""

    ID_TOKEN_REVOKES = "id_token_revokes"  # noqa: S105  (a name, no secret)
    """POST /revoke with the ID token as `token` (RFC 7009 §2.1 knows access and refresh tokens): what the portal holds
    from that sign-in ends. The portal proves itself as ever."""

    PLAIN_HTTP = "plain_http"
    """Redirect addresses that begin with http://. Whoever sits in between reads the code, so it cannot stand beside
    `no_pkce`, and no portal has it unless its file says so."""


UNLESS_STATED: Final = frozenset(Laxity) - {Laxity.PLAIN_HTTP}
"""What a portal of the profile has whose file lists nothing."""

RISKS: Final[Mapping[Laxity, str]] = {
    Laxity.NO_PKCE: "whoever steals a code can plant it in a browser of their own",
    Laxity.NO_NONCE: "the portal cannot tell an ID token of another sign-in from its own",
    Laxity.SECRET_IN_BODY: "its secret stands where programs write forms into logs",
    Laxity.LOA1: "asks for the lowest level by its old name, which lowers nothing",
    Laxity.OPENID_GIVES_ALL: "asks for everything each time, whatever it needs",
    Laxity.OLD_ADDRESSES: "calls addresses that discovery does not name",
    Laxity.OLD_CLAIMS: "reads claims that no other provider has",
    Laxity.JSON_TO_USERINFO: "sends a body that nobody reads",
    Laxity.TOKEN_INTROSPECTS_ITSELF: "whoever holds a token can ask whether it is still good",
    Laxity.ID_TOKEN_REVOKES: "uses for revocation what was meant to say who signed in",
    Laxity.PLAIN_HTTP: "codes travel in clear: everybody in between reads them",
}
"""Each as the end of a sentence, for whoever looks after the portal."""
