"""Signing in with a certificate, through the front door: over mutual TLS behind a proxy, and by a signed challenge."""

import pytest

from tests.sign_in.certificates.holder import Holder
from tests.support.portal import Portal
from tests.support.provider import Provider

WAYS = ("tls", "challenge")


def sign_in(holder: Holder, portal: Portal, way: str) -> None:
    page = holder.signs_in_by_tls(portal) if way == "tls" else holder.signs_in_by_challenge(portal)
    assert page.stopped, page.text


@pytest.mark.parametrize("way", WAYS)
def test_a_number_and_a_name_sign_their_person_in(
    provider: Provider, portal: Portal, holder: Holder, way: str
) -> None:
    sign_in(holder, portal, way)
    claims = portal.tokens(holder.page).claims
    assert claims["acr"] == "urn:vn:eid:auth-level:2"
    assert claims["amr"] == ["swk", "pop"]
    [accepted] = provider.audit(holder.visitor.citizen, "certificate_accepted")
    assert (accepted["way"], accepted["purpose"]) == (way, "certificate")
