"""What an operator's act changed, said once it is in force."""

from collections.abc import Iterator

from idp.pki.trust_list import Anchor, TrustList
from idp.pki.trust_shown import anchor_lines, other_lines, policy_words


def lines(before: TrustList, after: TrustList) -> Iterator[str]:
    """One for each thing that is said no more, said now, or said otherwise."""
    there = {anchor.certificate: anchor for anchor in before.anchors}
    for anchor in after.anchors:
        if (was := there.get(anchor.certificate)) is None:
            yield from (f"now        {line}" for line in anchor_lines(anchor))
        else:
            yield from (f"changed    {line}" for line in _changes(was, anchor))
    said, says = list(other_lines(before)), list(other_lines(after))
    yield from (f"no more    {line}" for line in said if line not in says)
    yield from (f"now        {line}" for line in says if line not in said)


def _changes(was: Anchor, now: Anchor) -> Iterator[str]:
    if was.name != now.name:
        yield f"name: {was.name} -> {now.name}"
    said = policy_words(was.policy)
    for what, value in policy_words(now.policy).items():
        if said[what] != value:
            yield f"{what}: {said[what] or 'any'} -> {value or 'any'}"
