"""Pushed requests (RFC 9126, FAPI 2.0 Security Profile §5.3.2.2): what is taken, from whom, how its name is used."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select

from idp.storage import Statement
from idp.tokens.tables import pushed_requests
from tests.protocol.engines import ON_POSTGRESQL
from tests.protocol.reading import shown_error
from tests.support.fapi_portal import fapi_portal
from tests.support.portal import error_of
from tests.support.provider import Provider
from tests.support.visitor import Visitor

pytestmark = ON_POSTGRESQL

_SEALED = Statement(select(pushed_requests.c.request_sealed))


def test_what_is_answered(provider: Provider) -> None:
    """RFC 9126 §2.2; FAPI 2.0 §5.3.2.2 item 12: less than 600 seconds."""
    answer = fapi_portal(provider).push()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert answer.json().keys() == {"request_uri", "expires_in"}
    assert answer.json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert 5 < answer.json()["expires_in"] < 600


def test_names_cannot_be_guessed_and_never_repeat(provider: Provider) -> None:
    """RFC 9126 §2.2, §7.1: at least 128 bits."""
    portal = fapi_portal(provider)
    names = {portal.push(state="the same", nonce="the same").json()["request_uri"] for _ in range(5)}
    assert len(names) == 5
    assert all(len(name.rpartition(":")[2]) >= 24 for name in names)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_method_is_refused(provider: Provider, method: str) -> None:
    """RFC 9126 §2.3."""
    url = fapi_portal(provider).provider["pushed_authorization_request_endpoint"]
    assert provider.http.request(method, url).status_code == 405


@pytest.mark.parametrize("where", ["par", "authorize"])
def test_a_request_uri_of_elsewhere_leads_nowhere(provider: Provider, visitor: Visitor, where: str) -> None:
    """RFC 9126 §2.1, RFC 9101 §10.4.1: nothing is fetched."""
    portal = fapi_portal(provider)
    elsewhere = "https://portal.example/request.jwt"
    if where == "par":
        assert error_of(portal.push(request_uri=elsewhere)) == "invalid_request"
        return
    page = visitor.browser.open(portal.portal.ask(request_uri=elsewhere))
    assert page.has("error") or portal.portal.error(page).startswith("invalid_request")


def test_a_pushed_request_cannot_point_to_another(provider: Provider) -> None:
    portal = fapi_portal(provider)
    name = portal.push().json()["request_uri"]
    assert error_of(portal.push(request_uri=name)) == "invalid_request"
    alone = {"client_id": portal.portal.client_id, "request_uri": name}
    assert error_of(portal.post("pushed_authorization_request", alone, proof=None)) == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/callback"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "no_such_scope"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"client_id": "another"}, "invalid_request"),
        ({"dpop_jkt": "no thumbprint"}, "invalid_request"),
    ],
    ids=str,
)
def test_a_request_that_would_be_refused_is_refused_at_once(
    provider: Provider, changes: dict[str, str | None], error: str
) -> None:
    """RFC 9126 §2.3: and told to the portal, not to a browser."""
    answer = fapi_portal(provider).push(**changes)
    assert (error_of(answer), answer.status_code) == (error, 400)


@pytest.mark.parametrize("name", ["state", "scope", "redirect_uri", "code_challenge", "client_id", "nonce"])
def test_a_repeated_parameter_is_refused(provider: Provider, name: str) -> None:
    portal = fapi_portal(provider)
    fields = parse_qsl(urlsplit(portal.portal.ask()).query)
    answer = portal.portal.post("pushed_authorization_request", [*fields, (name, dict(fields)[name])])
    assert error_of(answer) == "invalid_request"


def test_without_proof_of_who_asks_nothing_is_taken(provider: Provider) -> None:
    portal = fapi_portal(provider)
    fields = {"client_id": portal.portal.client_id}
    answer = portal.portal.post("pushed_authorization_request", fields, authenticate=False)
    assert (error_of(answer), answer.status_code) == ("invalid_client", 401)


def test_a_name_is_good_for_its_own_portal_alone(provider: Provider, visitor: Visitor) -> None:
    portal, other = fapi_portal(provider), fapi_portal(provider)
    mine, theirs = portal.pushes(), other.push().json()["request_uri"]
    stolen = mine.replace(mine.partition("request_uri=")[2], theirs.replace(":", "%3A"))
    page = visitor.browser.open(stolen)
    assert shown_error(page, provider) == "pushed_request_unknown"


def test_a_name_that_was_never_given_leads_nowhere(provider: Provider, visitor: Visitor) -> None:
    mine = fapi_portal(provider).pushes()
    assert shown_error(visitor.browser.open(f"{mine}x"), provider) == "pushed_request_unknown"


def test_a_name_without_a_portal_leads_nowhere(provider: Provider, visitor: Visitor) -> None:
    """RFC 9101 §5: client_id stands beside request_uri."""
    mine = fapi_portal(provider).pushes()
    here, _, query = mine.partition("?")
    name = next(each for each in query.split("&") if each.startswith("request_uri="))
    assert visitor.browser.open(f"{here}?{name}").has("error")


def test_a_page_may_be_loaded_again_before_the_answer(provider: Provider, visitor: Visitor) -> None:
    """FAPI 2.0 §5.3.2.2 note: people reload pages, and close them."""
    portal = fapi_portal(provider)
    address = portal.pushes()
    for _ in range(3):
        assert visitor.browser.open(address).has("sign-in-form")
    assert portal.redeem(visitor.goes_on()).status_code == 200


def test_what_stands_beside_the_name_does_not_count(provider: Provider, visitor: Visitor) -> None:
    """RFC 9126 §4, RFC 9101 §6.3: what was pushed is the request."""
    portal = fapi_portal(provider)
    address = portal.pushes(state="pushed")
    visitor.browser.open(f"{address}&state=beside&redirect_uri=https%3A%2F%2Fevil.example%2F&scope=openid+email")
    assert portal.portal.answer(visitor.goes_on())["state"] == "pushed"


@pytest.mark.parametrize("missing", ["state", "nonce"])
def test_state_and_nonce_may_be_left_out(provider: Provider, visitor: Visitor, missing: str) -> None:
    """PKCE binds the answer to the browser; what was not sent does not come back."""
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes(**{missing: None}))
    page = visitor.goes_on()
    assert ("state" in page.query) == (missing != "state")
    assert portal.redeem(page).status_code == 200


@pytest.mark.parametrize("length", [64, 384, 1000])
def test_long_values_come_back_whole(provider: Provider, visitor: Visitor, length: int) -> None:
    portal = fapi_portal(provider)
    visitor.browser.open(portal.pushes(state="s" * length, nonce="n" * length))
    assert portal.portal.answer(visitor.goes_on())["state"] == "s" * length


def test_scopes_may_stand_in_any_order_and_what_is_unknown_is_left_aside(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider, scope="openid profile email")
    visitor.browser.open(portal.pushes(scope="email no_such_scope openid", something_unknown="x"))
    answer = portal.redeem(visitor.goes_on()).json()
    assert set(answer["scope"].split()) == {"openid", "email"}


def test_the_refusal_of_a_person_goes_to_the_portal(provider: Provider, visitor: Visitor) -> None:
    portal = fapi_portal(provider, consent="ask")
    visitor.browser.open(portal.pushes())
    visitor.gives_password()
    visitor.gives_code()
    page = visitor.browser.submit("consent-form", button="deny")
    assert portal.portal.error(page) == "access_denied"


def test_a_portal_of_another_profile_may_bind_itself_to_pushing(provider: Provider, visitor: Visitor) -> None:
    web = provider.portal(require_pushed_authorization_requests=True)
    assert web.error(visitor.goes_to(web)) == "invalid_request"


def test_what_nobody_reads_is_not_kept(provider: Provider) -> None:
    """RFC 6749 §3.1: it is ignored, and takes no room either."""
    portal = fapi_portal(provider)
    before = _kept(provider)
    assert portal.push(unheard_of="x" * 50_000).status_code == 201
    assert _kept(provider) - before < 2_000
    answer = portal.push(state="x" * 9_000)
    assert (error_of(answer), answer.status_code) == ("invalid_request", 400)


def _kept(provider: Provider) -> int:
    """Bytes of all pushed requests together."""
    rows = provider.run(provider.parts.database.read(lambda db: db.all(_SEALED)))
    return sum(len(row.request_sealed) for row in rows)
