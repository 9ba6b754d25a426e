"""npm's jose, which most portals in JavaScript have, opens what is encrypted to them."""

import json
import subprocess
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from idp.keys import portal_keys
from idp.portals.encrypting import ENCRYPTIONS
from idp.portals.public_keys import ENCRYPTION_ALGORITHMS
from tests.support import node
from tests.support.key_server import key

EC = key("ec", use="enc")
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "enc"}, private=True)
CONTENT = "Nguyễn Thị Hằng: " + "ă" * 5000


def opened(*sealed: tuple[ECKey | RSAKey, str]) -> list[dict[str, Any]]:
    """What jose makes of each."""
    lines = [json.dumps({"jwk": by.as_dict(private=True), "token": token}) for by, token in sealed]
    done = subprocess.run(
        node.program("jose.mjs"), input="\n".join(lines), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("holds_jwt", [True, False])
def test_jose_opens_every_combination(holds_jwt: bool) -> None:
    keys = portal_keys({"keys": [each.as_dict(private=False) for each in (EC, RSA)]})
    combinations = [(alg, enc) for alg in ENCRYPTION_ALGORITHMS for enc in ENCRYPTIONS]
    sealed: list[tuple[ECKey | RSAKey, str]] = []
    for algorithm, encryption in combinations:
        found = keys.to_encrypt_to(algorithm)
        assert found is not None
        token = found.encrypt(CONTENT.encode(), algorithm=algorithm, encryption=encryption, holds_jwt=holds_jwt)
        sealed.append((RSA if algorithm.startswith("RSA") else EC, token))
    told = opened(*sealed)
    assert [(each["header"]["alg"], each["header"]["enc"]) for each in told] == combinations
    assert {each["content"] for each in told} == {CONTENT}
    assert {each["header"].get("cty") for each in told} == {"JWT" if holds_jwt else None}
    assert not any("zip" in each["header"] for each in told)
