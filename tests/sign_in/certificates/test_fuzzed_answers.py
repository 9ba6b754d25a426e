"""Answers that nearly are one: never anything but a refusal or what was signed, and never a long time."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.pki.certificate import Certificate
from idp.sign_in.certificates.answers import LONGEST, AnswerNotSigned, AnswerUnreadable, read_answer
from idp.sign_in.certificates.ber import as_der
from tests.pki.mutations import mutations
from tests.sign_in.certificates.cards import card
from tests.support.signed_answers import NONCE, Form, cms_bytes, web_eid

ORIGIN = "https://id.example.vn"
FEW, MANY = 250, 10_000
COUNTS = pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
SLOW = 1.0
"""Seconds of CPU that nothing may take; most take a thousandth of it."""

# The library says of some faults that a later version of it will refuse them; here they are refused or harmless.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


def refused(text: str) -> bool:
    """Whether it was, by one of the two refusals; what is taken in spite of a change has the key that signed."""
    began = time.process_time()
    try:
        der = read_answer(text, nonce=NONCE, origin=ORIGIN).der
    except (AnswerUnreadable, AnswerNotSigned) as refusal:
        assert refusal.reason
        assert refusal.reason.replace("_", "").isalnum()
        return True
    finally:
        assert time.process_time() - began < SLOW
    assert Certificate.read(der).key_digest in {
        Certificate.read(card(kind).der).key_digest for kind in ("P-256", "RSA")
    }
    return False


def _tokens(count: int) -> Iterator[str]:
    """Mutated as text, as it would have been on the way."""
    text = web_eid(card(), nonce=NONCE, origin=ORIGIN)
    for mutated in mutations(text.encode(), count, seed=11):
        yield mutated.decode(errors="replace")


def _tokens_of_mutated_parts(count: int) -> Iterator[str]:
    """Mutated certificates and signatures within tokens that are well formed."""
    token = json.loads(web_eid(card("RSA"), nonce=NONCE, origin=ORIGIN))
    for part, share, seed in (("unverifiedCertificate", 4, 12), ("signature", 1, 13)):
        for mutated in mutations(b64decode(token[part]), count * share // 5, seed=seed):
            yield json.dumps(token | {part: b64encode(mutated).decode()})


def _messages(form: Form, kind: str, seed: int) -> Callable[[int], Iterator[str]]:
    def made(count: int) -> Iterator[str]:
        for mutated in mutations(cms_bytes(card(kind), nonce=NONCE, form=form), count, seed=seed):
            yield b64encode(mutated).decode()

    return made


VARIANTS: dict[str, Callable[[int], Iterator[str]]] = {
    "tokens": _tokens,
    "parts of tokens": _tokens_of_mutated_parts,
    "messages": _messages(Form(), "P-256", 14),
    "messages by key, without certificate": _messages(Form(by_key=True, certificates=()), "P-256", 15),
    "messages with PSS": _messages(Form(pss=True, certificates=()), "RSA", 16),
    "messages without attributes": _messages(Form(attributes=False, attached=False), "RSA", 17),
    "messages with signing-certificate-v2": _messages(
        Form(signing_certificate=bytes(32), certificates=()), "P-256", 18
    ),
}


@COUNTS
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_mutated_answers_are_refused(variant: Callable[[int], Iterator[str]], count: int) -> None:
    """Not all: what an authority signed, but not the person, is looked at where the path is."""
    answers = list(variant(count))
    assert sum(map(refused, answers)) > len(answers) / 3


@given(st.text(max_size=200))
def test_text_is_refused(text: str) -> None:
    assert refused(text)
    assert refused("{" + text)


@given(st.binary(min_size=1, max_size=200))
def test_bytes_are_refused(data: bytes) -> None:
    assert refused(b64encode(data).decode())


@given(st.dictionaries(st.sampled_from(["unverifiedCertificate", "algorithm", "signature", "format"]), st.text()))
def test_members_are_refused(members: dict[str, str]) -> None:
    assert refused(json.dumps({"format": "web-eid:1.0"} | members))


@given(st.binary(max_size=100))
def test_what_is_der_stays_as_it_was(data: bytes) -> None:
    try:
        der = as_der(data)
    except ValueError:
        return
    assert as_der(der) == der


@pytest.mark.parametrize(
    "filling",
    [b"\xff", b"\x30\x80", b"\x24\x80", b"\x30\x00", b"\x05\x00", b"\x06\x3f" + b"\xff" * 63, b"\x1f\x80", b"\x80"],
    ids=bytes.hex,
)
def test_the_longest_answers_of_one_thing_are_refused_quickly(filling: bytes) -> None:
    room = LONGEST * 3 // 4 - 10
    many = filling * (room // len(filling))
    for data in (many, b"\x30\x83" + len(many).to_bytes(3) + many, b"\x30\x80" + many):
        assert refused(b64encode(data).decode()[:LONGEST])


@pytest.mark.parametrize("text", ["{" * LONGEST, '{"a":' * (LONGEST // 5), "[" * LONGEST, "-" * LONGEST, "=" * LONGEST])
def test_the_longest_texts_of_one_thing_are_refused_quickly(text: str) -> None:
    assert refused(text)
