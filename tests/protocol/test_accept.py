"""Any Accept header is read as something (RFC 9110 §12.5.1)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from idp.protocol.signed_introspection import MEDIA_TYPE, weights_of

parts = st.sampled_from([MEDIA_TYPE, "q=1", "q=0.5", "q=x", "q=1.001", ";", ",", " ", "*/*"])


@settings(deadline=None)
@given(st.text() | st.lists(parts).map("".join))
def test_any_accept_has_weights(accept: str) -> None:
    assert all(0 <= weight <= 1 for weight in weights_of(accept).values())
