"""Mails, handed to a real mail server: encrypted, once, whole, and to nobody else than they are for."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from structlog.testing import capture_logs

from idp.app.doctor import examine
from idp.notices import queue
from idp.notices.drivers import DeliveryFailed, MailServer, NoMail, SandboxSender, SmtpSender, mailer_from
from idp.notices.drivers.mail_message import mail_message
from idp.notices.mail_addresses import mail_address
from idp.notices.upkeep import run_once
from idp.sealing import Keyring, Secret
from idp.settings import Settings, SettingsRefused
from idp.storage import Database
from idp.storage.identifiers import new_id
from tests.contracts.sender import SenderContract, WayOut
from tests.support import mail_server as servers
from tests.support.clock import START, ManualClock

pytestmark = pytest.mark.anyio

TO = "truc@cong.example.vn"
SENDER = "khong-tra-loi@dinhdanh.example.vn"
TEXT = (
    "Cổng không trả lời / A portal does not answer\nKính gửi quý đơn vị,\n\n.một dòng có dấu chấm ở đầu\n"
    + "dài " * 300
)
PASSWORDS = {"idp": "a-password-of-the-mail-server"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def of_server(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*(names or ("localhost",))).configure_cert(context)
    return context


def of_client(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def sender_to(
    remote: servers.MailServer, authority: trustme.CA, clock: ManualClock, *, encryption: str = "starttls", **more: Any
) -> AsyncIterator[SmtpSender]:
    server = MailServer(host="localhost", port=remote.port, encryption=encryption, sender=SENDER, **more)
    sender = SmtpSender(server, of_client(authority), clock)
    yield sender
    remote.let_go.set()
    sender.close()


class TestSmtp(SenderContract):
    """The suite of every driver."""

    recipients = (TO, *(f"truc-{number}@cong.example.vn" for number in range(5)))

    @pytest.fixture
    async def way_out(self, authority: trustme.CA, clock: ManualClock) -> AsyncIterator[WayOut]:
        async with servers.mail_server(of_server(authority)) as remote, sender_to(remote, authority, clock) as sender:

            async def arrived(_count: int) -> list[tuple[str, str]]:
                return [(mail.recipients[0], mail.text) for mail in remote.mails]

            yield WayOut(sender, arrived)


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
async def test_a_mail_goes_encrypted_and_authenticated(
    authority: trustme.CA, clock: ManualClock, encryption: str
) -> None:
    at_once = encryption == "tls"
    context, reference = of_server(authority), new_id(START)
    async with (
        servers.mail_server(context, at_once=at_once, passwords=PASSWORDS) as remote,
        sender_to(
            remote, authority, clock, encryption=encryption, user="idp", password=Secret(PASSWORDS["idp"])
        ) as sender,
    ):
        await sender.send(TO, TEXT, reference=reference)
    [mail] = remote.mails
    assert (mail.sender, mail.recipients, mail.encrypted, mail.user) == (SENDER, (TO,), True, "idp")
    message = mail.message
    assert message["Subject"] == "Cổng không trả lời / A portal does not answer"
    assert message.get_content().split() == TEXT.partition("\n")[2].split()
    assert (message["To"], message["From"]) == (TO, f"Định Danh <{SENDER}>")
    assert message["Message-ID"] == f"<{reference}@dinhdanh.example.vn>"
    assert message["Date"].datetime == clock.now()
    assert message["Auto-Submitted"] == "auto-generated"
    assert max(map(len, mail.data.split(b"\r\n"))) <= 78


async def test_nothing_is_said_to_a_server_that_cannot_encrypt(authority: trustme.CA, clock: ManualClock) -> None:
    """Also the one in the middle that takes the offer out of the answer."""
    async with (
        servers.mail_server(offers_tls=False, passwords=PASSWORDS) as remote,
        sender_to(remote, authority, clock, user="idp", password=Secret("x")) as sender,
    ):
        with pytest.raises(DeliveryFailed, match="not_offered"):
            await sender.send(TO, TEXT, reference=new_id(START))
    assert [said[:4].upper() for said in remote.said] == ["EHLO"]


@pytest.mark.parametrize("encryption", ["starttls", "tls"])
@pytest.mark.parametrize("whose", ["another name", "another authority"])
async def test_nothing_is_said_to_a_server_that_is_another(
    authority: trustme.CA, clock: ManualClock, whose: str, encryption: str
) -> None:
    context = of_server(authority, "mail.example.vn") if whose == "another name" else of_server(trustme.CA())
    async with (
        servers.mail_server(context, at_once=encryption == "tls") as remote,
        sender_to(remote, authority, clock, encryption=encryption) as sender,
    ):
        with pytest.raises(DeliveryFailed, match="not_trusted") as raised:
            await sender.send(TO, TEXT, reference=new_id(START))
    assert raised.value.permanent is False
    assert not any(said.startswith("MAIL") for said in remote.said)


@pytest.mark.parametrize(
    ("word", "said", "reason", "permanent"),
    [
        ("HELLO", "421 4.3.2 not now", "status_421", False),
        ("HELLO", servers.CUT, "unreachable", False),
        ("AUTH", "535 5.7.8 no", "login_refused", False),
        ("MAIL", "451 4.3.0 later", "status_451", False),
        ("MAIL", servers.CUT, "unreachable", False),
        ("RCPT", "450 4.7.1 greylisted", "status_450", False),
        ("RCPT", "550 5.1.1 nobody", "status_550", True),
        ("DATA", "451 4.3.0 later", "status_451", False),
        ("DATA", servers.CUT, "unreachable", False),
        ("TAKEN", "452 4.3.1 full", "status_452", False),
        ("TAKEN", "554 5.7.1 spam", "status_554", True),
        # It may have been taken: it is not sent again.
        ("TAKEN", servers.CUT, "no_answer", True),
    ],
)
async def test_what_is_tried_again_is_what_was_not_taken_for_certain(
    authority: trustme.CA, clock: ManualClock, word: str, said: str, reason: str, permanent: bool
) -> None:
    async with (
        servers.mail_server(of_server(authority), answers={word: said}, passwords=PASSWORDS) as remote,
        sender_to(remote, authority, clock, user="idp", password=Secret(PASSWORDS["idp"])) as sender,
    ):
        with pytest.raises(DeliveryFailed) as raised:
            await sender.send(TO, TEXT, reference=new_id(START))
    assert (raised.value.reason, raised.value.permanent) == (reason, permanent)


@pytest.mark.parametrize("word", ["HELLO", "EHLO", "RCPT", "TAKEN"])
@pytest.mark.parametrize("how", [servers.HANG, servers.DRIP])
async def test_one_that_hangs_or_drips_is_left_in_time(
    authority: trustme.CA, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, word: str, how: str
) -> None:
    monkeypatch.setattr("idp.notices.drivers.smtp.SECONDS", 0.3)
    async with (
        servers.mail_server(of_server(authority), answers={word: how}) as remote,
        sender_to(remote, authority, clock) as sender,
    ):
        async with asyncio.timeout(3):
            with pytest.raises(DeliveryFailed) as raised:
                await sender.send(TO, TEXT, reference=new_id(START))
    assert raised.value.permanent is (word == "TAKEN")


HOSTILE = ["a\r\nBcc: thief@evil.example\r\n", "a\nBcc: thief@evil.example", "a\r\n\r\nbody", "\u2028x\x00y\x0b\x85z"]


@pytest.mark.parametrize("subject", HOSTILE)
def test_no_line_of_a_letter_becomes_a_header(subject: str) -> None:
    mail = mail_message(sender=SENDER, to=TO, text=f"{subject}\nbody", reference=new_id(START), now=START)
    head = mail.partition(b"\r\n\r\n")[0].decode("ascii")
    names = {line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))}
    assert names == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }


@pytest.mark.parametrize(
    "to",
    [
        "a@b.example\r\nBcc: thief@evil.example",
        "a@b.example, thief@evil.example",
        "<a@b.example>",
        '"a b"@b.example',
        "a@b.example>\r\nRCPT TO:<thief@evil.example",
        "a@[127.0.0.1]",
        "a@localhost",
        "ă@b.example",
        "@b.example",
        "a@b..example",
        "a@b.example\n",
        "",
        f"{'a' * 65}@b.example",
    ],
)
async def test_only_plain_addresses_are_written_to(
    database: Database, keyring: Keyring, clock: ManualClock, to: str
) -> None:
    assert mail_address(to) is None
    with pytest.raises(ValueError, match=r"^not a recipient of that channel$"):
        await database.run(queue, keyring, channel="email", to=to, text=TEXT, now=clock.now())


def test_a_contact_may_be_a_mail_address() -> None:
    assert mail_address("mailto:truc@cong.example.vn") == mail_address("truc@cong.example.vn") == TO
    assert mail_address("+84 24 1234 5678") is None


async def test_each_mail_goes_once_and_texts_do_not_go_with_them(
    database: Database, keyring: Keyring, authority: trustme.CA, clock: ManualClock
) -> None:
    now = clock.now()
    text = await database.run(queue, keyring, to="+84912345678", text="mã", now=now)
    for number in range(20):
        to = f"truc-{number}@cong.example.vn"
        await database.run(queue, keyring, channel="email", to=to, text=TEXT, capped=False, now=now)
    async with servers.mail_server(of_server(authority)) as remote, sender_to(remote, authority, clock) as sender:
        rounds = [run_once(database, keyring, sender, clock=clock, channel="email") for _ in range(3)]
        assert sum(await asyncio.gather(*rounds)) == 20
    assert sorted(mail.recipients[0] for mail in remote.mails) == sorted(
        f"truc-{number}@cong.example.vn" for number in range(20)
    )
    assert all(str(text) not in mail.message["Message-ID"] for mail in remote.mails)


async def test_greylisted_mail_goes_later(
    database: Database, keyring: Keyring, authority: trustme.CA, clock: ManualClock
) -> None:
    await database.run(queue, keyring, channel="email", to=TO, text=TEXT, now=clock.now())
    async with (
        servers.mail_server(of_server(authority), answers={"RCPT": "450 4.7.1 greylisted"}) as remote,
        sender_to(remote, authority, clock) as sender,
    ):
        await run_once(database, keyring, sender, clock=clock, channel="email")
        remote.answers.clear()
        clock.advance(minutes=5)
        await run_once(database, keyring, sender, clock=clock, channel="email")
    assert [mail.recipients for mail in remote.mails] == [(TO,)]


async def test_without_a_mail_server_the_record_says_so(
    database: Database, keyring: Keyring, clock: ManualClock
) -> None:
    await database.run(queue, keyring, channel="email", to=TO, text=TEXT, now=clock.now())
    with capture_logs() as lines:
        await run_once(database, keyring, NoMail(), clock=clock, channel="email")
    assert [(line["event"], line["reason"]) for line in lines] == [("notice_not_sent", "no_mail_server")]


REAL = {"IDP_ISSUER": "https://id.example.vn", "IDP_SMS_DRIVER": "http", "IDP_SMS_URL": "https://sms.example.vn"}
MAIL = {"IDP_SMTP_HOST": "mail.example.vn", "IDP_SMTP_SENDER": SENDER}


@pytest.mark.parametrize(
    ("environ", "driver"),
    [
        ({"IDP_ISSUER": "http://localhost:8000", "IDP_MODE": "demo"}, SandboxSender),
        (REAL, NoMail),
        ({**REAL, **MAIL}, SmtpSender),
    ],
    ids=["demo", "none", "a server"],
)
async def test_the_settings_choose_the_way_out(
    database: Database, keyring: Keyring, clock: ManualClock, environ: dict[str, str], driver: type
) -> None:
    chosen = mailer_from(Settings.from_environ(environ), database=database, keyring=keyring, clock=clock)
    assert isinstance(chosen, driver)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"IDP_SMTP_SENDER": ""}, "IDP_SMTP_SENDER must be an e-mail address"),
        ({"IDP_SMTP_SENDER": "a@b\nBcc: c@d"}, "IDP_SMTP_SENDER must be an e-mail address"),
        ({"IDP_SMTP_PASSWORD": "mật khẩu"}, "IDP_SMTP_USER and IDP_SMTP_PASSWORD must be ASCII"),
        ({"IDP_SMTP_ENCRYPTION": "none"}, "IDP_SMTP_ENCRYPTION may be none only"),
        (
            {"IDP_SMTP_ENCRYPTION": "none", "IDP_SMTP_HOST": "localhost", "IDP_SMTP_PASSWORD": "x"},
            "IDP_SMTP_PASSWORD would be sent as it is",
        ),
    ],
)
def test_what_would_be_unsafe_is_refused_at_start(change: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsRefused, match=fault):
        Settings.from_environ({**REAL, **MAIL, **change})


async def test_the_doctor_asks_the_server(authority: trustme.CA, tmp_path: Path) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    async with servers.mail_server(of_server(authority), passwords=PASSWORDS) as remote:
        settings: dict[str, Any] = {
            "issuer": "http://localhost:8000",
            "mode": "demo",
            "smtp_host": "localhost",
            "smtp_port": remote.port,
            "smtp_sender": SENDER,
            "smtp_user": "idp",
            "outbound_ca": trusted,
            "database_url": f"sqlite:///{tmp_path}/idp.db",
            "sandbox_register_url": f"sqlite:///{tmp_path}/register.db",
        }
        for password, says in ((PASSWORDS["idp"], "lets us in"), ("wrong", "login_refused")):
            findings = await examine(Settings(**settings, smtp_password=password))
            [mail] = [finding for finding in findings if finding.check == "mail"]
            assert says in mail.says
            assert mail.good is (says == "lets us in")
    assert remote.mails == []
