"""Point 3: a person with every standard claim, who signs in as often as a test suite likes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.acceptance.suite import EVERYTHING, Person, Suite
from tests.support.html_page import Page
from tests.support.portal import Portal

PEOPLE_AT_ONCE = 64
STANDARD_CLAIMS = {
    *("name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website", "gender"),
    *("birthdate", "zoneinfo", "locale", "updated_at", "preferred_username", "email", "email_verified", "address"),
    *("phone_number", "phone_number_verified"),
}
ADDRESS_MEMBERS = {"formatted", "street_address", "locality", "region", "postal_code", "country"}


def test_every_standard_claim_is_there_and_of_its_type(basic: Portal, woman: Person) -> None:
    claims = basic.claims(basic.tokens(woman.signs_in_at(basic, scope="openid profile email address phone")))
    assert claims.keys() == STANDARD_CLAIMS | {"sub"}
    assert type(claims["updated_at"]) is int
    assert claims["email_verified"] is True
    assert claims["phone_number_verified"] is True
    assert claims["address"]
    assert claims["address"].keys() <= ADDRESS_MEMBERS
    texts = claims.keys() - {"updated_at", "email_verified", "phone_number_verified", "address"}
    assert all(isinstance(claims[name], str) and claims[name] for name in texts)
    assert claims["phone_number"].startswith("+84")
    assert claims["zoneinfo"] == "Asia/Ho_Chi_Minh"


def test_a_claim_asked_for_by_name_comes_where_it_was_asked(basic: Portal, woman: Person) -> None:
    asked = '{"userinfo": {"email": null}, "id_token": {"name": {"essential": true}}}'
    tokens = basic.tokens(woman.signs_in_at(basic, scope="openid", claims=asked))
    assert basic.claims(tokens).keys() == {"sub", "email"}
    assert "name" in tokens.claims


def test_many_sign_in_at_once_from_one_address_as_one_person(suite: Suite) -> None:
    portal = suite.portal("basic")
    people = [suite.person() for _ in range(PEOPLE_AT_ONCE)]
    for person in people:
        person.goes_to(portal, scope=EVERYTHING, prompt="consent login")
    ready = Barrier(PEOPLE_AT_ONCE)

    def sign_in(person: Person) -> Page:
        ready.wait(60)
        return person.gives_password()

    with ThreadPoolExecutor(PEOPLE_AT_ONCE) as pool:
        pages = list(pool.map(sign_in, people))
    refused = [(page.status, page.text[:200]) for page in pages if not page.has("consent-form")]
    assert not refused, f"{len(refused)} of {PEOPLE_AT_ONCE}: {refused[0]}"


def test_signing_in_well_never_uses_anything_up(suite: Suite, basic: Portal) -> None:
    for _ in range(40):
        basic.code(suite.person().signs_in_at(basic))
        suite.close_browsers()
