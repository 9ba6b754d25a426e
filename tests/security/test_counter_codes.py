"""Paper from a counter opens what it was handed over for, and nothing after it."""

from idp.accounts import activation_codes
from idp.storage import Unit
from tests.citizen.applicants import Applicant, Applicants, error_on, typed
from tests.support.provider import Provider


def test_a_code_that_was_not_needed_to_open_an_account_does_not_reset_it_later(
    provider: Provider, applicants: Applicants
) -> None:
    somebody = applicants.somebody()
    paper = somebody.counter_code()
    somebody.activates()  # by phone, and the paper stays in a drawer
    assert somebody.account() is not None
    finder = Applicant(provider, somebody.entry, provider.browser())
    finder.browser.open(f"{provider.issuer}/recover")
    finder.browser.submit("recovery-start-form", typed(somebody.entry))
    page = finder.browser.submit("recovery-code-form", {"code": paper})
    assert error_on(page) == "recovery_code_wrong"


def test_a_code_is_not_used_up_by_whoever_knows_the_person(applicants: Applicants) -> None:
    """Number, name and birth date are no secrets: a hundred forms must not send anybody back to the counter."""
    somebody = applicants.somebody()
    paper = somebody.counter_code()
    parts, now = somebody.provider.parts, somebody.provider.clock.now()

    def wrong(db: Unit) -> None:
        for _ in range(1_000):
            assert not activation_codes.spend(db, parts.keyring, "0000-0000-0000", person_key=somebody.key, now=now)

    somebody.provider.run(parts.database.run(wrong))
    somebody.begins()
    assert somebody.proves(paper).has("activation-password-form")


def test_a_code_handed_over_afterwards_does(applicants: Applicants) -> None:
    somebody = applicants.somebody()
    somebody.activates()
    browser = somebody.browser
    browser.open(f"{somebody.provider.issuer}/recover")
    browser.submit("recovery-start-form", typed(somebody.entry))
    page = browser.submit("recovery-code-form", {"code": somebody.counter_code()})
    assert page.url.endswith("/recover/password")
