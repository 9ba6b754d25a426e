"""An authenticator app on offer: a picture to scan, an address for the phone itself, and the secret to type."""

from dataclasses import dataclass, field
from typing import Self

from markupsafe import Markup
from starlette.requests import Request

from idp.accounts import totp
from idp.web.languages import choose
from idp.web.pages import Pages

_GROUP = 4


@dataclass(frozen=True, slots=True)
class AppOffer:
    """What the page shows. `secret` is in groups of four."""

    picture: Markup = field(repr=False)
    address: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def of(cls, request: Request, pages: Pages, secret: str, citizen_number: str) -> Self:
        """The offer of this secret to the person with this number."""
        address = totp.provisioning_uri(secret, citizen_number)
        title = pages.translations.text(choose(request), "citizen.app.picture")
        groups = " ".join(secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP))
        return cls(Markup(totp.qr_picture(address, title=title)), address, groups)  # noqa: S704  (our own drawing)
