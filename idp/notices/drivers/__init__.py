"""The ways out, all behind `Sender`; the settings say which one is used.

`sandbox` keeps what it "sent" for the demo's outbox page; `http_gateway` posts JSON to any gateway; `kannel` speaks to
a Kannel smsbox. A driver knows nothing of the outbox, and never tries twice.
"""

from idp.clock import Clock
from idp.notices.drivers.http_gateway import HttpGateway
from idp.notices.drivers.kannel import KannelGateway
from idp.notices.drivers.sandbox import SandboxSender, sandbox_messages
from idp.notices.drivers.sender import DeliveryFailed, Sender
from idp.outbound import Outbound
from idp.sealing import Keyring, Secret
from idp.settings import Settings
from idp.storage import Database

__all__ = [
    "DeliveryFailed",
    "HttpGateway",
    "KannelGateway",
    "SandboxSender",
    "Sender",
    "sandbox_messages",
    "sender_from",
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
