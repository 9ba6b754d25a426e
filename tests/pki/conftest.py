"""One authority for the tests of what a certificate says; who vouches for it matters elsewhere."""

import pytest

from tests.support.pki import Authority


@pytest.fixture(scope="package")
def ca() -> Authority:
    return Authority.root("Gốc thử nghiệm").issue_authority("CA thử nghiệm")
