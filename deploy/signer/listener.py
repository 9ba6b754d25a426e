"""The helper's one address, http://127.0.0.1:PORT/sign, for pages of known origins only.

A page anywhere can send requests to loopback, so each is held to the exact Origin that the browser wrote into it, and
to a Host that is this address and no name that somebody made lead here (DNS rebinding).
"""

import json
import re
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any, Final

from deploy.signer.words import REFUSALS, Refused

PATH: Final = "/sign"
_LONGEST_BODY: Final = 4096
_NONCE: Final = re.compile(r"[A-Za-z0-9+/]{42,128}={0,2}")  # of 256 bits or more, in base64

Answer = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What a page wants to be signed."""

    origin: str
    nonce: str = field(repr=False)


class Desk:
    """Where the listener lays a question down, and the main thread takes it up: one at a time."""

    def __init__(self) -> None:
        self._free = Lock()
        self._questions: SimpleQueue[tuple[Question, Future[Answer]]] = SimpleQueue()

    def ask(self, question: Question) -> Answer:
        """The answer, whenever it comes; raises `Refused`, at once while another question waits."""
        if not self._free.acquire(blocking=False):
            raise Refused("busy")
        try:
            answer: Future[Answer] = Future()
            self._questions.put((question, answer))
            return answer.result()
        finally:
            self._free.release()

    def next(self) -> tuple[Question, Future[Answer]]:
        """The next question, and where its answer goes."""
        while True:
            # Not for ever: a signal or Ctrl-C that comes just before would wait for the next question too.
            with suppress(Empty):
                return self._questions.get(timeout=0.5)


class Listener(ThreadingHTTPServer):
    """Listens on loopback. `origins` are those of the pages that may ask."""

    daemon_threads = True

    def __init__(self, port: int, origins: frozenset[str], desk: Desk) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.origins = origins
        self.desk = desk

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about pages that went away: what they sent must not get into a terminal."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Listener
    timeout = 10
    server_version = "signer"
    sys_version = ""

    def do_OPTIONS(self) -> None:
        """The browser's question before a page's (CORS, and Private Network Access)."""
        self._answer(self._allow)

    def do_POST(self) -> None:
        """A page's question: `{"nonce": …}` in JSON. The answer is a Web eID token, or `{"error", "vi", "en"}`."""
        self._answer(self._sign)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002  (as called)
        """Any other method, and what is no HTTP."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._refuse("wrong_method")
        else:
            self._refuse("wrong_body", HTTPStatus(code))

    def log_message(self, format: str, *words: Any) -> None:  # noqa: A002  (the library's own signature)
        """Nothing: the person sees what is asked when they are asked."""

    def _answer(self, act: Any) -> None:
        try:
            answer = act()
        except Refused as refused:
            self._refuse(refused.code)
        else:
            self._send(HTTPStatus.OK, answer)

    def _refuse(self, code: str, status: HTTPStatus | None = None) -> None:
        usual, words = REFUSALS[code]
        self._send(status or usual, {"error": code, "vi": words.vi, "en": words.en})

    def _allow(self) -> Answer:
        self._allowed_origin()
        return {}

    def _sign(self) -> Answer:
        origin = self._allowed_origin()
        return self.server.desk.ask(Question(origin, self._nonce()))

    def _allowed_origin(self) -> str:
        if self.headers.get_all("Host") != [f"127.0.0.1:{self.server.server_port}"]:
            raise Refused("wrong_host")
        if self.path != PATH:
            raise Refused("wrong_path")
        origins = self.headers.get_all("Origin", [])
        if len(origins) != 1 or origins[0] not in self.server.origins:
            raise Refused("wrong_origin")
        return str(origins[0])

    def _nonce(self) -> str:
        # No form can send this type: a page that does was asked for by the browser first.
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type") != "application/json" or not re.fullmatch("[0-9]{1,4}", length):
            raise Refused("wrong_body")
        if int(length) > _LONGEST_BODY:
            raise Refused("wrong_body")
        try:
            asked = json.loads(self.rfile.read(int(length)), object_pairs_hook=_named_once)
        except (ValueError, RecursionError):
            raise Refused("wrong_body") from None
        nonce = asked.get("nonce") if isinstance(asked, dict) else None
        if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
            raise Refused("wrong_body")
        return nonce

    def _send(self, status: HTTPStatus, answer: Answer) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in self._headers(body).items():
            self.send_header(name, value)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "OPTIONS, POST")  # RFC 9110 §15.5.6
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _headers(self, body: bytes) -> dict[str, str]:
        """Only a page that may ask is told anything."""
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Origin",
        }
        try:
            headers["Access-Control-Allow-Origin"] = self._allowed_origin()
        except (Refused, AttributeError):  # without headers where not even the first line could be read
            return headers
        headers |= {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type"}
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        return headers


def _named_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; `ValueError` for a member named twice, of which readers differ about which one counts."""
    if len(dict(members)) != len(members):
        raise ValueError
    return dict(members)
