"""Each refusal leaves one row, and the row says why: it is all that an operator has to help a portal with."""

import pytest

from tests.protocol.engines import ON_POSTGRESQL
from tests.support.fapi_portal import FapiPortal
from tests.support.portal import Portal, basic, error_of
from tests.support.provider import Provider
from tests.support.refusal_record import Record

pytestmark = ON_POSTGRESQL


@pytest.fixture
def record(provider: Provider, portal: Portal) -> Record:
    assert portal.client_id
    return Record(provider)


@pytest.mark.parametrize(
    ("sent", "error", "reason"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request", "pkce_is_s256"),
        ({"response_type": "token"}, "unsupported_response_type", "response_type_is_code"),
        ({"scope": "openid citizen_number"}, "invalid_scope", "scope_is_registered"),
        ({"prompt": "none login"}, "invalid_request", "prompt_is_known"),
        ({"request": "e30.e30."}, "invalid_request_object", "a_header_of_the_wrong_type"),
        ({"request_uri": "urn:elsewhere"}, "request_uri_not_supported", "nothing_is_elsewhere"),
        ({"id_token_hint": "e30.e30."}, "invalid_request", "a_header_of_the_wrong_type"),
        ({"redirect_uri": "https://elsewhere.example/"}, "invalid_request", "portal_address_unknown"),
        ({"client_id": "nobody"}, "invalid_request", "portal_unknown"),
    ],
)
def test_a_request_at_authorize(
    provider: Provider, portal: Portal, record: Record, sent: dict[str, str], error: str, reason: str
) -> None:
    provider.browser().open(portal.ask(**sent))
    assert record.since() == [("authorization_refused", {"error": error, "reason": reason})]


def test_a_wrong_secret_at_token(portal: Portal, record: Record) -> None:
    headers = {"authorization": basic(portal.client_id, "wrong")}
    portal.post("token", {"grant_type": "refresh_token"}, authenticate=False, headers=headers)
    assert record.since() == [
        ("tokens_refused", {"grant_type": "refresh_token", "error": "invalid_client", "reason": "wrong_secret"})
    ]


@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
@pytest.mark.parametrize(
    ("credentials", "method", "reason"),
    [
        ("", "client_secret_basic", "wrong_secret"),
        (basic("nobody", "wrong"), "client_secret_basic", "unknown_portal_or_another_method"),
        ("Bearer x", "unclear", "not_basic"),
    ],
)
def test_who_cannot_prove_to_be_a_portal(
    portal: Portal, record: Record, endpoint: str, credentials: str, method: str, reason: str
) -> None:
    sent = {"authorization": credentials or basic(portal.client_id, "wrong")}
    portal.post(endpoint, {"token": "x"}, authenticate=False, headers=sent)
    assert record.since() == [("portal_authentication_refused", {"method": method, "reason": reason})]


def test_what_a_stranger_types_does_not_get_there(portal: Portal, record: Record) -> None:
    headers = {"authorization": basic(portal.client_id, "wrong")}
    portal.post("token", {"grant_type": "003099000001 Nguyễn"}, authenticate=False, headers=headers)
    portal.post("token", {"grant_type": "a-word-of-their-own"}, authenticate=False, headers=headers)
    assert {details["grant_type"] for _, details in record.since()} == {"another"}


@pytest.mark.parametrize("endpoint", ["token", "pushed_authorization_request", "introspection", "revocation"])
@pytest.mark.parametrize(
    ("body", "headers", "error", "reason"),
    [
        (b"a=1&a=2", {}, "invalid_request", "repeated_field"),
        (b"{}", {"content-type": "application/json"}, "invalid_request", "not_a_form"),
        (b"a=1", {"dpop": "x"}, "invalid_dpop_proof", "not_a_proof"),
    ],
)
def test_a_call_that_cannot_be_read(
    portal: Portal, record: Record, endpoint: str, body: bytes, headers: dict[str, str], error: str, reason: str
) -> None:
    portal.post(endpoint, body, headers=headers)
    assert record.since() == [("portal_call_refused", {"error": error, "reason": reason})]


def test_a_question_for_a_nonce_is_no_refusal(portal: Portal, record: Record) -> None:
    bound = FapiPortal(portal)
    proof = bound.proof("POST", portal.provider["token_endpoint"])
    assert error_of(portal.post("token", {"grant_type": "x"}, headers={"dpop": proof})) == "use_dpop_nonce"
    assert record.since() == []
