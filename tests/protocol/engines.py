"""On which engine a test runs: on both, unless it says that one is enough."""

import pytest

ON_POSTGRESQL = pytest.mark.parametrize("_one_provider", ["postgresql"], indirect=True, scope="session")
"""For what the engine cannot change. PostgreSQL takes less: no NUL, no lone surrogate, no number that is too large."""
