"""Texts that fit into one SMS and lead nowhere."""

import unicodedata

import pytest

from idp.accounts.letters import letter

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", ["activation_code", "lock_code"])
def test_a_letter_is_one_sms_with_its_code_and_no_link(name: str, language: str) -> None:
    text = letter(name, language, code="471103")
    assert "471103" in text
    assert len(text) <= (160 if set(text) <= GSM_7 else 70)
    assert "http" not in text
    assert "www" not in text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", ["opened_by_certificate", "factors_changed", "password_changed"])
def test_news_is_one_sms_without_a_link(name: str, language: str) -> None:
    text = letter(name, language)
    assert len(text) <= (160 if set(text) <= GSM_7 else 70)
    assert text == unicodedata.normalize("NFC", text)
    assert "http" not in text and "www" not in text


def test_a_letter_without_its_value_is_a_bug() -> None:
    with pytest.raises(KeyError):
        letter("activation_code", "vi")
