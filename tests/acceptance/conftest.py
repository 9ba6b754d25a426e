"""One demo in acceptance mode for all tests here; every test has browsers of its own."""

from collections.abc import Iterator

import pytest

from tests.acceptance.suite import Person, Suite, running_suite
from tests.support.portal import Portal


@pytest.fixture(scope="package")
def _one_suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with running_suite(tmp_path_factory.mktemp("acceptance")) as running:
        yield running


@pytest.fixture
def suite(_one_suite: Suite) -> Iterator[Suite]:
    yield _one_suite
    _one_suite.close_browsers()


@pytest.fixture
def basic(suite: Suite) -> Portal:
    """Plain OpenID Connect; a password alone signs in and nobody is asked for consent."""
    return suite.portal("basic")


@pytest.fixture
def woman(suite: Suite) -> Person:
    """The first citizen of demo.json."""
    return suite.person()
