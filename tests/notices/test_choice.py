"""The settings choose the way out."""

import pytest

from idp.notices.drivers import HttpGateway, KannelGateway, SandboxSender, sender_from
from idp.outbound import Outbound
from idp.sealing import Keyring
from idp.settings import Settings, SettingsRefused
from idp.storage import Database
from tests.support.clock import ManualClock

pytestmark = pytest.mark.anyio

DEMO = {"IDP_ISSUER": "http://localhost:8000", "IDP_MODE": "demo"}
REAL = {"IDP_ISSUER": "https://id.example.vn", "IDP_SMS_URL": "https://sms.example.vn/send"}


@pytest.mark.parametrize(
    ("environ", "driver"),
    [
        (DEMO, SandboxSender),
        ({**REAL, "IDP_SMS_DRIVER": "http"}, HttpGateway),
        ({**REAL, "IDP_SMS_DRIVER": "kannel"}, KannelGateway),
    ],
)
async def test_each_driver_by_its_name(
    database: Database, keyring: Keyring, clock: ManualClock, environ: dict[str, str], driver: type
) -> None:
    outbound = Outbound()
    settings = Settings.from_environ(environ)
    chosen = sender_from(settings, outbound=outbound, database=database, keyring=keyring, clock=clock)
    assert isinstance(chosen, driver)
    await outbound.close()


def test_a_real_provider_has_no_sandbox() -> None:
    with pytest.raises(SettingsRefused, match="IDP_SMS_DRIVER"):
        Settings.from_environ({"IDP_ISSUER": "https://id.example.vn"})
