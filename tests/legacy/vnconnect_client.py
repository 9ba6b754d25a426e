"""A portal as it was written for VNConnect (domain.md §4.1), against any provider at `base`: plain httpx and no checks.

It reads no discovery document, sends neither PKCE nor a nonce, keeps where to return to in the state, and never looks
at a signature. What it does is what such portals were seen to do, so it shows what a replacement has to bear.
"""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx


@dataclass(frozen=True)
class LocalAccount:
    """What the portal keeps of a person: its own key is `TechID`."""

    tech_id: str
    kind: str
    name: str
    number: str | None
    mail: str


@dataclass
class VnconnectClient:
    """`introspection`, `revocation` and `sign_out_at` stand in its configuration; the other addresses in its code."""

    base: str
    client_id: str
    client_secret: str
    redirect_uri: str
    introspection: str
    revocation: str
    sign_out_at: str
    http: httpx.Client

    def sign_in_url(self, *, mode: str = "auth", return_to: str = "https://dvc.example/?ho-so=1&x=ệ") -> str:
        state = b64encode(f"{mode}@{return_to}".encode()).decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "acr_values": "LoA1",
            "state": state,
        }
        return f"{self.base}/oauth2/authorize?{urlencode(asked)}"

    def take_back(self, url: str) -> tuple[str, str]:
        """The code, and where the state says that the person goes from here."""
        answer = parse_qs(urlsplit(url).query)
        _, _, return_to = b64decode(answer["state"][0]).decode().partition("@")
        return answer["code"][0], return_to

    def tokens(self, code: str) -> dict[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        return self._json(self.http.post(f"{self.base}/oauth2/token", data=fields, timeout=60))

    def person(self, access_token: str, body: Any = None) -> dict[str, Any]:
        """By POST, and said to be JSON although there is mostly nothing in it."""
        headers = {"authorization": f"Bearer {access_token}", "content-type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        return self._json(self.http.post(f"{self.base}/oauth2/userinfo", content=content, headers=headers, timeout=60))

    def account(self, person: dict[str, Any]) -> LocalAccount:
        """The portal's own, made up where something is missing."""
        return LocalAccount(
            tech_id=person["TechID"],
            kind=str(person["LoaiTaiKhoan"]),
            name=person["HoVaTen"],
            number=person.get("SoDinhDanh") or person.get("SoCMND"),
            mail=person.get("ThuDienTu") or f"{person['TechID']}@dvcqg.gov.vn",
        )

    def is_still_good(self, access_token: str, *, now: float) -> bool:
        """As it asks before each page: it looks at no `active`, only whose token it is and until when."""
        headers = {"authorization": f"Bearer {access_token}"}
        answer = self._json(
            self.http.post(self.introspection, data={"token": access_token, "state": "0"}, headers=headers)
        )
        return answer.get("client_id") == self.client_id and int(answer.get("exp", 0)) > now

    def revoke(self, id_token: str) -> None:
        fields = {"token": id_token, "client_id": self.client_id, "client_secret": self.client_secret}
        assert self.http.post(self.revocation, data=fields).status_code == 200

    def sign_out_url(self, id_token: str, back_to: str) -> str:
        return f"{self.sign_out_at}?{urlencode({'id_token_hint': id_token, 'post_logout_redirect_uri': back_to})}"

    @staticmethod
    def _json(answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:300]}"
        found: dict[str, Any] = answer.json()
        return found
