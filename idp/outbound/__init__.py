"""The one way out: every HTTP call of the house goes through `Outbound`.

It reaches public addresses by https, and beyond that only the host:port pairs that an operator listed
(`IDP_OUTBOUND_ALLOW`): a portal that registers an address of our own network gets nothing from there. The address is
checked where the connection is made, so a name that answers differently the second time gains nothing. No redirect is
followed, no cookie kept, no proxy or netrc of the environment used, nothing unpacked; time and size are bounded.

It stands on httpx's parts, its URL parser and its connection pool (httpcore), without its client: that one keeps
cookies, unpacks what it gets, and has no place where the address of a connection could be checked.
"""

from idp.outbound.client import Answer, Outbound, trust_of
from idp.outbound.refusals import OutboundNotAllowed, OutboundUnavailable

__all__ = ["Answer", "Outbound", "OutboundNotAllowed", "OutboundUnavailable", "trust_of"]
