"""A code that goes the whole way: out of the provider, through a real Kannel, to a phone, and back by the person."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.sign_in.people import without_app
from tests.support.kannel import Kannel, kannel
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy


@pytest.fixture(scope="module")
def gateway() -> Iterator[Kannel]:
    with kannel() as running:
        yield running


@pytest.fixture(scope="module")
def provider(gateway: Kannel, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider whose texts go to Kannel."""
    folder = tmp_path_factory.mktemp("provider")
    settings: dict[str, Any] = {
        "sms_driver": "kannel",
        "sms_url": gateway.send_url,
        "sms_user": gateway.user,
        "sms_password": gateway.password,
        "outbound_allow": (urlsplit(gateway.send_url).netloc,),
    }
    with running_provider(sqlite_copy(_sqlite_template, folder), folder, **settings) as running:
        yield running


def test_the_code_on_the_phone_signs_the_person_in(
    provider: Provider, gateway: Kannel, arrive: Arrive, portal: RegisterPortal
) -> None:
    there, traveller = portal(consent="none"), arrive()
    without_app(provider, traveller.citizen)
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.tab.wait_for_selector("#sent")
    provider.tick()
    message = gateway.wait_for(traveller.citizen.phone)
    assert message.sender == "DinhDanh"
    found = re.fullmatch(r"Mã đăng nhập Định Danh: (\d{6}), .*", message.text)
    assert found is not None, message.text
    traveller.gives_code(found[1])
    tokens = there.tokens(traveller.back_at(there))
    assert "sms" in tokens.claims["amr"]


def test_a_new_code_ends_the_one_before(
    provider: Provider, gateway: Kannel, arrive: Arrive, portal: RegisterPortal
) -> None:
    there, traveller = portal(consent="none"), arrive()
    phone = traveller.citizen.phone
    traveller.goes_to(there)
    traveller.gives_password()
    traveller.presses("use-sms")
    traveller.presses("send")
    traveller.tab.wait_for_selector("#sent")
    provider.tick()
    first = _digits(gateway.wait_for(phone).text)
    traveller.presses("send")
    traveller.tab.wait_for_load_state()
    provider.tick()
    second = _digits(gateway.wait_for(phone, after=1).text)
    traveller.gives_code(first)
    traveller.tab.wait_for_selector("#error[data-code=wrong_code]")
    traveller.gives_code(second)
    there.tokens(traveller.back_at(there))


def _digits(text: str) -> str:
    found = re.search(r"(?<!\d)\d{6}(?!\d)", text)
    assert found is not None
    return found[0]
