"""Signing out by a portal's wish and by one's own."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.support.provider import Provider


def test_without_a_hint_the_person_is_asked(provider: Provider, arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(consent="none"), arrive()
    traveller.signs_in_at(there)
    traveller.tab.goto(there.sign_out_url())
    traveller.sees("#sign-out-form", "sign-out")
    traveller.presses("sign-out")
    traveller.sees("#signed-out", "signed-out")
    traveller.goes_to(there)
    traveller.tab.wait_for_selector("#sign-in-form")


def test_whoever_is_not_signed_in_is_not_asked(arrive: Arrive) -> None:
    traveller = arrive()
    traveller.opens("/end-session")
    traveller.tab.wait_for_selector("#signed-out")


def test_a_posted_request_signs_out_too(provider: Provider, arrive: Arrive, portal: RegisterPortal) -> None:
    """From another site the browser sends a posted form without our cookies."""
    there, traveller = portal(consent="none"), arrive()
    tokens = there.tokens(traveller.signs_in_at(there))
    [back] = there.members["post_logout_redirect_uris"]
    traveller.tab.evaluate(
        """([action, hint, back]) => {
            const form = document.createElement("form");
            form.method = "post"; form.action = action;
            for (const [name, value] of [["id_token_hint", hint], ["post_logout_redirect_uri", back], ["state", "x"]]) {
              const field = document.createElement("input");
              field.name = name; field.value = value; form.append(field);
            }
            document.body.append(form);
            form.submit();
        }""",
        [f"{provider.issuer}/end-session", tokens.id_token, back],
    )
    assert traveller.back_after_sign_out(there).query == {"state": "x"}
    traveller.goes_to(there)
    traveller.tab.wait_for_selector("#sign-in-form")
