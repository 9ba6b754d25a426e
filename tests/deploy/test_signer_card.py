"""What a token's module fails at, as the helper tells it; tokens in software lock no PIN and are not pulled out."""

from types import SimpleNamespace
from typing import Any

import pkcs11
import pytest

from deploy.signer.card import Card, opened
from deploy.signer.words import REFUSALS, Refused
from tests.support.debian import need
from tests.support.pki import Authority
from tests.support.softhsm import MODULE

TOLD = {
    pkcs11.PinIncorrect: (403, "pin_wrong"),
    pkcs11.PinInvalid: (403, "pin_wrong"),
    pkcs11.PinLenRange: (403, "pin_wrong"),
    pkcs11.PinLocked: (423, "pin_locked"),
    pkcs11.PinExpired: (403, "pin_expired"),
    pkcs11.FunctionCancelled: (403, "cancelled"),
    pkcs11.DeviceRemoved: (503, "token_removed"),
    pkcs11.TokenNotPresent: (503, "token_removed"),
    pkcs11.SessionHandleInvalid: (503, "token_removed"),
    pkcs11.DeviceError: (500, "token_failed"),
    pkcs11.GeneralError: (500, "token_failed"),
    pkcs11.NoSuchKey: (500, "token_failed"),
    pkcs11.MechanismInvalid: (500, "token_failed"),
}


@pytest.mark.parametrize(("error", "status", "code"), [(error, *told) for error, told in TOLD.items()])
def test_every_failure_has_a_sentence(error: type[pkcs11.PKCS11Error], status: int, code: str) -> None:
    need("softhsm2-util")
    with pytest.raises(Refused) as refused, opened(MODULE):
        raise error
    assert refused.value.code == code
    assert REFUSALS[code][0] == status


def test_a_token_cannot_write_elsewhere_on_the_terminal() -> None:
    token: Any = SimpleNamespace(label="thẻ\x1b[2J\r\nhttps://other\u202e")
    card = Card(token, b"", Authority.root("x").certificate)
    assert card.token_label == "thẻ\ufffd[2J\ufffd\ufffdhttps://other\ufffd"
