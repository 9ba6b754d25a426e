"""The two ways in which a call out does not come back."""

from idp.errors import Kind, Refusal


class OutboundNotAllowed(Refusal):
    """We do not call this address: it is private and not listed, plain http, or no web address at all.

    Operator: when the call is right, add its host:port to IDP_OUTBOUND_ALLOW; the audit has the host.
    """

    code = "outbound_not_allowed"
    kind = Kind.NOT_ALLOWED


class OutboundUnavailable(Refusal):
    """The other side did not answer in time, broke off, answered too much, or has a certificate we do not trust.

    Operator: the reason names the host and the failure; for a private certificate authority set IDP_OUTBOUND_CA.
    """

    code = "outbound_unavailable"
    kind = Kind.UNAVAILABLE
