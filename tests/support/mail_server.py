"""A small mail server on loopback (RFC 5321, with STARTTLS and AUTH PLAIN) that does to each mail what a test says."""

import asyncio
import base64
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

HANG = "hang"
CUT = "cut"
DRIP = "drip"


@dataclass(frozen=True)
class Mail:
    """A mail that was taken: its envelope, its bytes, and how it came."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """As a reader's program has it."""
        parsed = email.message_from_bytes(self.data, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        """Subject and body, as it was queued."""
        return f"{self.message['Subject']}\n{self.message.get_content()}".strip()


@dataclass
class MailServer:
    """`answers` has what it says to a word instead of the usual ("RCPT", "451 4.7.1 later"), HANG, CUT or DRIP; "TAKEN"
    is for the end of a mail."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    offers_tls: bool = True
    passwords: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Talk(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            return
        finally:
            writer.close()


class _Talk:
    def __init__(self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.encrypted = writer.get_extra_info("ssl_object") is not None
        self.user: str | None = None
        self.sender = ""
        self.recipients: list[str] = []

    async def run(self) -> None:
        await self.say("HELLO", "220 mail.example ready")
        while line := await self.reader.readline():
            said = line.decode().rstrip("\r\n")
            self.server.said.append(said)
            word = said[:4].upper()
            if word == "QUIT":
                await self.say(word, "221 bye")
                return
            await self.answer(word, said)

    async def answer(self, word: str, said: str) -> None:
        if word in ("EHLO", "HELO"):
            await self.say(word, self.offers())
        elif word == "STAR":
            await self.say(word, "220 go ahead")
            await self.writer.start_tls(self.server.tls)  # type: ignore[arg-type]  # offered only with a context
            self.encrypted = True
        elif word == "AUTH":
            _, user, password = base64.b64decode(said.split(" ")[2]).decode().split("\0")
            good = self.server.passwords.get(user) == password
            self.user = user if good else None
            await self.say(word, "235 welcome" if good else "535 5.7.8 no")
        elif word == "MAIL":
            self.sender, self.recipients = said.partition("<")[2].partition(">")[0], []
            await self.say(word, "250 ok")
        elif word == "RCPT":
            self.recipients.append(said.partition("<")[2].partition(">")[0])
            await self.say(word, "250 ok")
        elif word == "DATA":
            await self.take()
        else:
            await self.say(word, "250 ok")

    async def take(self) -> None:
        if not (await self.say("DATA", "354 go on")).startswith("354"):
            return
        data = (await self.reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        mail = Mail(self.sender, tuple(self.recipients), data, self.encrypted, self.user)
        # What breaks off here may have been taken, and is.
        if self.server.answers.get("TAKEN", "2")[0] not in "45":
            self.server.mails.append(mail)
        await self.say("TAKEN", "250 taken")

    def offers(self) -> str:
        offered = ["mail.example", *(["STARTTLS"] if self.server.offers_tls and not self.encrypted else [])]
        offered += ["AUTH PLAIN"] if self.server.passwords else []
        return "\r\n".join([*(f"250-{each}" for each in offered[:-1]), f"250 {offered[-1]}"])

    async def say(self, word: str, usual: str) -> str:
        said = self.server.answers.get(word, usual)
        if said == HANG:
            await self.server.let_go.wait()
            raise ConnectionResetError
        if said == CUT:
            raise ConnectionResetError
        if said == DRIP:
            while not self.server.let_go.is_set():
                self.writer.write(b"2")
                await self.writer.drain()
                await asyncio.sleep(0.02)
            raise ConnectionResetError
        self.writer.write(f"{said}\r\n".encode())
        await self.writer.drain()
        return said


@asynccontextmanager
async def mail_server(
    tls: ssl.SSLContext | None = None, *, at_once: bool = False, **given: bool | dict[str, str]
) -> AsyncIterator[MailServer]:
    """A mail server for the length of an `async with`; `at_once` speaks TLS from the first byte."""
    served = MailServer(tls=tls, **given)  # type: ignore[arg-type]  # its own fields
    listening = await asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=tls if at_once else None)
    served.port = listening.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        served.let_go.set()
        listening.close()
