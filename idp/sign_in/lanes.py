"""What is counted together, and how much each count takes."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_network
from typing import Final
from uuid import UUID

from idp.sealing import Keyring
from idp.sign_in.throttling import Lane, Rule
from idp.web.client_address import Address

_QUARTER: Final = timedelta(minutes=15)
_DAY: Final = timedelta(days=1)
_TEN_MINUTES: Final = timedelta(minutes=10)

PASSWORD: Final = Rule("password", most=10, window=_QUARTER, longest=_DAY, most_in_a_row=100)
PASSWORD_ON_DEVICE: Final = Rule("password_on_device", most=10, window=_QUARTER, longest=_DAY, most_in_a_row=100)
SECOND_FACTOR: Final = Rule("second_factor", most=10, window=_QUARTER, longest=_DAY, most_in_a_row=30)
"""Whoever guesses here has the password already, and six digits are few: thirty, until the owner was right again."""

SECOND_FACTOR_ON_DEVICE: Final = Rule(
    "second_factor_on_device", most=10, window=_QUARTER, longest=_DAY, most_in_a_row=100
)

RECOVERY_FACTOR: Final = Rule("recovery_factor", most=10, window=_QUARTER, longest=_DAY, most_in_a_row=30)
"""Second factors beside the code from the phone. Apart from those of the sign-in: whoever stole the password must not
keep its owner from choosing another."""

ADDRESS: Final = Rule("address", most=300, window=_TEN_MINUTES, longest=_TEN_MINUTES)
"""Wrong passwords of unknown browsers from one address. High, because whole districts share one behind a carrier."""

SITE: Final = Rule("site", most=3_000, window=_TEN_MINUTES, longest=_TEN_MINUTES)
"""The same from all lines of one IPv6 site together: whoever has one has 65,536 lines, and it costs nothing."""

SENDING: Final = Rule("sms_of_attempt", most=5, window=timedelta(hours=1), longest=timedelta(hours=1))
"""Codes sent for one attempt. What one person is sent by all attempts together is capped by `idp.notices`."""

CERTIFICATE: Final = Rule("certificate", most=300, window=_TEN_MINUTES, longest=_TEN_MINUTES)
"""Certificates from one address, and signatures, that were refused: each leaves a row in the record."""

CERTIFICATE_SHOWN: Final = Rule("certificate_shown", most=3_000, window=_TEN_MINUTES, longest=_TEN_MINUTES)
"""Those that were brought from the certificate host, good or bad: each is kept for a minute, whole."""

PUSHED: Final = Rule("pushed_by_name", most=3_000, window=_TEN_MINUTES, longest=_TEN_MINUTES)
"""Requests pushed from one address by apps, which prove nothing: each is kept for two hours."""

# One household or one server has as many IPv6 addresses as it likes, in one network of this length.
_IPV6_PREFIX = 64
_IPV6_SITE = 48


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where the guesses of one browser at one person are counted.

    `own` decides. `strangers` is the lane of browsers nobody knows: the same one, unless this browser is known.
    """

    own: Lane
    strangers: Lane

    @property
    def is_known_device(self) -> bool:
        """Whether this browser has a count of its own."""
        return self.own is not self.strangers


def of_password(keyring: Keyring, number: str, device: str | None) -> Lanes:
    """For passwords: by what was typed as the number, whether anybody has it or not. `device` is given when known."""
    return _lanes(keyring, (PASSWORD, PASSWORD_ON_DEVICE), number, device)


def of_second_factor(keyring: Keyring, account_id: UUID, device: str | None) -> Lanes:
    """For all second factors of an account together, over all its attempts. `device` is given when known."""
    return _lanes(keyring, (SECOND_FACTOR, SECOND_FACTOR_ON_DEVICE), account_id.hex, device)


def of_recovery(keyring: Keyring, account_id: UUID) -> Lane:
    """For all second factors of an account over all its recoveries, in whatever browser."""
    return Lane.of(RECOVERY_FACTOR, keyring, account_id.hex)


def of_address(keyring: Keyring, address: Address) -> Lane:
    """For an address, or the network that one line has."""
    line = ip_network((address, _IPV6_PREFIX), strict=False) if isinstance(address, IPv6Address) else address
    return Lane.of(ADDRESS, keyring, str(line))


def around(keyring: Keyring, address: Address) -> tuple[Lane, ...]:
    """All lanes that an address is counted in: its line's, and over IPv6 its site's."""
    line = of_address(keyring, address)
    if not isinstance(address, IPv6Address):
        return (line,)
    return line, Lane.of(SITE, keyring, str(ip_network((address, _IPV6_SITE), strict=False)))


def of_site(rule: Rule, keyring: Keyring, address: Address) -> Lane:
    """For what comes from an address; over IPv6 its whole site is one, because lines cost nothing there."""
    site = ip_network((address, _IPV6_SITE), strict=False) if isinstance(address, IPv6Address) else address
    return Lane.of(rule, keyring, str(site))


def of_sending(keyring: Keyring, attempt_id: UUID) -> Lane:
    """For the codes sent in one attempt."""
    return Lane.of(SENDING, keyring, attempt_id.hex)


def _lanes(keyring: Keyring, rules: tuple[Rule, Rule], person: str, device: str | None) -> Lanes:
    strangers = Lane.of(rules[0], keyring, person)
    # A device's value has a fixed shape, so no two pairs of device and person give the same text.
    own = strangers if device is None else Lane.of(rules[1], keyring, device + person)
    return Lanes(own, strangers)
