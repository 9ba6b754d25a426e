"""The OpenAPI document: valid, whole, and true: whatever schemathesis makes of it, the API never fails, and answers as
it says."""

from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from idp.admin.roles import Role
from tests.admin.api.programs import ROOT, SCOPES, person, program
from tests.support.provider import Provider
from tests.support.schema_calls import ask_well_and_badly, operations_of

CALLS = 8
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture
def document(provider: Provider) -> dict[str, Any]:
    answer = provider.get(f"{ROOT}/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return dict(answer.json())


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for path in document["paths"].values() for each in path.values()}


def test_it_is_valid(document: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(document).validate()
    assert document["openapi"] == "3.1.0"


def test_every_schema_in_it_is_one(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        schemas = [parameter["schema"] for parameter in operation["parameters"]]
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        schemas += [media["schema"] for each in contents for media in each.get("content", {}).values()]
        for schema in schemas:
            jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_operation_says_which_scope_it_needs(document: dict[str, Any], provider: Provider) -> None:
    scheme = document["components"]["securitySchemes"]["oauth2"]
    flow = scheme["flows"]["clientCredentials"]
    assert (scheme["type"], flow["tokenUrl"]) == ("oauth2", f"{provider.issuer}/token")
    assert set(flow["scopes"]) == set(SCOPES.split())
    acting = {name for name, each in operations(document).items() if each["security"] == [{"oauth2": ["admin.act"]}]}
    reading = {name for name, each in operations(document).items() if each["security"] == [{"oauth2": ["admin.read"]}]}
    assert acting | reading == operations(document).keys()
    assert acting == {
        "act_on_account", "prepare_mass_act", "propose_mass_act", "approve_proposal", "refuse_proposal"
    }  # fmt: skip


def test_everybody_may_read_it_and_no_other_site(provider: Provider) -> None:
    answer = provider.get(f"{ROOT}/openapi.json", headers={"origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("of", ["program", "person"])
def test_whatever_is_asked_it_answers_as_it_says(provider: Provider, document: dict[str, Any], of: str) -> None:
    """Each operation, well and badly asked, by somebody who may: no 500, and no answer that the document does not
    know."""
    caller = person(provider, Role.NATIONAL_ADMIN) if of == "person" else program(provider)[1]
    assert caller.token is not None
    found = operations_of(document, f"{provider.issuer}{ROOT}")
    assert len(found) == len(operations(document))
    for operation in found:
        ask_well_and_badly(operation, caller.token, CHECKS, calls=CALLS)
