"""The signing helper as it is run: a process of its own, a token in software, and a PIN program that is a script."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import httpx

from tests.support.ports import free_port
from tests.support.processes import listens_on, running
from tests.support.signed_answers import NONCE
from tests.support.softhsm import SoftToken

ORIGIN: Final = "https://id.example.vn"

# Speaks pinentry's protocol. What it is asked goes to a file; before a PIN it waits while there is a file `wait`.
PIN_PROGRAM = """#!/bin/sh
cd '{folder}'
echo "OK Pleased to meet you"
while read -r line; do
  echo "$line" >> asked
  case "$line" in
    GETPIN)
      while [ -e wait ]; do sleep 0.02; done
      [ -s pin ] || {{ echo "ERR 83886179 Operation cancelled"; continue; }}
      echo "# a comment"
      echo "D $(cat pin)" ;;
    CONFIRM)
      [ "$(cat choice)" = "$(grep -c CONFIRM asked)" ] || {{ echo "ERR 83886194 Not confirmed"; continue; }} ;;
    BYE) exit ;;
  esac
  echo OK
done
"""


@dataclass
class Signer:
    """A running helper, whose person answers with what is in `pin` and `choice`."""

    port: int
    folder: Path
    log: Path | None = None

    @property
    def here(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def asked(self) -> str:
        """All that the PIN program was told so far."""
        file = self.folder / "asked"
        return file.read_text() if file.exists() else ""

    def said(self) -> str:
        """All that the helper has printed."""
        return self.log.read_text() if self.log else ""

    def enters(self, pin: str) -> None:
        (self.folder / "pin").write_text(pin)

    def takes(self, number: int) -> None:
        """Say yes to the certificate of that number, from 1, and no to the others."""
        (self.folder / "choice").write_text(str(number))

    def hesitates(self) -> Path:
        """Leave the next question for a PIN open until the file is taken away."""
        (self.folder / "wait").touch()
        return self.folder / "wait"

    def send(
        self,
        body: Any = None,
        headers: Mapping[str, str | None] = MappingProxyType({}),
        *,
        method: str = "POST",
        path: str = "/sign",
    ) -> httpx.Response:
        """A request as the page's browser sends it, its body in JSON unless it is bytes.

        `headers` replace its own; those that are None are left out.
        """
        sent = {"Origin": ORIGIN, "Content-Type": "application/json"} | dict(headers)
        kept = [(name, value) for name, value in sent.items() if value is not None]
        with httpx.Client(trust_env=False, timeout=20) as client:
            content = {"content": body} if isinstance(body, bytes) else {"json": body}
            request = client.build_request(method, f"http://{self.here}{path}", headers=kept, **content)
            return client.send(request)

    def sign(self, nonce: str = NONCE) -> httpx.Response:
        return self.send({"nonce": nonce})


@contextmanager
def signer(
    token: SoftToken, *options: str, origins: Sequence[str] = (ORIGIN,), port: int | None = None
) -> Iterator[Signer]:
    """A helper that uses this token, whose person knows the PIN."""
    script = token.folder / "pin-program"
    script.write_text(PIN_PROGRAM.format(folder=token.folder))
    script.chmod(0o755)
    port = port or free_port()
    command = [*module(token, port, origins), "--pin-program", str(script), *options]
    log = token.folder / "signer.log"
    with running(command, log=log, ready=listens_on(port), environment=token.environment):
        started = Signer(port, token.folder, log)
        started.enters(token.pin)
        started.takes(1)
        yield started


def module(token: SoftToken, port: int, origins: Sequence[str] = (ORIGIN,)) -> list[str]:
    """The command without what asks for the PIN."""
    allowed = [word for origin in origins for word in ("--origin", origin)]
    return [sys.executable, "-m", "deploy.signer", "--module", token.module, "--port", str(port), *allowed]
