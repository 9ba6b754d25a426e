"""What one version of the trust list says that the one before it did not."""

from collections.abc import Iterable, Iterator

from idp.pki.trust_list import TrustList


def changes_between(before: TrustList | None, after: TrustList) -> tuple[str, ...]:
    """Codes for the audit: what was done, and the fingerprint of the authority. None of them: the same again."""
    was, now = _said(before) if before else {}, _said(after)
    return tuple(
        f"{verb}:{fingerprint}"
        for kind in now
        for verb, fingerprint in _difference(kind, was.get(kind, frozenset()), now[kind])
    )


def _said(trust: TrustList) -> dict[str, frozenset[tuple[str, object]]]:
    """By kind: fingerprints, each with whatever else is said of it."""
    return {
        "anchor": frozenset((each.certificate.fingerprint, (each.name, each.policy)) for each in trust.anchors),
        "issuer": frozenset((each.fingerprint, None) for each in trust.issuers),
        "distrust": frozenset((each.certificate.fingerprint, each.reason) for each in trust.distrusted),
        "block": frozenset(
            (each.issuer.fingerprint, (each.first_serial, each.last_serial, each.reason)) for each in trust.blocks
        ),
        "list": frozenset((each.issuer.fingerprint, each.url) for each in trust.lists),
    }


def _difference(
    kind: str, was: Iterable[tuple[str, object]], now: Iterable[tuple[str, object]]
) -> Iterator[tuple[str, str]]:
    before, after = frozenset(was), frozenset(now)
    gone = {fingerprint for fingerprint, _ in before - after}
    come = {fingerprint for fingerprint, _ in after - before}
    yield from ((f"{kind}_added", each) for each in sorted(come - gone))
    yield from ((f"{kind}_changed", each) for each in sorted(come & gone))
    yield from ((f"{kind}_removed", each) for each in sorted(gone - come))
