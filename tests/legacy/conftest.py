"""Portals of the old interface, and their programs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.legacy.vnconnect_client import VnconnectClient
from tests.support.one_provider import now, one_provider, provider, visitor
from tests.support.portal import Portal
from tests.support.provider import Provider

__all__ = ["now", "one_provider", "provider", "visitor"]

BACK = "https://dvc.example/da-dang-xuat"
SCOPE = "openid profile email phone address account_level citizen_number"


@pytest.fixture
def old_portal(provider: Provider) -> Callable[..., Portal]:
    """Registers one; what is not stated is as an operator would have it for a portal of VNConnect."""

    def registered(**stated: Any) -> Portal:
        leave_by = (provider.clock.now() + timedelta(days=400)).date().isoformat()
        usual = {
            "profile": "legacy-vnconnect",
            "leave_by": leave_by,
            "scope": SCOPE,
            "legal_basis": "Nghị định 69/2024/NĐ-CP",
            "post_logout_redirect_uris": [BACK],
        }
        return provider.portal(**(usual | stated))

    return registered


@pytest.fixture
def client_of(provider: Provider) -> Callable[[Portal], VnconnectClient]:
    """The old program that runs behind a portal."""

    def program(portal: Portal) -> VnconnectClient:
        described = portal.provider
        return VnconnectClient(
            base=provider.issuer,
            client_id=portal.client_id,
            client_secret=portal.members["client_secret"],
            redirect_uri=portal.callback,
            introspection=described["introspection_endpoint"],
            revocation=described["revocation_endpoint"],
            sign_out_at=described["end_session_endpoint"],
            http=portal.http,
        )

    return program
