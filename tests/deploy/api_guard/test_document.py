"""docs/api_guard.md: its snippet guards as it says, its answers are those that are given, its commands work."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy import api_guard
from tests.deploy.api_guard.guarded import CALLER, Guarded, guarded
from tests.support.documents import blocks, document
from tests.support.eventually import eventually
from tests.support.plain_browser import PlainBrowser
from tests.support.ports import ports_in_a_row
from tests.support.processes import answers_at, running
from tests.support.running_demo import CHECKOUT, running_demo

DOCUMENT = document("api_guard")
[SNIPPET] = blocks(DOCUMENT, "python")
COMMANDS = [block.strip() for block in blocks(DOCUMENT)]
TWO = "urn:vn:eid:auth-level:2"
LAND = "https://land.example.vn"


@pytest.fixture
def api() -> Iterator[Guarded]:
    """Guarded as the snippet says, but for the issuer and the clock."""
    with guarded() as running:
        stated: dict[str, Any] = {}

        def settings(application: object, **given: Any) -> None:
            stated.update(given)

        known = {name: getattr(api_guard, name) for name in api_guard.__all__} | {"Guard": settings}
        tree = ast.parse(SNIPPET)
        assert isinstance(tree.body[0], ast.ImportFrom)
        assert {each.name for each in tree.body[0].names} <= set(api_guard.__all__)
        tree.body.pop(0)
        exec(compile(tree, "docs/api_guard.md", "exec"), known | {"application": None})
        stated.pop("issuer")
        running.guarded_by(**stated)
        yield running


def proven(api: Guarded, token: str, path: str, method: str = "GET") -> tuple[int, str]:
    """Status and challenge of a call with a proof, once more with the nonce."""
    changes: dict[str, Any] = {"htu": f"{LAND}{path}", "htm": method}
    first = api.ask(token, api.proof(token, **changes), path=path, method=method)
    nonce = first.header("dpop-nonce")
    answer = api.ask(token, api.proof(token, nonce=nonce, **changes), path=path, method=method)
    return answer.status, "".join(answer.all("www-authenticate"))


def test_the_snippet_guards_as_it_says(api: Guarded) -> None:
    plain = api.token(aud=LAND, scope="land.records")
    assert api.ask(path="/healthz").status == 200
    assert api.ask(plain, path="/parcels/7").status == 200
    assert 'max_age="300"' in api.ask(plain, path="/extract").challenge
    assert api.ask(api.token(aud=LAND, scope="land.records", acr=TWO), path="/extract").status == 200
    writing: dict[str, Any] = {"aud": LAND, "scope": "land.records land.write", "acr": TWO}
    assert 'error="invalid_token"' in api.ask(api.token(**writing), path="/parcels", method="POST").challenge
    assert proven(api, api.token(binding=CALLER, **writing), "/parcels", "POST") == (200, "")


def test_every_error_that_is_given_is_told(api: Guarded) -> None:
    source = "".join(file.read_text() for file in Path(api_guard.__file__).parent.glob("*.py"))
    given = set(re.findall(r'(?:Refused\([0-9]+, |"error": |return Refused\(401, )"([a-z_]+)"', source))
    told = set(re.findall(r"^\| [0-9]{3} \| `([a-z_]+)`", DOCUMENT, re.MULTILINE))
    assert given == told


def test_what_the_document_names_is_there() -> None:
    assert {"Nonces", "SeenFull", "Rule", "Guard"} <= set(api_guard.__all__)
    assert "`async is_first(name, *, until, now)`" in DOCUMENT
    assert api_guard.issuer_keys.FRESH_SECONDS == 5 * 60
    assert api_guard.issuer_keys.KEEP_SECONDS == 15 * 60


def test_its_commands_run_beside_the_demo(tmp_path: Path) -> None:
    """Both portals, in programs of their own, with a person of the demo."""
    with running_demo(tmp_path / "demo") as demo:
        port = ports_in_a_row(3)
        written = {
            "http://localhost:8000": demo.told["issuer"],
            "8010": str(port),
            "var/step_up": str(tmp_path / "step_up"),
            "var/demo": str(tmp_path / "demo"),
            ".venv/bin/python": sys.executable,
            ".venv/bin/idp": f"{sys.executable} -m idp",
        }
        serve, register = (_replaced(command, written) for command in COMMANDS)
        portals = [f"http://localhost:{port + more}" for more in (1, 2)]
        with running(
            ["sh", "-c", f"exec {serve}"],
            log=tmp_path / "log",
            folder=CHECKOUT,
            ready=answers_at(portals[1]),
            within=60,
        ):
            subprocess.run(["sh", "-c", register], cwd=CHECKOUT, check=True, capture_output=True, timeout=60)
            for url in portals:
                _sees_an_extract(url, demo.told["citizens"][0])


def _replaced(command: str, written: dict[str, str]) -> str:
    for here, there in written.items():
        assert here in "".join(COMMANDS)
        command = command.replace(here, there)
    return command


def _sees_an_extract(url: str, citizen: dict[str, str]) -> None:
    with PlainBrowser() as browser:
        # The running provider takes new portals up within a second.
        eventually(lambda: browser.open(f"{url}/records").has("sign-in-form"))
        page = browser.submit(
            "sign-in-form", {"citizen_number": citizen["citizen_number"], "password": citizen["password"]}
        )
        assert "Thửa 57" in page.element("answer").text
        assert browser.click("extract").has("otp-form"), "the code is asked for now"
