"""An SMS gateway nobody here wrote: Kannel, sending to its fake SMSC, so that a test can read what was sent.

All on loopback of this machine and not in a network namespace, because the request comes from the provider. The fake
SMSC's port cannot be bound to one address; `connect-allow-ip` keeps everybody else away.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx

from tests.support import debian
from tests.support.ports import free_ports
from tests.support.processes import Program, Ready, answers_at, running

USER = "dinh-danh"
PASSWORD = "kannel-of-the-tests"
FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
GOT = re.compile(r"Got message \d+: <(?P<sender>\S+) (?P<to>\S+) (?P<kind>text|ucs-2|udh) (?P<body>.*)>$")
UDH = re.compile(r"(?P<udh>\S+) data (?P<data>.*)")


@dataclass(frozen=True)
class Message:
    """One SMS as the network got it, its parts put together."""

    sender: str
    to: str
    text: str


@dataclass(frozen=True)
class Kannel:
    """The running gateway: where to send (`send_url`, `user`, `password`) and what arrived."""

    send_url: str
    user: str
    password: str
    network: Program

    def sent(self) -> list[Message]:
        """Every whole message so far, in order of arrival."""
        parts: dict[tuple[str, str, str], dict[int, str]] = {}
        messages: list[Message] = []
        for got in filter(None, map(GOT.search, self.network.said().splitlines())):
            if got["kind"] != "udh":
                messages.append(Message(got["sender"], got["to"], _decoded(got["kind"], got["body"])))
                continue
            reference, count, number, text = _part(got["body"])
            gathered = parts.setdefault((got["sender"], got["to"], reference), {})
            gathered[number] = text
            if len(gathered) == count:
                messages.append(Message(got["sender"], got["to"], "".join(gathered[n] for n in sorted(gathered))))
        return messages

    def wait_for(self, to: str, *, after: int = 0, within: float = 15) -> Message:
        """The newest message to a number, once there are more than `after` of them."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            found = [message for message in self.sent() if message.to == to]
            if len(found) > after:
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(f"no SMS came in {within} s:\n{self.network.said()[-2000:]}")


@contextmanager
def kannel() -> Iterator[Kannel]:
    """bearerbox, smsbox and the fake SMSC for the length of a `with`; up in half a second."""
    debian.need("/usr/sbin/bearerbox", FAKESMSC)
    admin, boxes, network, send = free_ports(4)
    with tempfile.TemporaryDirectory(prefix="dinh-danh-kannel-") as name:
        folder = Path(name)
        (folder / "spool").mkdir()
        (folder / "kannel.conf").write_text(_configuration(admin, boxes, network, send))
        status = f"http://127.0.0.1:{admin}/status.txt?password={PASSWORD}"
        # fakesmsc wants one message to send; the gateway is told not to answer it.
        fakesmsc = [
            FAKESMSC,
            "-H",
            "127.0.0.1",
            "-r",
            str(network),
            "-m",
            "1",
            "-i",
            "1",
            "84900000000 1000 text hello",
        ]
        with (
            running(
                ["/usr/sbin/bearerbox", "kannel.conf"],
                folder=folder,
                log=folder / "bearerbox.log",
                ready=answers_at(status),
            ),
            running(
                ["/usr/sbin/smsbox", "kannel.conf"],
                folder=folder,
                log=folder / "smsbox.log",
                ready=_status_has(status, "smsbox:"),
            ),
            running(
                fakesmsc, folder=folder, log=folder / "fakesmsc.log", ready=_status_has(status, "FAKE:", "(online")
            ) as phones,
        ):
            yield Kannel(f"http://127.0.0.1:{send}/cgi-bin/sendsms", USER, PASSWORD, phones)


def _status_has(status_url: str, *words: str) -> Ready:
    def holds() -> bool:
        with httpx.Client(trust_env=False) as client:
            lines = client.get(status_url).text.splitlines()
        return any(all(word in line for word in words) for line in lines)

    return holds


def _part(body: str) -> tuple[str, int, int, str]:
    """Reference, number of parts, place and text of one part (3GPP TS 23.040 §9.2.3.24.1)."""
    found = UDH.fullmatch(body)
    assert found is not None, body
    header = unquote_to_bytes(found["udh"])
    return header[3:4].hex(), header[4], header[5], _decoded("udh", found["data"])


def _decoded(kind: str, body: str) -> str:
    """The text of a body: plain, or percent-encoded with `+` for a space byte."""
    if kind == "text":
        return body
    raw = unquote_to_bytes(body.replace("+", "%20"))
    # A part does not say its coding. UCS-2 text has a zero byte at every space and Latin letter, 7-bit text has none.
    return raw.decode("utf-16-be" if kind == "ucs-2" or b"\x00" in raw else "latin-1")


def _configuration(admin: int, boxes: int, network: int, send: int) -> str:
    """Kannel's own format: an empty line ends a group, an unknown field stops the start."""
    return f"""group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {PASSWORD}
smsbox-interface = 127.0.0.1
smsbox-port = {boxes}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
store-type = spool
store-location = spool

group = smsc
smsc = fake
smsc-id = FAKE
host = 127.0.0.1
port = {network}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-port = {send}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = {USER}
password = {PASSWORD}
max-messages = 10
concatenation = true

group = sms-service
keyword = default
max-messages = 0
text = "No service"
"""
