"""Signing in: proofs that were taken and refused, and what was done against guessing."""

from dataclasses import dataclass

from idp.audit.events.event import Code, Codes, Event


@dataclass(frozen=True)
class SignInSucceeded(Event, shown=True):
    """A citizen gave every proof that was asked for. Kept five years; shown to the citizen."""

    methods: Codes
    level: int


@dataclass(frozen=True)
class SignInRefused(Event, shown=True):
    """A proof was refused: a wrong password or code, or an account that may not sign in.

    Kept five years; shown to the citizen.
    """

    method: Code
    reason: Code


@dataclass(frozen=True)
class OneTimeCodeSent(Event, shown=True):
    """A one-time code was queued for the phone of the account. Kept five years; shown to the citizen."""

    purpose: Code
    channel: Code


@dataclass(frozen=True)
class Throttled(Event, shown=True):
    """Too many tries: `counter` says which count was full. Kept five years; shown to the citizen."""

    counter: Code
    wait_seconds: int


@dataclass(frozen=True)
class FormRefused(Event, shown=False):
    """A form was not sent from our page, or was tampered with. Kept five years; not shown to the citizen."""

    form: Code
    reason: Code


@dataclass(frozen=True)
class CertificateAccepted(Event, shown=True):
    """A certificate proved who somebody is: which (SHA-256 of its DER), in which way, and for what.

    Kept five years; shown to the citizen.
    """

    fingerprint: Code
    way: Code
    purpose: Code


@dataclass(frozen=True)
class CertificateTurnedAway(Event, shown=True):
    """A certificate was shown and refused; `reason` is exact, `fingerprint` is `unread` where there was none to read.

    Whose it is may not be known. Kept five years; shown to the citizen.
    """

    fingerprint: Code
    way: Code
    reason: Code
