"""What schemathesis makes of an OpenAPI document, asked of the running provider."""

from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok


def operations_of(document: dict[str, Any], base_url: str) -> list[Any]:
    """Every operation of a document that is good as a whole."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=base_url)
    found = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        found.append(result.ok())
    return found


def ask_well_and_badly(operation: Any, token: str, checks: tuple[Callable[..., Any], ...], *, calls: int) -> None:
    """So many calls as the document allows, then as many that it does not, where anything can be wrong."""
    _ask(operation, schemathesis.GenerationMode.POSITIVE, token, checks, calls)
    if operation.body or operation.query or operation.path_parameters:
        _ask(operation, schemathesis.GenerationMode.NEGATIVE, token, checks, calls)


def _ask(
    operation: Any,
    mode: schemathesis.GenerationMode,
    token: str,
    checks: tuple[Callable[..., Any], ...],
    calls: int,
) -> None:
    @settings(
        max_examples=calls,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate(headers={"authorization": f"Bearer {token}"}, checks=checks)

    ask()
