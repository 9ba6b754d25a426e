"""A letter as a mail (RFC 5322): its first line is the subject, the rest the body.

Headers come from the library's own types, which refuse a line break, so nothing in a letter adds one.
"""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from uuid import UUID

_POLICY: Final = SMTP.clone(cte_type="7bit")


def mail_message(*, sender: str, to: str, text: str, reference: UUID, now: datetime) -> bytes:
    """The bytes that are handed over, in ASCII. Raises ValueError for an address that is none.

    `reference` names it for good: a mail that comes twice, by whatever server on the way, is known by that.
    """
    subject, _, body = text.partition("\n")
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(display_name="Định Danh", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = "".join(character if character.isprintable() else " " for character in subject)
    message["Date"] = now
    message["Message-ID"] = f"<{reference}@{sender.rpartition('@')[2]}>"
    # RFC 3834 §5: no holiday notes in return.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip("\n") + "\n", cte="base64")
    return message.as_bytes()
