"""What programs get wrong and strangers try at the registration endpoints: always an answer of ours, never a 500."""

import json
from typing import Any

import pytest
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from idp.portals import Profile
from idp.portals.bounds import OFFERED, Bounds
from idp.portals.members import KNOWN
from tests.portals.files import EC_KEY
from tests.protocol.engines import ON_POSTGRESQL
from tests.support.no_objects import NO_OBJECTS, shown
from tests.support.provider import Provider
from tests.support.schema_calls import ask_well_and_badly, operations_of
from tests.support.self_registered import Registrar, members

pytestmark = ON_POSTGRESQL

CALLS = 25
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance)
GOOD = json.dumps(members(redirect_uris=["https://a.example/cb"]))


@pytest.fixture
def registrar(provider: Provider) -> Registrar:
    return Registrar.of(provider, Bounds(agency="A", profiles=(Profile.WEB, *OFFERED)), uses=1_000_000)


@pytest.mark.parametrize(
    "body",
    [
        *NO_OBJECTS,
        b'{"default_max_age": NaN}',
        b'{"default_max_age": Infinity}',
        b'{"client_name": "1", "client_name": "2"}',
        b'{"jwks": {"keys": [], "keys": []}}',
        b'{"default_max_age": ' + b"9" * 5000 + b"}",
    ],
    ids=shown,
)
def test_what_is_no_json_object(registrar: Registrar, body: bytes) -> None:
    told = registrar.registers()
    for answer in (registrar.posts(body), registrar.own("PUT", told, body)):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=x", ""])
def test_another_content_type(registrar: Registrar, kind: str) -> None:
    answer = registrar.posts(GOOD.encode(), content_type=kind)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


def test_a_huge_body_is_not_read(registrar: Registrar) -> None:
    for body in (b'{"client_name": "' + b"x" * 70_000 + b'"}', b" " * 10_000_000):
        assert registrar.posts(body).status_code == 413
    headers = {"authorization": f"Bearer {registrar.token}", "content-type": "application/json"}
    unannounced = (b" " * 1000 for _ in range(200))
    answer = registrar.provider.http.post(registrar.endpoint, content=unannounced, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def test_long_values_in_a_body_that_is_read(registrar: Registrar) -> None:
    long = "x" * 60_000
    for stated in (
        {"client_name": long},
        {"redirect_uris": [f"https://a.example/{long}"]},
        {"jwks": {"keys": [{**EC_KEY, "kid": long}]}},
        {"scope": "openid " * 8000},
        {"contacts": ["a@b.example"] * 4000},
        {"redirect_uris": [f"https://a.example/{n}" for n in range(1500)]},
    ):
        answer = registrar.posts(members(**stated))
        assert answer.status_code == 400
        assert len(answer.content) < 1500
    # What nobody understands is ignored, however much of it there is.
    assert registrar.posts(members(invented=long)).status_code == 201


@pytest.mark.parametrize("subject", ["CN=#13", "CN=#0c", "O=a,CN=#1380", "CN=#04024869"])
def test_a_subject_with_an_encoded_value_that_is_no_text(registrar: Registrar, subject: str) -> None:
    stated: dict[str, Any] = {"tls_client_auth_subject_dn": subject, "token_endpoint_auth_method": "tls_client_auth"}
    answer = registrar.posts(members(**stated))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert "tls_client_auth_subject_dn has an encoded value that is no text" in answer.json()["error_description"]


@pytest.mark.parametrize("header", [b"Bearer", b"bearer \xff\xfe", b"Bearer a b", b"Bearer " + b"x" * 30_000])
def test_headers_that_hold_no_token(registrar: Registrar, header: bytes) -> None:
    headers = [(b"authorization", header), (b"content-type", b"application/json")]
    answer = registrar.provider.http.post(registrar.endpoint, content=GOOD, headers=headers)
    assert answer.status_code == 401


def test_two_tokens_are_one_too_many(registrar: Registrar) -> None:
    headers = [(b"authorization", b"Bearer " + registrar.token.encode())] * 2
    answer = registrar.provider.http.post(registrar.endpoint, content=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_token_in_the_address_is_none(registrar: Registrar) -> None:
    answer = registrar.provider.http.post(f"{registrar.endpoint}?access_token={registrar.token}", json=json.loads(GOOD))
    assert answer.status_code == 401


def test_no_other_site_reads_the_answers(registrar: Registrar) -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = registrar.provider.http.options(registrar.endpoint, headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def _document(client_id: str) -> dict[str, Any]:
    """The two endpoints as OpenAPI, loosely enough that anything is tried."""
    text, texts = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
    shapes: dict[str, Any] = dict.fromkeys(KNOWN, text)
    shapes |= dict.fromkeys(("redirect_uris", "grant_types", "contacts", "response_types", "resources"), texts)
    shapes |= {"jwks": {"type": "object"}, "default_max_age": {"type": "integer"}, "sector_identifier_uri": text}
    shapes["redirect_uris"] = {"type": "array", "items": {"enum": ["https://a.example/cb", "https://b.example/", "x"]}}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object", "properties": shapes}}}}
    json_answer = {"description": "told", "content": {"application/json": {}}}
    answers = dict.fromkeys(("200", "201", "400", "401", "413"), json_answer)
    own: dict[str, Any] = {method: {"responses": answers} for method in ("get", "put")}
    own["put"] = {"requestBody": body, "responses": answers}
    return {
        "openapi": "3.1.0",
        "info": {"title": "registration", "version": "1"},
        "paths": {"/register": {"post": {"requestBody": body, "responses": answers}}, f"/register/{client_id}": own},
    }


def test_whatever_is_sent_it_answers_as_the_specification_has_it(provider: Provider, registrar: Registrar) -> None:
    told = registrar.registers()
    found = operations_of(_document(told["client_id"]), provider.issuer)
    assert len(found) == 3
    for operation in found:
        token = registrar.token if operation.method == "post" else told["registration_access_token"]
        ask_well_and_badly(operation, token, CHECKS, calls=CALLS)
