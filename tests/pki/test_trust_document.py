"""The trust list as a document: the same bytes again, one signature, and nothing believed that is not signed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from idp.pki.certificate import Certificate
from idp.pki.trust_document import BadTrustList, read, sign, verify, written
from idp.pki.trust_list import Anchor, AnchorPolicy, Block, Distrusted, NamedList, TrustList
from tests.support.pki import Authority

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def trust(ca: Authority) -> TrustList:
    certificate, gone = Certificate.read(ca.der), Certificate.read(Authority.root("Gốc bị thu hồi").der)
    policy = AnchorPolicy(
        policies=frozenset({"2.16.704.1.1.1.1.1"}),
        revocation=("crl",),
        longest_age=timedelta(days=2),
        in_hardware=True,
    )
    return TrustList(
        version=3,
        made_at=datetime(2026, 6, 1, tzinfo=UTC),
        previous="0" * 64,
        anchors=(Anchor("Gốc thử nghiệm", certificate, policy),),
        issuers=(certificate,),
        distrusted=(Distrusted(gone, "key-leaked"),),
        blocks=(Block(certificate, 2**150, 2**159 - 1, "weak-key"),),
        lists=(NamedList(certificate, "http://crl.example/1.crl"),),
    )


def test_it_says_the_same_when_it_is_read_again(trust: TrustList) -> None:
    assert read(written(trust)) == trust
    assert written(read(written(trust))) == written(trust)


def test_only_the_operators_signature_under_exactly_this_counts(trust: TrustList) -> None:
    document = written(trust)
    signature = sign(document, KEY)
    verify(document, signature, [OTHER.public_key(), KEY.public_key()])
    for changed in (document + b" ", document.replace(b'"version":3', b'"version":4')):
        with pytest.raises(BadTrustList):
            verify(changed, signature, [KEY.public_key()])
    for keys in ([], [OTHER.public_key()]):
        with pytest.raises(BadTrustList):
            verify(document, signature, keys)
    with pytest.raises(BadTrustList):
        verify(document, KEY.sign(document), [KEY.public_key()])


def test_one_from_before_there_were_named_lists_and_tokens_is_read(trust: TrustList) -> None:
    members = orjson.loads(written(trust))
    del members["lists"]
    del members["anchors"][0]["policy"]["in_hardware"]
    (anchor,) = trust.anchors
    policy = replace(anchor.policy, in_hardware=False)
    assert read(orjson.dumps(members)) == replace(trust, anchors=(replace(anchor, policy=policy),), lists=())


@pytest.mark.parametrize("told", ["yes", 1, None])
def test_a_policy_says_plainly_whether_keys_are_in_tokens(trust: TrustList, told: object) -> None:
    members = orjson.loads(written(trust))
    members["anchors"][0]["policy"]["in_hardware"] = told
    with pytest.raises(BadTrustList):
        read(orjson.dumps(members))


@pytest.mark.parametrize(
    "change",
    [
        {"version": "x"},
        {"version": 0},
        {"version": True},
        {"version": 1.5},
        {"version": 2**63},
        {"previous": None},
        {"made_at": "2026-06-01T09:00:00"},
        {"made_at": "0001-01-01T00:00:00+00:00"},
        {"anchors": [{}]},
        {"anchors": ["AAAA"]},
        {"issuers": ["AAAA"]},
        {"made_at": 1},
        {"lists": [{"url": "http://crl.example/"}]},
        {"lists": ["http://crl.example/"]},
        {"blocks": ["AAAA"]},
    ],
)
def test_what_says_something_else_is_no_trust_list(trust: TrustList, change: dict[str, object]) -> None:
    members = {**orjson.loads(written(trust)), **change}
    with pytest.raises(BadTrustList):
        read(orjson.dumps(members))


@pytest.mark.parametrize(
    "change",
    [
        {"longest_age": 1e300},
        {"longest_age": 2**63},
        {"longest_age": -1},
        {"longest_age": 0},
        {"longest_age": "day"},
        {"least_rsa_bits": 1024},
        {"least_rsa_bits": 1 << 20},
        {"least_rsa_bits": 3e3},
        {"key_usages": "digital_signature"},
        {"policies": [1]},
        {"extended_key_usages": [[]]},
    ],
)
def test_a_policy_asks_for_what_can_be(trust: TrustList, change: dict[str, object]) -> None:
    members = orjson.loads(written(trust))
    members["anchors"][0]["policy"].update(change)
    with pytest.raises(BadTrustList):
        read(orjson.dumps(members))


@pytest.mark.parametrize("sources", [[], ["ocsp", "rumour"]])
def test_a_policy_asks_somebody_about_revocation(trust: TrustList, sources: list[str]) -> None:
    members = orjson.loads(written(trust))
    members["anchors"][0]["policy"]["revocation"] = sources
    with pytest.raises(BadTrustList):
        read(orjson.dumps(members))


@given(st.binary(max_size=200))
def test_bytes_are_no_trust_list(data: bytes) -> None:
    with pytest.raises(BadTrustList):
        read(data)


def test_a_block_is_of_one_key_and_both_its_ends_belong_to_it(trust: TrustList) -> None:
    (block,) = trust.blocks
    key = block.issuer.key_digest
    assert [block.covers(key, serial) for serial in (2**150 - 1, 2**150, 2**159 - 1, 2**159)] == [
        False,
        True,
        True,
        False,
    ]
    assert not block.covers(trust.distrusted[0].certificate.key_digest, 2**150)
