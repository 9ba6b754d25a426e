"""Debian's mod_auth_openidc signs people in, as an agency's old portal behind Apache will."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import bindparam, update

from idp.interventions.intervening import intervene
from idp.interventions.orders import Act, Order, Reason
from idp.register.personas import persona
from idp.sessions.tables import sessions
from idp.signals.ledger import receipts
from idp.storage import Statement
from tests.support.apache import Apache, apache, backchannel_logout_uri_at, redirect_uri_at, signed_out_uri_at
from tests.support.house import SECRET
from tests.support.ports import free_port
from tests.support.provider import Provider

RUN_OUT = Statement(
    update(sessions).where(sessions.c.account_id == bindparam("account")).values(ends_at=bindparam("now"))
)


@contextmanager
def guarded(provider: Provider, *, profile: str = "web", port: int | None = None, **stated: Any) -> Iterator[Apache]:
    """An Apache registered as a portal of that profile. Only `web` is told to use PKCE."""
    port = port or free_port()
    members = provider.portal(
        profile=profile,
        redirect_uris=[redirect_uri_at(port)],
        post_logout_redirect_uris=[signed_out_uri_at(port)],
        **stated,
    )
    with apache(
        port,
        provider_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_id=members.client_id,
        client_secret=SECRET,
        pkce=profile == "web",
        directives=f"OIDCIDTokenSignedResponseAlg {members.algorithm}",
    ) as running:
        yield running


@pytest.mark.parametrize(
    ("profile", "algorithm"), [("web", "ES256"), ("web", "PS256"), ("web", "RS256"), ("compat", "RS256")]
)
def test_a_person_gets_in_and_their_claims_arrive(provider: Provider, profile: str, algorithm: str) -> None:
    visitor, person = provider.visitor(provider.persona("ordinary-woman")), persona("ordinary-woman").entry
    with guarded(provider, profile=profile, id_token_signed_response_alg=algorithm) as portal:
        visitor.browser.open(portal.protected_url)
        page = visitor.goes_on()
    assert page.url == portal.protected_url
    assert page.text == "Protected"
    assert portal.who(page) not in (None, visitor.citizen.number, str(visitor.citizen.account_id))
    told = {name: portal.claim(page, name) for name in ("name", "birthdate", "gender", "acr", "iss")}
    assert told == {
        "name": person.full_name,
        "birthdate": str(person.birth),
        "gender": person.gender,
        "acr": "urn:vn:eid:auth-level:2",
        "iss": provider.issuer,
    }


def test_the_second_portal_asks_for_no_password_and_knows_nobody_of_the_first(provider: Provider) -> None:
    visitor = provider.visitor()
    with guarded(provider) as national, guarded(provider, profile="compat") as provincial:
        visitor.browser.open(national.protected_url)
        at_the_first = national.who(visitor.goes_on())
        at_the_second = provincial.who(visitor.browser.open(provincial.protected_url))
    assert None not in (at_the_first, at_the_second)
    assert at_the_first != at_the_second


def test_signing_out_there_signs_out_here(provider: Provider) -> None:
    visitor = provider.visitor()
    with guarded(provider) as portal, guarded(provider) as other:
        visitor.browser.open(portal.protected_url)
        assert portal.who(visitor.goes_on())
        page = visitor.browser.open(portal.sign_out_url)
        assert page.url == f"{portal.base_url}/signed-out.html"
        assert page.status == 200
        assert visitor.browser.open(portal.protected_url).has("sign-in-form")
        assert visitor.browser.open(other.protected_url).has("sign-in-form")


@pytest.mark.parametrize("had_ended", [False, True])
def test_whoever_is_revoked_there_is_dropped_here(provider: Provider, listening_port: int, had_ended: bool) -> None:
    """Back-Channel Logout 1.0, and the receipt for it; also where the provider's own session was over before."""
    visitor = provider.visitor()
    listens: dict[str, Any] = {"backchannel_logout_uri": backchannel_logout_uri_at(listening_port)}
    # It finds its sessions by `sid` alone.
    listens["backchannel_logout_session_required"] = True
    with guarded(provider, port=listening_port, **listens) as portal:
        visitor.browser.open(portal.protected_url)
        assert portal.who(visitor.goes_on())
        order = Order(Act.REVOKE, Reason.STOLEN_CREDENTIALS, "Biên bản 12/2026", "staff")
        parts, now, account_id = provider.parts, provider.clock.now(), visitor.citizen.account_id
        if had_ended:
            provider.run(parts.database.run(lambda db: db.execute(RUN_OUT, account=account_id, now=now)))
        done = provider.run(parts.database.run(intervene, parts.keyring, account_id, order, now=now))
        provider.tick()
        [receipt] = provider.run(parts.database.read(receipts, done.id))
        assert (receipt.state, receipt.reason) == ("acknowledged", None), portal.said()
        assert visitor.browser.open(portal.protected_url).has("sign-in-form")


def test_whoever_says_no_does_not_get_in(provider: Provider) -> None:
    visitor = provider.visitor()
    with guarded(provider, consent="ask") as portal:
        visitor.browser.open(portal.protected_url)
        visitor.gives_password()
        visitor.gives_code()
        page = visitor.browser.submit("consent-form", button="deny")
        assert page.url.startswith(f"{portal.base_url}/protected/callback?")
        assert page.query["error"] == "access_denied"
        assert portal.who(page) is None
        # This version takes any answer with `iss` and without a code for a sign-in begun elsewhere, so its page speaks
        # of that; what counts is that nobody gets in.
        assert page.text.startswith("Error: Invalid Request")
        assert visitor.browser.open(portal.protected_url).has("consent-form")


def test_a_secret_that_is_not_the_registered_one_gets_nobody_in(provider: Provider) -> None:
    port = free_port()
    members = provider.portal(redirect_uris=[redirect_uri_at(port)])
    visitor = provider.visitor()
    with apache(
        port,
        provider_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_id=members.client_id,
        client_secret=f"{SECRET}-of-somebody-else",
    ) as portal:
        visitor.browser.open(portal.protected_url)
        page = visitor.goes_on()
        assert portal.who(page) is None
        assert "invalid_client" in portal.said()
