"""Why a certificate signs nobody in. People read one of a few sentences; the audit keeps the exact `reason`."""

from datetime import timedelta

from idp.errors import Kind, Refusal


class CertificateRefused(Refusal):
    """Any of the refusals below. `reason` is a snake_case code."""

    kind = Kind.NOT_ALLOWED

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason, retry_after=retry_after)


class CertificateUnreadable(CertificateRefused):
    """What was sent is no certificate, or one that says things twice or in a way nobody can read.

    Operator: the audit has the reason. Many from one authority: look at one with `openssl x509 -text` and ask the
    authority.
    """

    code = "certificate_unreadable"


class CertificateWeak(CertificateRefused):
    """The key of a certificate, or what it is signed with, is too weak to prove anything.

    Operator: the person needs a new certificate. With `roca_key`, so does everybody with that kind of token.
    """

    code = "certificate_weak"


class CertificateNamesNobody(CertificateRefused):
    """A certificate of an organisation: a seal proves no person.

    Operator: nothing to do; the person signs in with a certificate of their own.
    """

    code = "certificate_names_nobody"


class CertificateUntrusted(CertificateRefused):
    """No authority on the trust list vouches for a certificate, or it was issued for something else.

    Operator: `idp pki check` explains a certificate step by step. Many from one authority: is its newest certificate on
    the trust list?
    """

    code = "certificate_untrusted"


class CertificateExpired(CertificateRefused):
    """A certificate, or that of an authority above it, is past its time or before it.

    Operator: with `authority_expired` or `authority_not_yet_valid` everybody under that authority is turned away: put
    its new certificate on the trust list.
    """

    code = "certificate_expired"


class CertificateRevoked(CertificateRefused):
    """The authority that issued a certificate, or one above it, has taken it back.

    Operator: nothing to do for a person's own; with `authority_revoked` everybody under that authority is turned away.
    """

    code = "certificate_revoked"


class CertificateNotChecked(CertificateRefused):
    """Nobody could say whether a certificate still holds: its authority's service is away, or its answer is no answer.

    Operator: the audit has the exact reason. `idp pki check` asks again, step by step; people sign in with their
    password meanwhile.
    """

    code = "certificate_not_checked"
    kind = Kind.UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retry_after=timedelta(minutes=1))
