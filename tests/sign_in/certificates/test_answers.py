"""The front door of answers: which form it is, how long it may be, and what people are told."""

from base64 import b64encode

import pytest

from idp.errors import Kind
from idp.sign_in.certificates.answers import LONGEST, AnswerNotSigned, AnswerUnreadable, read_answer
from idp.web.template_folder import template_folder
from idp.web.translations import Translations
from tests.sign_in.certificates.cards import KINDS, card
from tests.support.signed_answers import NONCE, Form, cms, web_eid

ORIGIN = "https://id.example.vn"


def reason(text: str, *, nonce: str = NONCE, origin: str = ORIGIN) -> str:
    with pytest.raises((AnswerUnreadable, AnswerNotSigned)) as refused:
        read_answer(text, nonce=nonce, origin=origin)
    assert isinstance(refused.value, AnswerUnreadable | AnswerNotSigned)
    return refused.value.reason


@pytest.mark.parametrize("kind", KINDS)
def test_both_forms_of_an_answer_are_taken(kind: str) -> None:
    for text in (
        web_eid(card(kind), nonce=NONCE, origin=ORIGIN),
        cms(card(kind), nonce=NONCE),
        cms(card(kind), nonce=NONCE, form=Form(attached=False, attributes=False)),
    ):
        assert read_answer(text, nonce=NONCE, origin=ORIGIN).der == card(kind).der
        assert read_answer(f" \r\n{text}\n", nonce=NONCE, origin=ORIGIN).der == card(kind).der


def test_web_eid_holds_for_one_origin_and_cms_says_none() -> None:
    assert reason(web_eid(card(), nonce=NONCE, origin="https://id.example.com")) == "wrong_signature"
    assert read_answer(cms(card(), nonce=NONCE), nonce=NONCE, origin="https://id.example.com").der == card().der


def test_an_answer_to_one_challenge_answers_no_other() -> None:
    other = b64encode(bytes(32)).decode()
    assert reason(web_eid(card(), nonce=NONCE, origin=ORIGIN), nonce=other) == "wrong_signature"
    assert reason(cms(card(), nonce=NONCE), nonce=other) == "other_content"


def test_an_answer_that_is_nothing_has_its_own_reason() -> None:
    assert reason("") == "empty"
    assert reason(" \r\n\t") == "empty"


def test_an_answer_is_not_read_when_it_is_too_long() -> None:
    text = web_eid(card(), nonce=NONCE, origin=ORIGIN)
    assert read_answer(text.ljust(LONGEST), nonce=NONCE, origin=ORIGIN).der == card().der
    assert reason(text.ljust(LONGEST + 1)) == "too_long"


def test_people_are_not_told_which_test_failed() -> None:
    """One sentence for everything that cannot be read, one for everything that proves nothing."""
    translations = Translations.load(template_folder() / "translations")
    for code, kind in ((AnswerUnreadable.code, Kind.BAD_INPUT), (AnswerNotSigned.code, Kind.NOT_ALLOWED)):
        assert translations.has(f"error.{code}")
        assert translations.has(f"error.{code}.next")
        assert {"answer_unreadable": AnswerUnreadable.kind, "answer_not_signed": AnswerNotSigned.kind}[code] is kind
