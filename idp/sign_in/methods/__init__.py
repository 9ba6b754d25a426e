"""Ways to prove who one is, one file each. The password comes first; each other one is a `SecondFactor`.

A method checks one answer of one person in one attempt and, where the answer may be used once, spends it in the same
statement. It counts nothing and decides nothing: that is `idp.sign_in.password_step` and `second_step`.
"""

from typing import Final

from idp.sign_in.methods.recovery_code import RecoveryCode
from idp.sign_in.methods.second_factor import SecondFactor
from idp.sign_in.methods.sms import Sms
from idp.sign_in.methods.totp import Totp

SECOND_FACTORS: Final[tuple[SecondFactor, ...]] = (Totp(), Sms(), RecoveryCode())
"""In the order in which they are offered: the strongest first (OWASP ASVS 5.0 §6.6.1)."""

__all__ = ["SECOND_FACTORS", "SecondFactor"]
