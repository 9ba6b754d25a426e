"""The measure for certificates: `cryptography` validates the same path, and does nothing else."""

import time
from collections.abc import Sequence
from typing import Final

from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store

from idp.clock import Clock
from tests.support.authorities import Authorities
from tests.support.pki import Issued

_TIMES: Final = 5
"""Each card: so few milliseconds at once would measure the moment."""


def milliseconds_each(trusted: Authorities, cards: Sequence[Issued]) -> float:
    """Processor time of one validation: leaf, authority, root. No revocation, no policies: it has neither."""
    verifier = (
        PolicyBuilder()
        .store(Store([trusted.root.certificate]))
        .time(Clock().now())
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    between = [trusted.ca.certificate]
    began = time.process_time()
    for _ in range(_TIMES):
        for card in cards:
            verifier.verify(card.certificate, between)
    return (time.process_time() - began) / len(cards) / _TIMES * 1000
