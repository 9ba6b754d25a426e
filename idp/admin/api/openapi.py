"""The API described in OpenAPI 3.1, from the declarations that its endpoints obey."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from idp.admin.api.endpoint import KEY_HEADER, KEY_PATTERN
from idp.admin.api.operations import ROOT, SCOPES, Operation
from idp.admin.api.problems import MEDIA_TYPE, PROBLEM
from idp.admin.api.shapes import Id, Members

VERSION: Final = "1.0.0"
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
_REFUSALS: Final[Mapping[int, str]] = {
    400: "The call is malformed",
    401: "No access token, or none that is good (RFC 6750)",
    403: "The scope is missing, or whoever is behind the token may not",
    404: "There is no such thing within the caller's reach",
    409: "It is not in a state for this, or this was done already",
    410: "Its time is over",
    413: "The call is too large",
    429: "Too many calls: Retry-After says how long to wait",
    503: "A part of the provider is away for a moment",
}
_ALWAYS: Final = (400, 401, 403, 413, 429, 503)


def document(operations: Iterable[Operation], host: str, issuer: str) -> dict[str, Any]:
    """The whole document. `host` is where the API answers, `issuer` where tokens come from."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Định Danh: admin API",
            "version": VERSION,
            "description": "What staff do in the console, for programs. Rules, roles and record are the same.",
        },
        "servers": [{"url": f"{host}{ROOT}"}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM.schema()},
            "responses": {str(status): _refusal(status, about) for status, about in _REFUSALS.items()},
            "securitySchemes": {"oauth2": _security_scheme(issuer)},
        },
    }


def _security_scheme(issuer: str) -> dict[str, Any]:
    token, scopes = f"{issuer}/token", dict(SCOPES)
    return {
        "type": "oauth2",
        "description": "An access token of this provider, in the Authorization header and nowhere else.",
        "flows": {
            "clientCredentials": {"tokenUrl": token, "scopes": scopes},
            "authorizationCode": {"authorizationUrl": f"{issuer}/authorize", "tokenUrl": token, "scopes": scopes},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": " ".join(filter(None, [operation.about, f"Needs the permission {operation.needs}."])),
        "security": [{"oauth2": [operation.scope]}],
        "parameters": [*_in_path(operation), *_in_query(operation), *_in_header(operation)],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": operation.body.schema()}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _in_path(operation: Operation) -> list[dict[str, Any]]:
    shapes = {name: operation.words.get(name, Id()) for name in _PLACE.findall(operation.path)}
    return [_parameter(name, "path", shape.schema(), required=True) for name, shape in shapes.items()]


def _in_query(operation: Operation) -> list[dict[str, Any]]:
    query: Members = operation.query
    return [
        _parameter(name, "query", shape.schema(), required=name not in query.optional)
        for name, shape in query.of.items()
    ]


def _in_header(operation: Operation) -> list[dict[str, Any]]:
    if not operation.takes_key:
        return []
    about = "The same key with the same body gives the first answer again, and does nothing; kept for 24 hours."
    schema = {"type": "string", "pattern": f"^{KEY_PATTERN}$"}
    return [{**_parameter(KEY_HEADER.title(), "header", schema, required=False), "description": about}]


def _parameter(name: str, where: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": schema}


def _responses(operation: Operation) -> dict[str, Any]:
    good = {
        str(status): {"description": "Done", "content": {"application/json": {"schema": shape.schema()}}}
        for status, shape in operation.answers.items()
    }
    has_path = bool(_PLACE.search(operation.path))
    refused = sorted({*_ALWAYS, *operation.refuses, *([404] if has_path else [])})
    return good | {str(status): {"$ref": f"#/components/responses/{status}"} for status in refused}


def _refusal(status: int, about: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found: dict[str, Any] = {"description": about, "content": content}
    if status in (401, 403):
        found["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found
