"""The ways out, all behind `Sender`; the settings say which one is used.

`sandbox` keeps what it "sent" for the demo's outbox page; `http_gateway` posts JSON to any gateway; `kannel` speaks to
a Kannel smsbox; `smtp` hands mails to a mail server. A driver knows nothing of the outbox, and never tries twice.
"""

from idp.clock import Clock
from idp.notices.drivers.http_gateway import HttpGateway
from idp.notices.drivers.kannel import KannelGateway
from idp.notices.drivers.no_mail import NoMail
from idp.notices.drivers.sandbox import SandboxSender, sandbox_messages
from idp.notices.drivers.sender import DeliveryFailed, Sender
from idp.notices.drivers.smtp import MailServer, SmtpSender
from idp.outbound import Outbound, trust_of
from idp.sealing import Keyring, Secret
from idp.settings import Settings
from idp.storage import Database

__all__ = [
    "DeliveryFailed",
    "HttpGateway",
    "KannelGateway",
    "MailServer",
    "NoMail",
    "SandboxSender",
    "Sender",
    "SmtpSender",
    "mailer_from",
    "sandbox_messages",
    "sender_from",
    "smtp_sender",
]


def sender_from(
    settings: Settings, *, outbound: Outbound, database: Database, keyring: Keyring, clock: Clock
) -> Sender:
    """The driver that `IDP_SMS_DRIVER` names."""
    if settings.sms_driver == "sandbox":
        return SandboxSender(database, keyring, clock)
    gateway = KannelGateway if settings.sms_driver == "kannel" else HttpGateway
    return gateway(
        outbound,
        url=settings.sms_url,
        user=settings.sms_user,
        password=Secret(settings.sms_password),
        sender=settings.sms_sender,
    )


def mailer_from(settings: Settings, *, database: Database, keyring: Keyring, clock: Clock) -> Sender:
    """The way out for mails: `IDP_SMTP_HOST`, or the outbox page of the demo, or none."""
    if settings.smtp_host:
        return smtp_sender(settings, clock)
    return SandboxSender(database, keyring, clock) if settings.demo else NoMail()


def smtp_sender(settings: Settings, clock: Clock) -> SmtpSender:
    """The mail server of the settings, whose certificate is checked as those of other calls out are."""
    server = MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        encryption=settings.smtp_encryption,
        sender=settings.smtp_sender,
        user=settings.smtp_user,
        password=Secret(settings.smtp_password),
    )
    return SmtpSender(server, trust_of(settings), clock)
