"""Vietnamese, English, and changing one's mind in the middle."""

from tests.journeys.conftest import Arrive, RegisterPortal
from tests.sign_in.people import WRONG

OTHER = ".switch a"


def test_the_language_can_be_changed_at_every_step(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(client_name="Portal of Hue", **{"client_name#vi": "Cổng của Huế"}), arrive()
    traveller.goes_to(there)
    traveller.follows(OTHER)
    traveller.sees("html[lang=en] #sign-in-form", "sign-in-english", language="en")
    assert "Portal of Hue" in traveller.text("#portal")

    # The answer to a form has an address that takes no GET: the switch leads to the page of the form.
    traveller.gives_password(password=WRONG)
    traveller.tab.wait_for_selector("#error")
    assert traveller.tab.title() == "Error: Sign in · Định Danh"
    traveller.follows(OTHER)
    traveller.tab.wait_for_selector("html[lang=vi] #sign-in-form")
    traveller.follows(OTHER)
    traveller.tab.wait_for_selector("html[lang=en] #sign-in-form")

    traveller.gives_password()
    traveller.sees("#otp-form", "second-factor-english", language="en")
    traveller.follows(OTHER)
    traveller.tab.wait_for_selector("html[lang=vi] #otp-form")
    traveller.gives_code()
    traveller.tab.wait_for_selector("html[lang=vi] #consent-form")
    traveller.follows(OTHER)
    traveller.sees("html[lang=en] #consent-form", "consent-english", language="en")
    assert "Portal of Hue" in traveller.text("#portal")
    traveller.presses("allow")
    there.tokens(traveller.back_at(there))


def test_the_browser_says_what_its_person_reads(arrive: Arrive, portal: RegisterPortal) -> None:
    for spoken, shown in (("en-GB", "en"), ("vi-VN", "vi"), ("fr-FR", "vi")):
        traveller = arrive(language=spoken)
        traveller.goes_to(portal())
        traveller.tab.wait_for_selector(f"html[lang={shown}] #sign-in-form")


def test_a_portal_may_say_what_its_person_reads(arrive: Arrive, portal: RegisterPortal) -> None:
    there, traveller = portal(), arrive()
    traveller.goes_to(there, ui_locales="en vi")
    traveller.tab.wait_for_selector("html[lang=en] #sign-in-form")
    traveller.gives_password()
    traveller.tab.wait_for_selector("html[lang=en] #otp-form")
    # What the person chose comes before what the portal says.
    traveller.follows(OTHER)
    traveller.tab.wait_for_selector("html[lang=vi] #otp-form")
    traveller.goes_to(there, ui_locales="en")
    traveller.tab.wait_for_selector("html[lang=vi] #sign-in-form")
