"""A foreign test suite as it sees the provider: a file of portals, addresses over TLS, one person with a password."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp

from idp.clock import Clock
from tests.support import debian
from tests.support.certificates import Certificates
from tests.support.html_page import Page
from tests.support.plain_browser import PlainBrowser
from tests.support.portal import Portal
from tests.support.portal_file import portal_file, portal_members
from tests.support.ports import free_ports
from tests.support.running_demo import RunningDemo, running_demo

EVERYTHING = "openid profile email address phone offline_access"
INITIAL_TOKEN = "a-token-that-is-good-for-many"
ABOUT_THE_PORTAL = {
    "logo_uri": "https://suite.test/logo.png",
    "policy_uri": "https://suite.test/policy",
    "tos_uri": "https://suite.test/terms",
}


def _portals(certificates: Certificates) -> dict[str, dict[str, Any]]:
    """By short names. A password alone signs in at all but `strict`."""
    by_password: dict[str, dict[str, Any]] = {
        "basic": {
            "profile": "compat",
            "scope": EVERYTHING,
            "post_logout_redirect_uris": ["https://suite-basic.example/signed-out", "https://suite-basic.example/bye"],
        },
        "other": {"profile": "compat"},
        "web": {"profile": "web"},
        "native": {"profile": "native"},
        "asking": {"profile": "compat", "scope": EVERYTHING, "consent": "always", **ABOUT_THE_PORTAL},
        "by-key": {"profile": "compat", "token_endpoint_auth_method": "private_key_jwt"},
        "by-form": {"profile": "compat", "token_endpoint_auth_method": "client_secret_post"},
        "signed": {"profile": "compat", "scope": "openid profile", "userinfo_signed_response_alg": "RS256"},
        "told": {"profile": "compat", "backchannel_logout_uri": "https://suite-told.example/logout"},
    }
    found = {name: portal_members(f"suite-{name}", minimum_level=1, **more) for name, more in by_password.items()}
    found |= _by_certificate(certificates)
    strict: dict[str, Any] = {"profile": "fapi2", "minimum_level": 1, "scope": EVERYTHING, "refresh": "offline"}
    found["by-proof"] = portal_members("suite-by-proof", **strict)
    found["by-proof-2"] = portal_members("suite-by-proof-2", **strict)
    resources = [
        "https://localhost/demo-api"
    ]  # an API of nobody here: that there is one lets scopes of APIs be asked for
    api = {"scope": "openid demo.api", "resources": resources}
    found["by-proof-at-api"] = portal_members("suite-by-proof-at-api", **strict | api)
    found["signing"] = portal_members("suite-signing", require_signed_request_object=True, **strict)
    found["strict"] = portal_members("suite-strict", profile="compat")
    found["program"] = portal_members("suite-program", profile="service", scope="demo.api")
    return found


def _by_certificate(certificates: Certificates) -> dict[str, dict[str, Any]]:
    """Of profile `fapi2`: one with a certificate of the suite's authority, one that registers its own."""
    issued: dict[str, Any] = {
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_san_email": "known@client.example",
    }
    own: dict[str, Any] = {
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "jwks": certificates.strange_client.jwks,
    }
    members: dict[str, Any] = {"profile": "fapi2", "minimum_level": 1}
    return {
        name: portal_members(f"suite-{name}", **members, **how)
        for name, how in (("by-issued", issued), ("by-own", own))
    }


@dataclass
class Person:
    """Somebody of demo.json, at a browser of their own."""

    citizen: dict[str, str]
    browser: PlainBrowser

    def goes_to(self, portal: Portal, **asked: str | None) -> Page:
        """Follow a portal's link, and do nothing on what comes up."""
        return self.browser.open(portal.ask(**asked))

    def gives_password(self) -> Page:
        typed = {name: self.citizen[name] for name in ("citizen_number", "password")}
        return self.browser.submit("sign-in-form", typed)

    def gives_code(self) -> Page:
        """What their app shows now. It is good once: in a test run each person gives one."""
        return self.browser.submit("otp-form", {"otp": pyotp.TOTP(self.citizen["totp_secret"]).now()})

    def signs_in_at(self, portal: Portal, **asked: str | None) -> Page:
        """As a script does that knows a password and no second factor."""
        if self.goes_to(portal, **asked).has("sign-in-form"):
            self.gives_password()
        return self.browser.page


@dataclass
class Suite:
    """The running demo in acceptance mode."""

    demo: RunningDemo
    certificates: Certificates
    issuer: str
    mtls_url: str
    http: httpx.Client
    portals: dict[str, dict[str, Any]]
    trust: ssl.SSLContext
    _browsers: list[PlainBrowser] = field(default_factory=list, repr=False)

    def portal(self, name: str) -> Portal:
        """The program of one of the portals, which has seen nothing yet."""
        return Portal(self.issuer, self.portals[name], self.http, Clock().now)

    def person(self, persona: str = "ordinary-woman") -> Person:
        """A person at a fresh browser."""
        citizen = next(each for each in self.demo.told["citizens"] if each["persona"] == persona)
        return Person(citizen, self.browser())

    def browser(self) -> PlainBrowser:
        """One that knows nothing; portals of the suite do not exist, so it stops there."""
        browser = PlainBrowser(verify=self.trust)
        browser.location_stops_at("https://suite")
        browser.location_stops_at("http://127.0.0.1")
        self._browsers.append(browser)
        return browser

    def close_browsers(self) -> None:
        while self._browsers:
            self._browsers.pop().close()

    @property
    def discovery(self) -> dict[str, Any]:
        return dict(self.http.get(self.demo.told["discovery"]).json())


@contextmanager
def running_suite(folder: Path) -> Iterator[Suite]:
    """The demo in acceptance mode for the length of a `with`."""
    debian.need("/usr/sbin/nginx", "/usr/lib/nginx/modules/ngx_http_js_module.so")
    certificates = Certificates.write(folder)
    issuer_port, mtls_port = free_ports(2)
    issuer, mtls_url = f"https://localhost:{issuer_port}", f"https://127.0.0.1:{mtls_port}"
    portals = _portals(certificates)
    table = {
        "issuer": issuer,
        "mtls_url": mtls_url,
        "server_certificate": certificates.server.name,
        "server_key": certificates.server_key.name,
        "client_ca": certificates.authority.name,
        "trusted_ca": certificates.authority.name,
        "outbound_allow": ["suite.test:8443"],
        "initial_access_token": INITIAL_TOKEN,
    }
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in table.items())
    file = folder / "suite.toml"
    file.write_bytes(f"[acceptance]\n{lines}\n\n".encode() + portal_file(*portals.values()))
    trust = certificates.trust()
    with (
        running_demo(folder / "demo", "--acceptance", file) as demo,
        httpx.Client(verify=trust, trust_env=False, timeout=30) as http,
    ):
        suite = Suite(demo, certificates, issuer, mtls_url, http, portals, trust)
        yield suite
        suite.close_browsers()
