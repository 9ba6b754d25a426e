"""On which engine a test runs: on both, unless it says that one is enough."""

import pytest

ON_POSTGRESQL = pytest.mark.parametrize("one_provider", ["postgresql"], indirect=True, scope="package")
"""For what the engine cannot change. PostgreSQL takes less: no NUL, no lone surrogate, no number that is too large."""
