"""A mail server (RFC 5321), by the standard library's smtplib, on threads of its own.

The connection is encrypted and the server's certificate checked before anything is said: by STARTTLS, which is then
required (RFC 3207), or by TLS from the first byte (RFC 8314). A server says for certain whether it took a mail, until
the mail itself is on its way: whoever breaks off after that may have taken it.
"""

import asyncio
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from idp.clock import Clock
from idp.notices.drivers.mail_message import mail_message
from idp.notices.drivers.sender import DeliveryFailed
from idp.sealing import Secret

THREADS: Final = 2
SECONDS: Final = 20.0
"""For one mail, from the connection on: a server that drips its answers holds a thread so long."""

_SECONDS_OF_SILENCE: Final = 8.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over, by whom and for whom. Without a `user` nobody authenticates."""

    host: str
    port: int
    encryption: str  # starttls, tls or none, as IDP_SMTP_ENCRYPTION has it
    sender: str
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""), repr=False)


class SmtpSender:
    """Hands over one mail a connection: mails are few."""

    def __init__(self, server: MailServer, trust: ssl.SSLContext, clock: Clock) -> None:
        self._server = server
        self._trust = trust
        self._clock = clock
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mail")

    async def send(self, to: str, text: str, *, reference: UUID) -> None:
        """See `idp.notices.drivers.Sender.send`; the first line of `text` is the subject."""
        mail = mail_message(sender=self._server.sender, to=to, text=text, reference=reference, now=self._clock.now())
        await asyncio.get_running_loop().run_in_executor(self._threads, self._hand_over, to, mail)

    async def greet(self) -> None:
        """Connect, encrypt and authenticate, and send nothing: whether mails would go out. Raises `DeliveryFailed`."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._greet)

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _greet(self) -> None:
        with self._connection():
            return

    def _hand_over(self, to: str, mail: bytes) -> None:
        with self._connection() as connection:
            _check(_asked(lambda: connection.mail(self._server.sender)))
            _check(_asked(lambda: connection.rcpt(to)))
            _check(_asked(lambda: connection.docmd("DATA")), good=354)
            try:
                connection.send(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n")
                code = connection.getreply()[0]
            except (OSError, smtplib.SMTPException) as error:
                raise DeliveryFailed("no_answer", permanent=True) from error
            _check(code, good=250)

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        cutter = _Cutter()
        bound = threading.Timer(SECONDS, cutter.cut)
        bound.start()
        try:
            connection = self._opened(cutter)
            try:
                yield connection
                with suppress(OSError, smtplib.SMTPException):
                    connection.quit()
            finally:
                connection.close()
        finally:
            bound.cancel()

    def _opened(self, cutter: "_Cutter") -> smtplib.SMTP:
        server = self._server
        kind = _WholeTls if server.encryption == "tls" else _Plain
        connection = kind(server.host, server.sender.rpartition("@")[2], self._trust)
        cutter.connection = connection
        try:
            code, _ = connection.connect(server.host, server.port)
            _check(code)
            connection.ehlo_or_helo_if_needed()
            if server.encryption == "starttls":
                connection.starttls(context=self._trust)
                connection.ehlo_or_helo_if_needed()
            if server.user:
                connection.login(server.user, server.password.reveal())
        except Exception as error:
            connection.close()
            if isinstance(error, DeliveryFailed):
                raise
            raise DeliveryFailed(_why_not_open(error), permanent=False) from error
        return connection


class _Plain(smtplib.SMTP):
    """Not connected yet: so that whoever bounds its time has hold of it before the server says its first word."""

    def __init__(self, host: str, own_name: str, _: ssl.SSLContext) -> None:
        super().__init__(local_hostname=own_name, timeout=_SECONDS_OF_SILENCE)
        self._host = host  # which the certificate must name


class _WholeTls(smtplib.SMTP_SSL):
    def __init__(self, host: str, own_name: str, trust: ssl.SSLContext) -> None:
        super().__init__(local_hostname=own_name, timeout=_SECONDS_OF_SILENCE, context=trust)
        self._host = host


class _Cutter:
    """Breaks a connection off from another thread."""

    connection: smtplib.SMTP | None = None

    def cut(self) -> None:
        """Whoever reads or writes there finds it ended."""
        held = self.connection.sock if self.connection else None
        if held is not None:
            with suppress(OSError):
                # Not TLS's own: that one is in the hands of the thread that waits.
                socket.socket.shutdown(held, socket.SHUT_RDWR)


def _asked(say: Callable[[], tuple[int, bytes]]) -> int:
    """The code of an answer to something that hands over no mail yet."""
    try:
        return say()[0]
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed("unreachable", permanent=False) from error


def _check(code: int, *, good: int | None = None) -> None:
    """4xx is for now, 5xx for good (RFC 5321 §4.2.1)."""
    if code == good or (good is None and 200 <= code < 300):
        return
    raise DeliveryFailed(f"status_{code}", permanent=not 400 <= code < 500)


def _why_not_open(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "not_trusted"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "not_offered"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "login_refused"
    return "unreachable"
