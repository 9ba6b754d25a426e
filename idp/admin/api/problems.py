"""What went wrong, for a program: RFC 9457, with our codes and the sentences of both languages."""

from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from idp.admin.api.bodies import CallUnfit
from idp.admin.api.shapes import Choice, Fault, Members, Rows, Text, Whole
from idp.errors import Kind, Refusal
from idp.keys import PROOF_ALGORITHMS
from idp.web.http_status import retry_headers, status_of
from idp.web.languages import choose
from idp.web.references import reference_of
from idp.web.translations import Translations

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:vn:eid:error:"
_LANGUAGES: Final = ("vi", "en")

_SENTENCES: Final = Members({"title": Text(500), "detail": Text(1000)})
PROBLEM: Final = Members(
    {
        "type": Text(120, example="urn:vn:eid:error:state_unfit"),
        "title": Text(500),
        "status": Whole(400, 599),
        "detail": Text(1000),
        "code": Text(64, example="state_unfit"),
        "reference": Text(9, example="7F3K-9QX2"),
        "messages": Members(dict.fromkeys(_LANGUAGES, _SENTENCES)),
        "faults": Rows(Members({"member": Text(200, shortest=0), "fault": Choice(tuple(Fault))}), most=1000),
    },
    optional=frozenset({"faults"}),
    about="RFC 9457. `title` and `detail` are in the language of the call, `messages` has both; `faults` name members.",
)


class TokenMissing(Refusal):
    """A call came without an access token, or with several, or with one where none belongs: in the address.

    Operator: docs/admin_api.md shows where the token stands. Many from one address are a probe.
    """

    code = "token_missing"
    kind = Kind.NOT_ALLOWED


class TokenRefused(Refusal):
    """The access token of a call is not ours, is over, or what it was issued from has ended: the sign-in, the portal.

    Operator: a program gets another every five minutes; a person signs in again, with two factors, every eight hours.
    """

    code = "token_refused"
    kind = Kind.NOT_ALLOWED


class ProofRefused(Refusal):
    """A call's access token is bound to a key, and the call did not prove it: no DPoP proof, or not that one.

    `error` is of RFC 9449, `nonce` what the next proof must repeat. Operator: nothing to do for `use_dpop_nonce`; many
    others come of a program whose clock is wrong, or of a stolen token.
    """

    code = "proof_refused"
    kind = Kind.NOT_ALLOWED

    def __init__(self, reason: str, *, error: str, nonce: str) -> None:
        super().__init__(reason)
        self.error = error
        self.nonce = nonce


class ScopeMissing(Refusal):
    """The access token is good, but not for this: it lacks the scope that the operation names.

    Operator: openapi.json says which. A portal's file must name it, and the request for the token ask for it.
    """

    code = "scope_missing"
    kind = Kind.NOT_ALLOWED


class TooManyCalls(Refusal):
    """One member of staff, or one program, made more than 600 calls within a minute.

    Operator: a program that asks in a circle, or one that acts on many accounts one by one: that is a mass act.
    """

    code = "too_many_calls"
    kind = Kind.TOO_MANY


_STATUS: Final = dict.fromkeys((TokenMissing, TokenRefused, ProofRefused), HTTPStatus.UNAUTHORIZED)
# RFC 6750 §3.1: who sent no token is told no error.
_CHALLENGES: Final = {
    TokenMissing: "Bearer",
    TokenRefused: 'Bearer error="invalid_token", error_description="The access token is not valid"',
}


def problem(
    request: Request,
    refusal: Refusal,
    translations: Translations,
    *,
    status: int | None = None,
    scope: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to a call that was refused; `scope` is the one that a token would have needed (RFC 6750 §3)."""
    shown = status or _STATUS.get(type(refusal)) or status_of(refusal.kind)
    messages = {language: _sentences(language, refusal, translations) for language in _LANGUAGES}
    members: dict[str, Any] = {
        "type": f"{_TYPE}{refusal.code}",
        **messages[choose(request)],
        "status": int(shown),
        "code": refusal.code,
        "reference": reference_of(request),
        "messages": messages,
    }
    if isinstance(refusal, CallUnfit):
        members["faults"] = [{"member": member, "fault": fault} for member, fault in refusal.faults]
    more = {**retry_headers(refusal), **_challenge(refusal, scope), **(headers or {})}
    return Response(orjson.dumps(members), int(shown), more, media_type=MEDIA_TYPE)


def _sentences(language: Any, refusal: Refusal, translations: Translations) -> dict[str, str]:
    key = f"error.{refusal.code}"
    return {"title": translations.text(language, key), "detail": translations.text(language, f"{key}.next")}


def _challenge(refusal: Refusal, scope: str) -> dict[str, str]:
    if isinstance(refusal, ScopeMissing):
        return {"www-authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
    if isinstance(refusal, ProofRefused):
        told = f'DPoP error="{refusal.error}", algs="{" ".join(PROOF_ALGORITHMS)}"'
        return {"www-authenticate": told, "dpop-nonce": refusal.nonce}
    challenge = _CHALLENGES.get(type(refusal))
    return {"www-authenticate": challenge} if challenge else {}
