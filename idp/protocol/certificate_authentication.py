"""How a portal proves who it is by the certificate of its TLS connection (RFC 8705 §2).

Whoever ended the handshake has seen to it that the other side holds the certificate's key, and nothing else.
`tls_client_auth`: an authority of the operator's choice issued it to the name that the portal registered.
`self_signed_tls_client_auth`: it is one of those that the portal registered, and who signed it does not matter.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idp.key_sets.portal_key_sets import PortalKeySets
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateUnreadable, CertificateWeak
from idp.pki.weak_keys import refuse_weak_key
from idp.portals import certificate_subjects
from idp.portals.portal import Portal
from idp.portals.profiles import SELF_SIGNED
from idp.protocol.portal_authorities import CertificateRefused, PortalAuthorities, check_purpose, check_time


class CertificateAuthentication:
    """Checks the certificates of portals that registered one of the two methods."""

    def __init__(self, key_sets: PortalKeySets, authorities: PortalAuthorities | None) -> None:
        """Without `authorities` nobody gets in by `tls_client_auth`."""
        self._key_sets = key_sets
        self.authorities = authorities

    def check(self, portal: Portal, der: bytes | None, *, now: datetime) -> None:
        """Raises `CertificateRefused`, whose reason the portal is not told."""
        if der is None:
            raise CertificateRefused("no_certificate")
        try:
            certificate = Certificate.read(der)
        except CertificateUnreadable:
            raise CertificateRefused("certificate_unreadable") from None
        if portal.token_endpoint_auth_method != SELF_SIGNED:
            self._check_issued(portal, certificate, now=now)
        else:
            keys = self._key_sets.of(portal)
            if not keys.has_certificate(der):
                raise CertificateRefused(keys.fault or "certificate_not_registered")
        check_time(certificate, now=now)

    def _check_issued(self, portal: Portal, certificate: Certificate, *, now: datetime) -> None:
        if self.authorities is None:
            raise CertificateRefused("no_authorities")
        # Cheapest first: a stranger has the rest done for nothing only after it knows whose name to use.
        if not certificate_subjects.names(certificate, portal):
            raise CertificateRefused("certificate_of_another")
        check_time(certificate, now=now)
        check_purpose(certificate)
        if not isinstance(certificate.parsed.public_key(), Ed25519PublicKey):
            try:
                refuse_weak_key(certificate)
            except CertificateWeak:
                raise CertificateRefused("certificate_weak_key") from None
        self.authorities.check_chain(certificate, now=now)
