"""A relying party nobody here wrote: Debian's mod_auth_openidc in an Apache of its own.

port = free_port()
portal_file(redirect_uris=[redirect_uri_at(port)], ...)       # register first: discovery is read at the first request
with apache(port, provider_metadata_url=..., client_id=..., client_secret=...) as portal:
    browser.open(portal.protected_url)                        # … sign in …
    portal.who(browser.page)                                  # the sub that Apache saw
"""

import base64
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.support import debian
from tests.support.html_page import Page
from tests.support.processes import Program, listens_on, running

EXECUTABLE = "/usr/sbin/apache2"
MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authz_core", "authn_core", "authz_user", "dir", "headers", "auth_openidc")
CLAIMS_SHOWN = ("name", "birthdate", "gender", "acr", "iss")


def redirect_uri_at(port: int, host: str = "127.0.0.1") -> str:
    """The redirect address to register for an Apache on that port."""
    return f"http://{host}:{port}/protected/callback"


def signed_out_uri_at(port: int, host: str = "127.0.0.1") -> str:
    """The post-logout redirect address to register."""
    return f"http://{host}:{port}/signed-out.html"


def backchannel_logout_uri_at(port: int, host: str = "127.0.0.1") -> str:
    """Where this relying party takes logout tokens."""
    return f"{redirect_uri_at(port, host)}?logout=backchannel"


@dataclass(frozen=True)
class Apache:
    """The running portal. Everything under /protected wants a signed-in person."""

    base_url: str
    program: Program
    errors: Path

    @property
    def protected_url(self) -> str:
        return f"{self.base_url}/protected/"

    @property
    def sign_out_url(self) -> str:
        """Ends Apache's session and begins an RP-initiated logout at the provider."""
        return f"{self.base_url}/protected/callback?{urlencode({'logout': f'{self.base_url}/signed-out.html'})}"

    def who(self, page: Page) -> str | None:
        """The `sub` of the person that Apache let through to a protected page, else None."""
        return page.headers.get("x-user") if page.status == 200 else None

    def claim(self, page: Page, name: str) -> str | None:
        """A claim that Apache hands to what it protects: name, birthdate, gender, acr or iss."""
        told = page.headers.get(f"x-claim-{name}")
        return base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode() if told else None

    def said(self) -> str:
        """Apache's error log, where mod_auth_openidc gives its reasons."""
        return self.errors.read_text()


# Where this mod_auth_openidc answers with a page of its own, Apache sends a second page after it and closes. A client
# that already asked its next question on that connection would get no answer to it: so each question has its own.
CONNECTIONS = "KeepAlive Off"


@contextmanager
def apache(
    port: int,
    *,
    provider_metadata_url: str,
    client_id: str,
    client_secret: str,
    pkce: bool = True,
    scope: str = "openid profile",
    host: str = "127.0.0.1",
    directives: str = "",
) -> Iterator[Apache]:
    """An Apache on loopback whose /protected/ is guarded by the provider.

    `directives` are added to its configuration, e.g. `OIDCIDTokenSignedResponseAlg ES256`.
    """
    debian.need(EXECUTABLE, str(MODULES / "mod_auth_openidc.so"))
    with tempfile.TemporaryDirectory(prefix="dinh-danh-apache-") as name:
        folder = Path(name)
        _documents(folder)
        settings = {
            "OIDCProviderMetadataURL": provider_metadata_url,
            "OIDCClientID": client_id,
            "OIDCClientSecret": client_secret,
            "OIDCRedirectURI": redirect_uri_at(port, host),
            "OIDCScope": f'"{scope}"',
            "OIDCDefaultLoggedOutURL": signed_out_uri_at(port, host),
        } | ({"OIDCPKCEMethod": "S256"} if pkce else {})
        told = "\n".join(f"{directive} {value}" for directive, value in settings.items())
        (folder / "httpd.conf").write_text(_configuration(folder, port, host, f"{told}\n{directives}"))
        with running(
            [EXECUTABLE, "-f", folder / "httpd.conf", "-DFOREGROUND"],
            folder=folder,
            log=folder / "output.log",
            ready=listens_on(port),
        ) as program:
            found = Apache(f"http://{host}:{port}", program, folder / "error.log")
            try:
                yield found
            except BaseException:
                print(found.said())  # the folder goes, and with it why
                raise


def _documents(folder: Path) -> None:
    """Apache's workers are another user when this is root: they must be able to read the documents."""
    folder.chmod(0o755)
    for place, text in (
        ("protected/index.html", "Protected"),
        ("signed-out.html", '<p id="signed-out">Signed out</p>'),
    ):
        page = folder / "documents" / place
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
    if os.geteuid() == 0:
        shutil.chown(folder / "documents", "www-data", "www-data")


def _configuration(folder: Path, port: int, host: str, told: str) -> str:
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
    claims = "\n".join(f'  Header set X-Claim-{name} "expr=%{{reqenv:OIDC_CLAIM_{name}}}"' for name in CLAIMS_SHOWN)
    return f"""ServerRoot "{folder}"
ServerName {host}
Listen 127.0.0.1:{port}
{CONNECTIONS}
PidFile httpd.pid
Mutex file:{folder} default
ErrorLog error.log
User www-data
Group www-data
{modules}
DocumentRoot "{folder}/documents"
DirectoryIndex index.html
OIDCCryptoPassphrase {secrets.token_hex(16)}
OIDCResponseType code
OIDCRemoteUserClaim sub
OIDCCookieSameSite On
OIDCPassClaimsAs environment base64url
{told}
<Location /protected>
  AuthType openid-connect
  Require valid-user
  Header set X-User "expr=%{{REMOTE_USER}}"
{claims}
</Location>
<Directory "{folder}/documents">
  Require all granted
</Directory>
"""
