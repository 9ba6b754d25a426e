"""Messages that strangers can have sent to somebody keep no other message from them."""

from tests.citizen.applicants import typed
from tests.sign_in.people import without_app
from tests.support.citizens import strangers
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


def test_whoever_has_codes_sent_to_a_phone_does_not_keep_its_owner_out(
    provider: Provider, portal: Portal, visitor: Visitor
) -> None:
    owner = without_app(provider, visitor.citizen)
    entry = next(each for each in strangers() if each.number == owner.number)
    stranger = provider.browser()
    for _ in range(10):
        stranger.open(f"{provider.issuer}/recover")
        stranger.submit("recovery-start-form", typed(entry))
    visitor.goes_to(portal)
    visitor.gives_password()
    assert any(text.startswith("Mã đăng nhập") for text in provider.texts(owner))
