"""Every method is held to the contract of sign-in methods."""

import pytest

from idp.accounts.one_time_codes import LIFETIME
from tests.contracts.sign_in_method import OneTimeMethodContract, SignInMethodContract, Way
from tests.sign_in.people import recovery_codes_of, sms_code, types, with_own_password
from tests.support.html_page import Page
from tests.support.portal import Portal
from tests.support.provider import Provider
from tests.support.visitor import Visitor


class TestPassword(SignInMethodContract):
    @pytest.fixture
    def way(self, provider: Provider, easy_portal: Portal) -> Way:
        def comes(visitor: Visitor) -> Page:
            with_own_password(provider, visitor.citizen)
            return visitor.goes_to(easy_portal)

        return Way(
            comes=comes,
            right=lambda visitor: visitor.citizen.password,
            answers=lambda visitor, answer: types(visitor, password=answer),
            refused="wrong_number_or_password",
        )


class TestTotp(OneTimeMethodContract):
    @pytest.fixture
    def way(self, portal: Portal) -> Way:
        return Way(
            comes=lambda visitor: _gives_password(visitor, portal),
            right=lambda visitor: visitor.citizen.code(visitor.clock),
            answers=lambda visitor, answer: visitor.browser.submit("otp-form", {"otp": answer}),
            refused="wrong_code",
            ends=lambda visitor: visitor.clock.advance(seconds=60),
        )


class TestSms(OneTimeMethodContract):
    @pytest.fixture
    def way(self, provider: Provider, portal: Portal) -> Way:
        def comes(visitor: Visitor) -> Page:
            _gives_password(visitor, portal)
            visitor.browser.click("use-sms")
            # Messages of one instant have no order.
            visitor.clock.advance(seconds=1)
            return visitor.browser.submit("sms-form", button="send")

        return Way(
            comes=comes,
            right=lambda visitor: sms_code(provider, visitor.citizen),
            answers=lambda visitor, answer: visitor.browser.submit("otp-form", {"otp": answer}),
            refused="wrong_code",
            ends=lambda visitor: visitor.clock.advance(seconds=LIFETIME.total_seconds()),
        )


class TestRecoveryCode(OneTimeMethodContract):
    @pytest.fixture
    def way(self, provider: Provider, portal: Portal) -> Way:
        codes: dict[str, list[str]] = {}

        def comes(visitor: Visitor) -> Page:
            if visitor.citizen.number not in codes:
                codes[visitor.citizen.number] = recovery_codes_of(provider, visitor.citizen)
            _gives_password(visitor, portal)
            return visitor.browser.click("use-recovery")

        return Way(
            comes=comes,
            right=lambda visitor: codes[visitor.citizen.number].pop(),
            answers=lambda visitor, answer: visitor.browser.submit("recovery-form", {"recovery_code": answer}),
            refused="wrong_code",
            # They are good until they are used or new ones are made.
            ends=lambda visitor: recovery_codes_of(provider, visitor.citizen),
        )


def _gives_password(visitor: Visitor, portal: Portal) -> Page:
    visitor.goes_to(portal)
    return visitor.gives_password()
