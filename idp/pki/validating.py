"""Whether one way from a certificate to an anchor holds (RFC 5280 §6), as pyhanko-certvalidator says.

Whether anybody on it was revoked is asked elsewhere.
"""

import logging
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator import PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers, derive_quals_from_cert
from pyhanko_certvalidator.errors import DisallowedAlgorithmError, ExpiredError, NotYetValidError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy, DisallowWeakAlgorithmsPolicy
from pyhanko_certvalidator.validate import async_validate_path

from idp.pki.refusals import CertificateExpired, CertificateUnreadable, CertificateUntrusted, CertificateWeak
from idp.pki.trust_list import AnchorPolicy
from idp.pki.ways import Link
from idp.pki.weak_keys import LEAST_RSA_BITS

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

_UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, AssertionError, UnsupportedAlgorithm)
"""What the library raises for a certificate that says in one place what does not fit what it says in another."""

# It logs what it reads in certificates of strangers, who may write there what they like, and in those of people.
logging.getLogger("pyhanko_certvalidator").propagate = False
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())

_ASKED_ELSEWHERE: Final = CertRevTrustPolicy(NO_REVOCATION)


class Validator:
    """Validates ways to one anchor, by its policy."""

    def __init__(self, anchor: Link, policy: AnchorPolicy) -> None:
        """Raises `CertificateUnreadable` for an anchor whose extensions cannot be read."""
        self._anchor = anchor
        self._root = CertTrustAnchor(anchor.decoded, _constraints(anchor))
        bits = max(policy.least_rsa_bits, LEAST_RSA_BITS)
        self._strength = DisallowWeakAlgorithmsPolicy(rsa_key_size_threshold=bits)  # type: ignore[no-untyped-call]
        self._parameters = (
            PKIXValidationParams(policy.policies, initial_explicit_policy=True) if policy.policies else None
        )

    def validate(self, way: tuple[Link, ...], *, at: datetime) -> None:
        """Return where it holds at that time; the last link is the anchor. Blocks for about a millisecond.

        Raises `CertificateUntrusted`, `CertificateExpired`, `CertificateWeak` or `CertificateUnreadable`.
        """
        leaf, *between, _ = way
        path = ValidationPath(self._root, [link.decoded for link in reversed(between)], leaf.decoded)
        try:
            context = ValidationContext(
                trust_roots=[],
                moment=at,
                time_tolerance=timedelta(0),
                revinfo_policy=_ASKED_ELSEWHERE,
                algorithm_usage_policy=self._strength,
            )
            _finish(async_validate_path(context, path, self._parameters))
        except ExpiredError as error:
            raise CertificateExpired("expired" if error.is_ee_cert else "authority_expired") from None
        except NotYetValidError as error:
            raise CertificateExpired("not_yet_valid" if error.is_ee_cert else "authority_not_yet_valid") from None
        except DisallowedAlgorithmError:
            raise CertificateWeak("weak_signature") from None
        except ValidationError as error:
            said = error.failure_msg
            raise CertificateUntrusted(next((reason for words, reason in _SAID if words in said), "path")) from None
        except _UNREADABLE:
            raise CertificateUnreadable("not_decodable") from None
        self._refuse_old_anchor(at)

    def _refuse_old_anchor(self, at: datetime) -> None:
        """The library takes an anchor for a key and a name, without a time (RFC 5280 §6.1.1 d)."""
        parsed = self._anchor.certificate.parsed
        if at > parsed.not_valid_after_utc:
            raise CertificateExpired("authority_expired")
        if at < parsed.not_valid_before_utc:
            raise CertificateExpired("authority_not_yet_valid")


def _constraints(anchor: Link) -> TrustQualifiers:
    """How far down, and for which names, an anchor's own certificate says that it vouches (RFC 5937 §3)."""
    try:
        said = derive_quals_from_cert(anchor.decoded)
    except _UNREADABLE:
        raise CertificateUnreadable("not_decodable") from None
    names = said.standard_parameters
    return TrustQualifiers(
        # Which policies are asked for is our policy's to say, not the anchor's.
        standard_parameters=names
        and replace(names, user_initial_policy_set=frozenset({"any_policy"}), initial_explicit_policy=False),
        max_path_length=said.max_path_length,
        max_aa_path_length=said.max_path_length,
    )


def _finish(validation: Coroutine[Any, Any, Any]) -> None:
    """Run it to its end. Fetching nothing, it waits for nothing: an event loop of its own would only cost time."""
    try:
        validation.send(None)
    except StopIteration:
        return
    validation.close()
    raise AssertionError("the library waits for something")
