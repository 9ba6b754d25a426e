"""From a certificate to an anchor: path building and validation (RFC 5280 §6), with cross-certificates.

pyhanko-certvalidator finds and checks the ways; whether anybody on a way was revoked is asked elsewhere.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from asn1crypto import x509 as asn1
from cryptography import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy, PKIXValidationParams

from idp.pki.certificate import Certificate
from idp.pki.refusals import (
    CertificateExpired,
    CertificateRefused,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWeak,
)
from idp.pki.trust_list import Anchor, AnchorPolicy, TrustList

# What the library says in words only.
_SAID: Final = (
    ("the permitted namespace", "name_constraint"),
    ("excluded from the namespace", "name_constraint"),
    ("maximum path length", "path_too_long"),
    ("no valid set of policies", "policy"),
    ("is not a CA", "not_an_authority"),
    ("not allowed to sign certificates", "not_an_authority"),
    ("unsupported critical extension", "unknown_critical_extension"),
    ("the signature of", "forged_signature"),
)


@dataclass(frozen=True, slots=True)
class Path:
    """The way that was found: the certificate first, then who vouches for whom, the anchor's own last."""

    anchor: Anchor
    chain: tuple[Certificate, ...]


class Paths:
    """Finds ways under one version of the trust list."""

    def __init__(self, trust: TrustList) -> None:
        self._trust = trust
        gone = {each.certificate.key_digest for each in trust.distrusted}
        self._anchors = [anchor for anchor in trust.anchors if anchor.certificate.key_digest not in gone]
        self._issuers = [_asn1(each) for each in trust.issuers if each.key_digest not in gone]
        self._all_issuers = [_asn1(each) for each in (*trust.issuers, *(each.certificate for each in trust.distrusted))]

    def find(self, certificate: Certificate, *, at: datetime) -> Path:
        """The first way that holds at that time. Blocks for milliseconds: run it in a lane.

        Raises `CertificateUntrusted`, `CertificateExpired`, `CertificateWeak` or `CertificateUnreadable`.
        """
        refusals: list[CertificateRefused] = []
        for anchor in self._anchors:
            try:
                path = _under(anchor, certificate, self._issuers, at)
                _refuse_old_anchor(anchor, at)
                _refuse_usage(certificate, anchor.policy)
                self._refuse_blocked(path)
            except CertificateRefused as refusal:
                refusals.append(refusal)
            else:
                return path
        raise self._most_telling(refusals, certificate, at)

    def _refuse_blocked(self, path: Path) -> None:
        for certificate, issuer in zip(path.chain, path.chain[1:], strict=False):
            serial = certificate.parsed.serial_number
            if any(block.covers(issuer.key_digest, serial) for block in self._trust.blocks):
                raise CertificateUntrusted("blocked_batch")

    def _most_telling(
        self, refusals: list[CertificateRefused], certificate: Certificate, at: datetime
    ) -> CertificateRefused:
        """An anchor that nothing leads to says nothing about a certificate that is near another one."""
        for refusal in refusals:
            if refusal.reason not in ("unknown_authority", "self_signed"):
                return refusal
        if self._led_to_somebody_distrusted(certificate, at):
            return CertificateUntrusted("distrusted_authority")
        return refusals[0] if refusals else CertificateUntrusted("unknown_authority")

    def _led_to_somebody_distrusted(self, certificate: Certificate, at: datetime) -> bool:
        for anchor in (*self._trust.anchors, *(Anchor("", each.certificate) for each in self._trust.distrusted)):
            try:
                _under(anchor, certificate, self._all_issuers, at)
            except CertificateRefused:
                continue
            return True
        return False


def _under(anchor: Anchor, certificate: Certificate, issuers: Iterable[asn1.Certificate], at: datetime) -> Path:
    policies = anchor.policy.policies
    strength = DisallowWeakAlgorithmsPolicy(rsa_key_size_threshold=anchor.policy.least_rsa_bits)  # type: ignore[no-untyped-call]
    validator = CertificateValidator(
        _asn1(certificate),
        validation_context=ValidationContext(
            trust_roots=[_asn1(anchor.certificate)],
            other_certs=list(issuers),
            moment=at,
            time_tolerance=timedelta(0),
            allow_fetching=False,
            algorithm_usage_policy=strength,
        ),
        pkix_params=PKIXValidationParams(frozenset(policies), initial_explicit_policy=True) if policies else None,
    )
    found = _outcome(validator.async_validate_path)
    chain = tuple(Certificate.read(each.dump()) for each in reversed(list(found.iter_certs(include_root=True))))
    return Path(anchor, chain)


def _outcome(validate: Callable[[], Coroutine[Any, Any, ValidationPath]]) -> ValidationPath:
    try:
        return asyncio.run(validate())
    except InvalidCertificateError:
        raise CertificateUntrusted("self_signed") from None
    except PathBuildingError:
        raise CertificateUntrusted("unknown_authority") from None
    except ExpiredError as error:
        raise CertificateExpired("expired" if error.is_ee_cert else "authority_expired") from None
    except NotYetValidError as error:
        raise CertificateExpired("not_yet_valid" if error.is_ee_cert else "authority_not_yet_valid") from None
    except DisallowedAlgorithmError:
        raise CertificateWeak("weak_signature") from None
    except (PathValidationError, ValidationError) as error:
        said = error.failure_msg
        raise CertificateUntrusted(next((reason for words, reason in _SAID if words in said), "path")) from None
    except (ValueError, TypeError, KeyError):
        # asn1crypto reads a part when it is asked for it, and raises these where it cannot.
        raise CertificateUnreadable("not_decodable") from None


def _refuse_old_anchor(anchor: Anchor, at: datetime) -> None:
    """The library takes an anchor for a key and a name, without a time (RFC 5280 §6.1.1 d)."""
    parsed = anchor.certificate.parsed
    if at > parsed.not_valid_after_utc:
        raise CertificateExpired("authority_expired")
    if at < parsed.not_valid_before_utc:
        raise CertificateExpired("authority_not_yet_valid")


def _refuse_usage(certificate: Certificate, policy: AnchorPolicy) -> None:
    if policy.key_usages and not policy.key_usages & _key_usages(certificate):
        raise CertificateUntrusted("key_usage")
    extended = {usage.dotted_string for usage in certificate.extension(x509.ExtendedKeyUsage) or ()}
    if policy.extended_key_usages and not policy.extended_key_usages & extended:
        raise CertificateUntrusted("extended_key_usage")


def _key_usages(certificate: Certificate) -> set[str]:
    usage = certificate.extension(x509.KeyUsage)
    return {
        name for name in ("digital_signature", "content_commitment", "key_agreement") if getattr(usage, name, False)
    }


def _asn1(certificate: Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.der, strict=True)
