"""A letter as a mail (RFC 5322, RFC 2047): its first line is the subject, the rest the body.

With the older half of the standard library's `email`: the newer one loses spaces where it folds a long subject that is
not English. What could add a header is checked here.
"""

from datetime import datetime
from email.header import Header
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Final
from uuid import UUID

from idp.notices.mail_addresses import ADDRESS

_POLICY: Final = compat32.clone(linesep="\r\n", max_line_length=78)


def mail_message(*, sender: str, to: str, text: str, reference: UUID, now: datetime) -> bytes:
    """The bytes that are handed over, in ASCII. Raises ValueError for an address that is none.

    `reference` names it for good: a mail that comes twice, by whatever server on the way, is known by that.
    """
    if not (ADDRESS.fullmatch(sender) and ADDRESS.fullmatch(to)):
        raise ValueError("not a mail address")
    subject, _, body = text.partition("\n")
    message = MIMEText(body.strip("\n").replace("\n", "\r\n") + "\r\n", "plain", "utf-8")
    message["From"] = formataddr(("Định Danh", sender))
    message["To"] = to
    shown = "".join(character if character.isprintable() else " " for character in subject)
    message["Subject"] = Header(shown, "utf-8", header_name="Subject")  # type: ignore[assignment]  # the stubs know text only
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{reference}@{sender.rpartition('@')[2]}>"
    # RFC 3834 §5: no holiday notes in return.
    message["Auto-Submitted"] = "auto-generated"
    return message.as_bytes(policy=_POLICY)
