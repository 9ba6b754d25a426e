"""Random values, digests and secrets in memory."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from idp.sealing import Secret, digest, random_value


def test_a_random_value_has_its_prefix_and_256_bits() -> None:
    value = random_value("s_")
    assert value.startswith("s_")
    assert len(value) == 2 + 43
    assert value != random_value("s_")


def test_a_digest_is_sha_256() -> None:
    assert digest("c_abc") == sha256(b"c_abc").digest()


@given(st.text(st.characters(exclude_categories=[]), max_size=50))
def test_any_text_has_a_digest(text: str) -> None:
    assert len(digest(text)) == 32


def test_a_secret_does_not_print() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {secret!s:>20}"
    assert secret.reveal() == "hunter2"


@given(st.text(st.characters(exclude_categories=[]), max_size=20))
def test_a_secret_matches_itself_only(text: str) -> None:
    assert Secret(text).matches(text)
    assert not Secret(text).matches(text + "x")
    assert not Secret("another").matches("x" + text)
