"""A trust list as a signed document: JSON with sorted names, and an Ed25519 signature.

The operator's key that signs is not the provider's: who can write to the database can trust nobody.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idp.errors import Refusal
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateRefused
from idp.pki.trust_list import Anchor, AnchorPolicy, Block, Distrusted, NamedList, RevocationSource, TrustList
from idp.pki.weak_keys import LEAST_RSA_BITS, MOST_RSA_BITS

_SIGNED_AS: Final = b"dinh-danh trust list 1\n"
"""Before what is signed, so that the key's signature under anything else is none under a trust list."""

EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""No trust list was made before."""

MOST_HOURS: Final = 10 * 366 * 24
"""For which an answer about revocation may count: ten years, for authorities whose lists are written by hand."""

_LONGEST_AGE: Final = MOST_HOURS * 3600
_MOST_VERSIONS: Final = 2**63 - 1  # as many as the database's column holds


class BadTrustList(Refusal):
    """A trust list is not signed by a key of this provider, or does not say what a trust list says.

    Operator: do not use it. `idp pki trust verify` names the first version that is wrong.
    """

    code = "bad_trust_list"


def written(trust: TrustList) -> bytes:
    """What is signed. The same list is the same bytes."""
    members = {
        "version": trust.version,
        "made_at": trust.made_at.isoformat(),
        "previous": trust.previous,
        "anchors": [
            {"name": each.name, "certificate": _text(each.certificate), "policy": _policy_members(each.policy)}
            for each in trust.anchors
        ],
        "issuers": [_text(each) for each in trust.issuers],
        "distrusted": [{"certificate": _text(each.certificate), "reason": each.reason} for each in trust.distrusted],
        "blocks": [_block_members(each) for each in trust.blocks],
        "lists": [{"issuer": _text(each.issuer), "url": each.url} for each in trust.lists],
    }
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS)


def read(document: bytes) -> TrustList:
    """Raises `BadTrustList`. Says nothing about who signed it: `verify` first."""
    try:
        members = orjson.loads(document)
        return TrustList(
            version=_whole(members["version"], 1, _MOST_VERSIONS),
            made_at=_moment(members["made_at"]),
            previous=_plain(members["previous"]),
            anchors=tuple(
                Anchor(_plain(each["name"]), _certificate(each["certificate"]), _policy(each["policy"]))
                for each in members["anchors"]
            ),
            issuers=tuple(_certificate(each) for each in members["issuers"]),
            distrusted=tuple(
                Distrusted(_certificate(each["certificate"]), _plain(each["reason"])) for each in members["distrusted"]
            ),
            blocks=tuple(_block(each) for each in members["blocks"]),
            # Not said in lists from before it could be.
            lists=tuple(map(_list, members.get("lists", ()))),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, CertificateRefused):
        raise BadTrustList("not_a_trust_list") from None


def sign(document: bytes, key: Ed25519PrivateKey) -> bytes:
    """The operator's signature under a document."""
    return key.sign(_SIGNED_AS + document)


def verify(document: bytes, signature: bytes, keys: Iterable[Ed25519PublicKey]) -> None:
    """Raise `BadTrustList` unless one of the keys signed exactly this."""
    for key in keys:
        try:
            key.verify(signature, _SIGNED_AS + document)
        except InvalidSignature:
            continue
        return
    raise BadTrustList("not_signed_by_us")


def _policy_members(policy: AnchorPolicy) -> dict[str, Any]:
    return {
        "key_usages": sorted(policy.key_usages),
        "extended_key_usages": sorted(policy.extended_key_usages),
        "policies": sorted(policy.policies),
        "least_rsa_bits": policy.least_rsa_bits,
        "revocation": policy.revocation,
        "longest_age": int(policy.longest_age.total_seconds()),
        "in_hardware": policy.in_hardware,
    }


def _policy(members: Mapping[str, Any]) -> AnchorPolicy:
    sources = tuple(members["revocation"])
    if not sources or not set(sources) <= set(get_args(RevocationSource)):
        raise ValueError("revocation")
    in_hardware = members.get("in_hardware", False)  # not said in lists from before there was a choice
    if not isinstance(in_hardware, bool):
        raise ValueError("in_hardware")
    return AnchorPolicy(
        key_usages=_several(members["key_usages"]),
        extended_key_usages=_several(members["extended_key_usages"]),
        policies=_several(members["policies"]),
        least_rsa_bits=_whole(members["least_rsa_bits"], LEAST_RSA_BITS, MOST_RSA_BITS),
        revocation=sources,
        longest_age=timedelta(seconds=_whole(members["longest_age"], 1, _LONGEST_AGE)),
        in_hardware=in_hardware,
    )


def _block_members(block: Block) -> dict[str, str]:
    # Serial numbers have up to twenty bytes, more than a JSON number holds.
    first, last = f"{block.first_serial:x}", f"{block.last_serial:x}"
    return {"issuer": _text(block.issuer), "first_serial": first, "last_serial": last, "reason": block.reason}


def _block(members: Mapping[str, str]) -> Block:
    first, last = int(members["first_serial"], 16), int(members["last_serial"], 16)
    return Block(_certificate(members["issuer"]), first, last, _plain(members["reason"]))


def _list(members: Mapping[str, str]) -> NamedList:
    return NamedList(_certificate(members["issuer"]), _plain(members["url"]))


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError("number")
    return value


def _plain(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _several(values: object) -> frozenset[str]:
    if not isinstance(values, list):
        raise ValueError("texts")
    return frozenset(map(_plain, values))


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_plain(value))
    if moment.tzinfo is None or moment < EARLIEST:
        raise ValueError("moment")
    return moment


def _text(certificate: Certificate) -> str:
    return b64encode(certificate.der).decode()


def _certificate(text: str) -> Certificate:
    return Certificate.read(b64decode(text, validate=True))
