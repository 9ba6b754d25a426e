"""The demo's two portals, of two sectors, as an operator would register them."""

from base64 import b32encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from idp.sealing import Keyring

_SCOPE = "openid profile email phone address account_level"


@dataclass(frozen=True, slots=True)
class DemoPortal:
    """One portal of the demo: how it is registered, and how its program is told."""

    name: str
    vietnamese: str
    english: str
    agency: str
    client_id: str
    sector: str
    url: str
    client_secret: str
    other_url: str

    def registration(self) -> str:
        """Its rows of the portals' file (TOML)."""
        return "\n".join(
            [
                "[[portal]]",
                f'client_id = "{self.client_id}"',
                f'client_secret = "{self.client_secret}"',
                f'client_name = "{self.english}"',
                f'"client_name#vi" = "{self.vietnamese}"',
                'profile = "web"',
                f'sector = "{self.sector}"',
                f'agency = "{self.agency}"',
                f'redirect_uris = ["{self.url}/callback"]',
                f'post_logout_redirect_uris = ["{self.url}/signed-out"]',
                f'initiate_login_uri = "{self.url}/initiate-login"',
                f'backchannel_logout_uri = "{self.url}/backchannel-logout"',
                "backchannel_logout_session_required = true",
                'token_endpoint_auth_method = "client_secret_basic"',
                'grant_types = ["authorization_code", "refresh_token"]',
                'refresh = "session"',
                f'scope = "{_SCOPE}"',
                'consent = "ask"',
                "",
            ]
        )

    def program(self, issuer: str, ca: str | None) -> dict[str, Any]:
        """What `deploy.demo.portal` reads."""
        return {
            "portal": self.name,
            "url": self.url,
            "issuer": issuer,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": "openid profile email phone address account_level",
            "other_portal_url": self.other_url,
            "ca": ca,
        }

    def as_json(self) -> dict[str, Any]:
        """A row of demo.json."""
        return {
            "name": self.name,
            "url": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "redirect_uri": f"{self.url}/callback",
        }

    def write(self, folder: Path, issuer: str, ca: str | None) -> Path:
        """The file its program is started with."""
        path = folder / f"portal-{self.name}.json"
        path.write_bytes(orjson.dumps(self.program(issuer, ca), option=orjson.OPT_INDENT_2))
        path.chmod(0o600)
        return path


def demo_portals(keyring: Keyring, national_url: str, province_url: str) -> list[DemoPortal]:
    """Both, with secrets made of the demo's own master key."""
    return [
        DemoPortal(
            "national",
            "Cổng Dịch vụ công quốc gia (thử nghiệm)",
            "National Public Service Portal (demo)",
            "Văn phòng Chính phủ",
            "demo-national-portal",
            "national.demo",
            national_url,
            demo_secret(keyring, "national"),
            province_url,
        ),
        DemoPortal(
            "province",
            "Cổng Dịch vụ công tỉnh Lào Cai (thử nghiệm)",
            "Lào Cai Province Public Service Portal (demo)",
            "Ủy ban nhân dân tỉnh Lào Cai",
            "demo-province-portal",
            "lao-cai.demo",
            province_url,
            demo_secret(keyring, "province"),
            national_url,
        ),
    ]


def demo_secret(keyring: Keyring, name: str) -> str:
    """A client secret, the same at every start of one demo, different in every clone."""
    derived = keyring.derive("cookies", f"demo portal {name}".encode())
    return "demo-" + b32encode(derived).decode().lower().rstrip("=")
