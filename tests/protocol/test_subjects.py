"""Who a person is at each portal: the same within a sector, unlinkable across sectors (P-01, P-02, I-07, I-16)."""

import pytest

from tests.support.forging import claims_of
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


@pytest.fixture
def national(provider: Provider) -> Portal:
    return provider.portal(sector="national.example", backchannel_logout_uri="https://national.example/out")


@pytest.fixture
def sister(provider: Provider) -> Portal:
    return provider.portal(sector="national.example", backchannel_logout_uri="https://sister.example/out")


@pytest.fixture
def province(provider: Provider) -> Portal:
    return provider.portal(sector="province.example", backchannel_logout_uri="https://province.example/out")


def test_one_sign_in_is_known_at_two_portals_under_two_names(
    national: Portal, province: Portal, visitor: Visitor
) -> None:
    first = national.tokens(visitor.signs_in_at(national))
    second = province.tokens(visitor.goes_to(province, prompt="none"))
    assert first.claims["sub"] != second.claims["sub"]
    assert first.claims["auth_time"] == second.claims["auth_time"]


def test_portals_of_one_sector_know_a_person_by_one_name(national: Portal, sister: Portal, visitor: Visitor) -> None:
    first = national.tokens(visitor.signs_in_at(national))
    second = sister.tokens(visitor.goes_to(sister))
    assert first.claims["sub"] == second.claims["sub"]
    assert first.claims["sid"] == second.claims["sid"]


def test_nothing_that_two_sectors_hold_links_a_person(
    national: Portal, province: Portal, visitor: Visitor, provider: Provider
) -> None:
    """P-01: no value of one sector's tokens, cookies aside, comes again in the other's."""
    here = national.tokens(visitor.signs_in_at(national))
    there = province.tokens(visitor.goes_to(province))
    assert here.claims["sid"] != there.claims["sid"]
    public = {provider.issuer, "urn:vn:eid:auth-level:2", "openid"}
    moments = {here.claims["auth_time"], here.claims["iat"], here.claims["exp"]}

    def values(token: str) -> set[object]:
        claims = claims_of(token)
        return {value for name, value in claims.items() if name != "amr"} - public - moments

    assert not (values(here.id_token) | values(here.access_token)) & (
        values(there.id_token) | values(there.access_token)
    )


def test_a_name_says_nothing_of_the_person(national: Portal, visitor: Visitor) -> None:
    """Never the citizen number, the account, or anything made of them by an unkeyed hash's length and letters."""
    tokens = national.tokens(visitor.signs_in_at(national))
    person, told = visitor.citizen, str(tokens.claims)
    assert person.number not in told
    assert person.phone not in told
    assert str(person.account_id) not in told
    assert person.account_id.hex not in told
    assert len(tokens.claims["sub"]) == 43


def test_two_people_have_two_names(national: Portal, provider: Provider) -> None:
    twins = [provider.visitor(provider.persona(slug)) for slug in ("namesake-north", "namesake-south")]
    names = {national.tokens(twin.signs_in_at(national)).claims["sub"] for twin in twins}
    assert len(names) == 2


def test_a_name_outlives_sign_out_time_and_the_portals_changes(
    national: Portal, provider: Provider, visitor: Visitor
) -> None:
    """P-02, I-16."""
    first = national.tokens(visitor.signs_in_at(national))
    visitor.browser.open(national.sign_out_url(id_token_hint=first.id_token))
    provider.clock.advance(days=40)
    changed = provider.register({**national.members, "client_name": "Another name"}, replace=True)
    again = changed.tokens(provider.visitor(visitor.citizen).signs_in_at(changed))
    assert again.claims["sub"] == first.claims["sub"]


def test_people_in_two_browsers_are_never_mixed_up(national: Portal, provider: Provider) -> None:
    """I-07: the person in the answer is the owner of the cookie, step by step, in turns."""
    people = [provider.visitor() for _ in range(3)]
    for person in people:
        person.goes_to(national)
    for person in people:
        person.gives_password()
    pages = [person.gives_code() for person in reversed(people)]
    names = [national.tokens(page).claims["sub"] for page in pages]
    again = [national.tokens(person.goes_to(national)).claims["sub"] for person in reversed(people)]
    assert len(set(names)) == 3
    assert names == again


def test_another_person_in_the_same_browser_ends_the_session_before(
    national: Portal, province: Portal, visitor: Visitor, provider: Provider
) -> None:
    first = province.tokens(visitor.signs_in_at(province))
    provider.clock.advance(seconds=1)
    visitor.citizen = provider.newcomer()
    second = national.tokens(visitor.signs_in_at(national, prompt="login"))
    assert province.userinfo(first.access_token).status_code == 401
    there = province.tokens(visitor.goes_to(province))
    assert there.claims["sub"] != first.claims["sub"]
    assert second.claims["auth_time"] == there.claims["auth_time"]
