"""A trust list as operators and their programs read it."""

from collections.abc import Iterator
from typing import Any

from idp.pki.certificate import Certificate
from idp.pki.explaining import readable
from idp.pki.trust_list import LARGEST_SERIAL, Anchor, AnchorPolicy, Block, TrustList


def as_json(trust: TrustList) -> dict[str, Any]:
    """Every member; a certificate by what names it."""
    return {
        "version": trust.version,
        "made_at": trust.made_at,
        "anchors": [
            {"name": each.name, **_certificate(each.certificate), "policy": _policy(each.policy)}
            for each in trust.anchors
        ],
        "issuers": [_certificate(each) for each in trust.issuers],
        "distrusted": [{**_certificate(each.certificate), "reason": each.reason} for each in trust.distrusted],
        "blocks": [_block(each) for each in trust.blocks],
        "lists": [{"issuer": each.issuer.fingerprint, "url": each.url} for each in trust.lists],
    }


def lines(trust: TrustList) -> Iterator[str]:
    """The same for people, one line for one thing that is said."""
    yield f"version {trust.version}, of {trust.made_at:%Y-%m-%d %H:%M} UTC"
    for anchor in trust.anchors:
        yield from anchor_lines(anchor)
    yield from other_lines(trust)


def anchor_lines(anchor: Anchor) -> tuple[str, str]:
    """Who it is, and its policy."""
    return f"anchor      {_line(anchor.certificate)}  {anchor.name}", f"{'':12}{_policy_line(anchor.policy)}"


def other_lines(trust: TrustList) -> Iterator[str]:
    """What is said beside the anchors, one line for each."""
    for issuer in trust.issuers:
        yield f"issuer      {_line(issuer)}"
    for gone in trust.distrusted:
        yield f"distrusted  {_line(gone.certificate)}  {gone.reason}"
    for block in trust.blocks:
        yield f"blocked     {_line(block.issuer)}  {_serials(block)}  {block.reason}"
    for named in trust.lists:
        yield f"list        {_line(named.issuer)}  {named.url}"


def _serials(block: Block) -> str:
    if (block.first_serial, block.last_serial) == (0, LARGEST_SERIAL):
        return "all serial numbers"
    first, last = (f"{serial:#x} ({serial})" for serial in (block.first_serial, block.last_serial))
    return first if first == last else f"{first} to {last}"


def _certificate(certificate: Certificate) -> dict[str, Any]:
    return {
        "fingerprint": certificate.fingerprint,
        "subject": readable(certificate.parsed.subject),
        "issuer": readable(certificate.parsed.issuer),
        "valid_until": certificate.parsed.not_valid_after_utc,
    }


def _policy(policy: AnchorPolicy) -> dict[str, Any]:
    return {
        "key_usages": sorted(policy.key_usages),
        "extended_key_usages": sorted(policy.extended_key_usages),
        "policies": sorted(policy.policies),
        "least_rsa_bits": policy.least_rsa_bits,
        "revocation": policy.revocation,
        "longest_age_hours": policy.longest_age.total_seconds() / 3600,
        "in_hardware": policy.in_hardware,
    }


def _block(block: Block) -> dict[str, Any]:
    # Longer than the numbers that programs read from JSON.
    first, last = f"{block.first_serial:#x}", f"{block.last_serial:#x}"
    return {
        "issuer": block.issuer.fingerprint,
        "first_serial": first,
        "last_serial": last,
        "reason": block.reason,
    }


def _line(certificate: Certificate) -> str:
    until = f"{certificate.parsed.not_valid_after_utc:%Y-%m-%d}"
    return f"{certificate.fingerprint[:16]}  until {until}  {readable(certificate.parsed.subject)}"


def policy_words(policy: AnchorPolicy) -> dict[str, str]:
    """What is asked, each by what it is about; empty where nothing is."""
    return {
        "usage": ",".join(sorted(policy.key_usages)) or "any",
        "extended usage": ",".join(sorted(policy.extended_key_usages)),
        "policies": ",".join(sorted(policy.policies)),
        "RSA from": str(policy.least_rsa_bits),
        "asked": ",".join(policy.revocation),
        "answers count": f"{policy.longest_age.total_seconds() / 3600:g} h",
        "keys": "in tokens" if policy.in_hardware else "anywhere",
    }


def _policy_line(policy: AnchorPolicy) -> str:
    return "; ".join(f"{what} {value}" for what, value in policy_words(policy).items() if value)
