"""What `idp pki trust add` makes of a trust list."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from idp.pki.certificate import Certificate
from idp.pki.trust_document import BadTrustList
from idp.pki.trust_list import Anchor, AnchorPolicy, TrustList


@dataclass(frozen=True, slots=True)
class Addition:
    """An authority as an anchor, or (`is_issuer`) as one below.

    `asked` are the members of the policy that the operator named: whatever they did not name stays as it is where an
    anchor is changed, and is the usual in a new one. `name` is None where none was given, and `own_name` is its own.
    """

    authority: Certificate
    own_name: str
    is_issuer: bool
    name: str | None
    asked: Mapping[str, Any]
    lists: tuple[str, ...]
    may_replace: bool

    def __call__(self, trust: TrustList) -> TrustList:
        """The list with it. Raises `BadTrustList`: `distrusted`, or `there_already` otherwise than it is asked for."""
        if any(each.certificate.key_digest == self.authority.key_digest for each in trust.distrusted):
            raise BadTrustList("distrusted")
        if self.lists:
            trust = trust.with_lists(self.authority, self.lists)
        if self.is_issuer:
            return trust if self.authority in trust.issuers else trust.with_issuer(self.authority)
        there = next((each for each in trust.anchors if each.certificate == self.authority), None)
        anchor = self._anchor(there if self.may_replace else None)
        if anchor == there:
            return trust
        if there is not None and not self.may_replace:
            raise BadTrustList("there_already")
        return trust.with_anchor(anchor)

    def _anchor(self, before: Anchor | None) -> Anchor:
        name = self.name or (before.name if before else self.own_name)
        policy = before.policy if before else AnchorPolicy()
        return Anchor(name, self.authority, replace(policy, **self.asked))
