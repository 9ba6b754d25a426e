"""The demo's own portals go on working behind TLS: they trust what demo.json names."""

import json
from typing import Any

from tests.acceptance.suite import Person, Suite


def who_is_at(person: Person, portal: str) -> dict[str, Any]:
    person.browser.open(f"{portal}/sign-in")
    if person.browser.page.has("sign-in-form"):
        person.gives_password()
        person.gives_code()
    if person.browser.page.has("consent-form"):
        person.browser.submit("consent-form", button="allow")
    page = person.browser.open(f"{portal}/me.json")
    assert page.status == 200, page.text
    return dict(json.loads(page.html))


def test_one_sign_in_with_both_factors_opens_both(suite: Suite) -> None:
    person = suite.person("namesake-north")
    national, province = (portal["url"] for portal in suite.demo.told["portals"])
    first, second = who_is_at(person, national), who_is_at(person, province)
    assert first["name"] == second["name"]
    assert first["sub"] != second["sub"]
    assert [visit.url for visit in person.browser.history if "/sign-in/password" in visit.url] == [
        f"{suite.issuer}/sign-in/password"
    ]
