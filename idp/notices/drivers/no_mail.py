"""No mail server: every mail fails, which the log and the record then say."""

from uuid import UUID

from idp.notices.drivers.sender import DeliveryFailed


class NoMail:
    """For a provider whose operator named none."""

    async def send(self, to: str, text: str, *, reference: UUID) -> None:  # noqa: ARG002  (the protocol's own arguments)
        """Fails for good; an operator who sets IDP_SMTP_HOST is told of later outages."""
        raise DeliveryFailed("no_mail_server", permanent=True)
