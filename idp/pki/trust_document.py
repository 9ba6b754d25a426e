"""A trust list as a signed document: JSON with sorted names, and an Ed25519 signature.

The operator's key that signs is not the provider's: who can write to the database can trust nobody.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, get_args

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idp.errors import Refusal
from idp.pki.certificate import Certificate
from idp.pki.refusals import CertificateRefused
from idp.pki.trust_list import Anchor, AnchorPolicy, Block, Distrusted, NamedList, RevocationSource, TrustList

_SIGNED_AS: Final = b"dinh-danh trust list 1\n"
"""Before what is signed, so that the key's signature under anything else is none under a trust list."""


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
            version=int(members["version"]),
            made_at=datetime.fromisoformat(members["made_at"]),
            previous=str(members["previous"]),
            anchors=tuple(
                Anchor(each["name"], _certificate(each["certificate"]), _policy(each["policy"]))
                for each in members["anchors"]
            ),
            issuers=tuple(_certificate(each) for each in members["issuers"]),
            distrusted=tuple(
                Distrusted(_certificate(each["certificate"]), each["reason"]) for each in members["distrusted"]
            ),
            blocks=tuple(_block(each) for each in members["blocks"]),
            # Not said in lists from before it could be.
            lists=tuple(NamedList(_certificate(each["issuer"]), str(each["url"])) for each in members.get("lists", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError, CertificateRefused):
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
        key_usages=frozenset(members["key_usages"]),
        extended_key_usages=frozenset(members["extended_key_usages"]),
        policies=frozenset(members["policies"]),
        least_rsa_bits=int(members["least_rsa_bits"]),
        revocation=sources,
        longest_age=timedelta(seconds=members["longest_age"]),
        in_hardware=in_hardware,
    )


def _block_members(block: Block) -> dict[str, str]:
    # Serial numbers have up to twenty bytes, more than a JSON number holds.
    first, last = f"{block.first_serial:x}", f"{block.last_serial:x}"
    return {"issuer": _text(block.issuer), "first_serial": first, "last_serial": last, "reason": block.reason}


def _block(members: Mapping[str, str]) -> Block:
    first, last = int(members["first_serial"], 16), int(members["last_serial"], 16)
    return Block(_certificate(members["issuer"]), first, last, members["reason"])


def _text(certificate: Certificate) -> str:
    return b64encode(certificate.der).decode()


def _certificate(text: str) -> Certificate:
    return Certificate.read(b64decode(text, validate=True))
