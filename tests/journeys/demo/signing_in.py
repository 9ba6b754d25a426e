"""What somebody of demo.json does at the sign-in page."""

from typing import Any

import pyotp
from playwright.sync_api import Page

from tests.support.chromium import follow


def sign_in(page: Page, who: dict[str, Any]) -> None:
    """By password and app, to the page after both. A code of the app is good once."""
    page.fill("#citizen_number", who["citizen_number"])
    page.fill("#password", who["password"])
    follow(page, "#sign-in")
    page.fill("#otp", pyotp.TOTP(who["totp_secret"]).now())
    follow(page, "#verify")
