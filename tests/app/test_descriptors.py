"""How many connections a serving process may have."""

import subprocess
import sys

import pytest

_PROGRAM = """
import resource, uvicorn
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from idp.app import serving
from idp.settings import Settings
class Seen(Exception): ...
def seen(*_): raise Seen
uvicorn.Server.run = seen
try:
    serving.serve(Settings.from_environ({{"IDP_ISSUER": "https://idp.test", "IDP_MODE": "demo"}}))
except Seen:
    print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(256, 2048), (2048, 2048)])
def test_serving_raises_its_limit_to_what_it_may_have(soft: int, hard: int) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(soft=soft, hard=hard)], capture_output=True, check=True, text=True
    )
    assert said.stdout.split()[-2:] == [str(hard), str(hard)]
