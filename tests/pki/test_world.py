"""Whole decisions about certificates of both worlds: those that hold, and why the others do not."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from asn1crypto import algos
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.oid import NameOID

from idp.pki.certificate import Certificate
from idp.pki.checking import Accepted, Checking
from idp.pki.refusals import CertificateRefused
from idp.pki.trust_list import Anchor, AnchorPolicy, Block, Distrusted, TrustList
from idp.storage import Database
from tests.pki.world import OFFICIAL, SUBJECT, World, take_in, world
from tests.support.pki import NOW, YEAR, Authority, Issued, Terms, name, rsa_key, usage

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


@pytest.fixture
async def vietnam() -> AsyncIterator[World]:
    async with world() as made:
        yield made


async def decide(vietnam: World, database: Database, trust: TrustList, der: bytes, at: datetime = NOW) -> Accepted:
    """As a process that has just started."""
    checking = await vietnam.checking(database, trust)
    try:
        return await checking.check(der, at=at)
    finally:
        checking.close()


async def why_not(checking: Checking, der: bytes, at: datetime = NOW) -> tuple[str, str]:
    """Code and reason of the refusal."""
    with pytest.raises(CertificateRefused) as refused:
        await checking.check(der, at=at)
    return refused.value.code, refused.value.reason


@pytest.mark.parametrize(
    ("called", "subject", "anchor"),
    [("vnpt", SUBJECT, "g1"), ("viettel", SUBJECT, "g2"), ("agencies", OFFICIAL, "gov")],
)
async def test_both_national_roots_and_the_governments_vouch_for_their_people(
    vietnam: World, database: Database, called: str, subject: x509.Name, anchor: str
) -> None:
    accepted = await decide(vietnam, database, vietnam.trust(), vietnam.issue(called, subject).der)
    assert accepted.path.anchor.name == anchor
    assert accepted.issuer_name == vietnam.authority(called).common_name
    assert vietnam.asked == [f"/crl/{called}", f"/crl/{anchor}"]


@pytest.mark.parametrize(
    ("called", "anchor", "cross"), [("agencies", "g1", "to_government"), ("vnpt", "gov", "to_nation")]
)
async def test_a_cross_certificate_in_each_direction(
    vietnam: World, database: Database, called: str, anchor: str, cross: str
) -> None:
    crossing: Authority = getattr(vietnam, cross)
    issued = vietnam.issue(called, OFFICIAL)
    accepted = await decide(vietnam, database, vietnam.trust(anchors=[anchor], more=[crossing]), issued.der)
    chain = [each.der for each in accepted.path.chain]
    assert chain == [issued.der, vietnam.authority(called).der, crossing.der, vietnam.authority(anchor).der]
    # Whoever crossed may be taken back, too, and then nobody on the other side is vouched for.
    service = vietnam.services[anchor]
    service.revoked, service.number = [crossing.certificate], 2
    checking = await vietnam.checking(database, vietnam.trust(anchors=[anchor], more=[crossing]))
    assert await why_not(checking, issued.der) == ("certificate_revoked", "authority_revoked")
    checking.close()


Make = Callable[[World], Issued | bytes]
"""A certificate that does not hold."""


def issued_with(**said: datetime) -> Make:
    return lambda vietnam: vietnam.issue("vnpt", terms=replace(Terms(), **said))  # type: ignore[arg-type]


def named(*uids: str, called: str = "Nguyễn Văn An") -> Make:
    return lambda vietnam: vietnam.issue("vnpt", name(called, *uids))


def revoked(vietnam: World) -> Issued:
    issued = vietnam.issue("vnpt")
    vietnam.services["vnpt"].revoked.append(issued.certificate)
    return issued


def of_a_revoked_authority(vietnam: World) -> Issued:
    vietnam.services["g1"].revoked.append(vietnam.authority("vnpt").certificate)
    return vietnam.issue("vnpt")


def of_nobody_known(vietnam: World) -> Issued:
    return Authority.root("CA lạ").issue(SUBJECT)


def of_a_namesake(vietnam: World) -> Issued:
    return Authority.root(vietnam.authority("vnpt").common_name).issue(SUBJECT)


def self_signed(vietnam: World) -> Issued:
    key = rsa_key(2048)
    builder = x509.CertificateBuilder(SUBJECT, SUBJECT, key.public_key(), 5, NOW - DAY, NOW + DAY)
    return Issued(builder.sign(key, SHA256()), key)


def for_something_else(vietnam: World) -> Issued:
    return vietnam.issue("vnpt", terms=Terms(extensions=[(usage(key_encipherment=True), True)]))


def signed_with_sha_1(vietnam: World) -> bytes:
    return with_sha_1(vietnam.issue_authority("old", "g1", "CA cũ", key=rsa_key(2048)).issue(SUBJECT), rsa_key(2048))


def with_sha_1(issued: Issued, key: RSAPrivateKey) -> bytes:
    """The same certificate, signed as no library does any more."""
    certificate = asn1.Certificate.load(issued.der)
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha1_rsa"})
    certificate["tbs_certificate"]["signature"] = algorithm
    certificate["signature_algorithm"] = algorithm
    certificate["signature_value"] = key.sign(certificate["tbs_certificate"].dump(), PKCS1v15(), SHA1())
    der: bytes = certificate.dump()
    return der


def below_who_may_have_nobody_below(vietnam: World) -> Issued:
    vietnam.issue_authority("third", "vnpt", "CA cấp ba")
    return vietnam.issue("third")


def out_of_its_names(vietnam: World) -> Issued:
    return vietnam.issue("ministry", name("Nguyễn Văn An", organisation="Bộ B"))


def the_authority_itself(vietnam: World) -> Issued:
    return vietnam.authority("signing")


REFUSED: list[tuple[str, Make, str, str]] = [
    ("expired", issued_with(begins=NOW - 2 * DAY, ends=NOW - DAY), "certificate_expired", "expired"),
    ("not yet valid", issued_with(begins=NOW + DAY, ends=NOW + YEAR), "certificate_expired", "not_yet_valid"),
    ("revoked", revoked, "certificate_revoked", "revoked"),
    ("intermediate revoked", of_a_revoked_authority, "certificate_revoked", "authority_revoked"),
    ("unknown CA", of_nobody_known, "certificate_untrusted", "unknown_authority"),
    ("another key of a known name", of_a_namesake, "certificate_untrusted", "forged_signature"),
    ("self-signed", self_signed, "certificate_untrusted", "self_signed"),
    ("wrong usage", for_something_else, "certificate_untrusted", "key_usage"),
    ("an authority's own", the_authority_itself, "certificate_untrusted", "is_an_authority"),
    ("SHA-1", signed_with_sha_1, "certificate_weak", "weak_signature"),
    ("RSA-1024", lambda vietnam: vietnam.issue("vnpt", key=rsa_key(1024)), "certificate_weak", "rsa_size"),
    ("distrusted", lambda vietnam: vietnam.issue("distrusted"), "certificate_untrusted", "distrusted_authority"),
    ("blocked", lambda vietnam: vietnam.issue("blocked"), "certificate_untrusted", "blocked_batch"),
    ("path too long", below_who_may_have_nobody_below, "certificate_untrusted", "path_too_long"),
    ("name constraint", out_of_its_names, "certificate_untrusted", "name_constraint"),
    (
        "two personal numbers",
        named("CCCD:003090000001", "CMND:003123456"),
        "certificate_unreadable",
        "two_personal_numbers",
    ),
    ("empty CMND", named("CMND:"), "certificate_unreadable", "malformed_number"),
    ("NUL", named("CCCD:003090000001", called="Nguyễn\0An"), "certificate_unreadable", "disguised_text"),
    ("bidi", named("CCCD:003090000001", called="\u202enA"), "certificate_unreadable", "disguised_text"),
    ("seal", named("MST:0100000000"), "certificate_names_nobody", "seal_of_an_organisation"),
]


@pytest.mark.parametrize(("make", "code", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_what_is_wrong_has_a_reason_of_its_own(
    vietnam: World, database: Database, make: Make, code: str, reason: str
) -> None:
    ministry = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bộ A")]
    )
    only = x509.NameConstraints([x509.DirectoryName(ministry)], None)
    vietnam.issue_authority("ministry", "g1", "CA của Bộ A", more=[(only, True)])
    vietnam.issue_authority("distrusted", "g1", "CA không còn được tin")
    vietnam.issue_authority("blocked", "g1", "CA có lô thẻ hỏng")
    signs = usage(key_cert_sign=True, crl_sign=True, digital_signature=True)
    vietnam.issue_authority("signing", "g1", "CA tự ký", more=[(signs, True)])
    made = make(vietnam)
    der = made if isinstance(made, bytes) else made.der
    issuers = [called for called in vietnam.services if called not in ("g1", "g2", "gov")]
    trust = vietnam.trust(issuers=issuers)
    trust = trust.with_distrusted(Distrusted(vietnam.certificate("distrusted"), "key-leaked"))
    trust = trust.with_block(Block(vietnam.certificate("blocked"), 0, 2**160 - 1, "weak-key"))
    checking = await vietnam.checking(database, trust)
    assert await why_not(checking, der) == (code, reason)
    # A second time is decided as the first: what was refused is not remembered as anything else.
    assert await why_not(checking, der) == (code, reason)
    checking.close()


async def test_an_authority_that_signs_with_sha_1_vouches_for_nobody(vietnam: World, database: Database) -> None:
    key = rsa_key(2048)
    old = Authority.root("Gốc RSA", Terms(begins=NOW - YEAR, ends=NOW + YEAR))
    root = Authority(_resigned_root(old, key), key)
    ca = root.issue_authority("CA ký bằng SHA-1")
    below = with_sha_1(ca, key)
    policy = AnchorPolicy(revocation=("crl",))
    trust = TrustList(1, NOW, anchors=(Anchor("Gốc RSA", Certificate.read(root.der), policy),))
    trust = trust.with_issuer(Certificate.read(below))
    checking = await vietnam.checking(database, trust)
    assert await why_not(checking, ca.issue(SUBJECT).der) == ("certificate_weak", "weak_signature")
    checking.close()


def _resigned_root(old: Authority, key: RSAPrivateKey) -> x509.Certificate:
    subject = old.certificate.subject
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, NOW - YEAR, NOW + YEAR)
    return builder.add_extension(x509.BasicConstraints(True, None), True).sign(key, SHA256())


async def test_the_same_subject_of_two_authorities_is_two_certificates(vietnam: World, database: Database) -> None:
    checking = await vietnam.checking(database, vietnam.trust())
    one, other = [await checking.check(vietnam.issue(called).der, at=NOW) for called in ("vnpt", "viettel")]
    assert one.subject == other.subject
    assert one.certificate.serial_digest != other.certificate.serial_digest
    assert one.path.anchor != other.path.anchor
    vietnam.services["vnpt"].revoked.append(one.certificate.parsed)
    checking.close()
    later = await vietnam.checking(database, vietnam.trust())
    assert await why_not(later, one.certificate.der) == ("certificate_revoked", "revoked")
    assert await later.check(other.certificate.der, at=NOW)
    later.close()


async def test_a_key_size_that_an_anchor_asks_for(vietnam: World, database: Database) -> None:
    trust = vietnam.trust(policy=AnchorPolicy(revocation=("crl",), least_rsa_bits=3072))
    checking = await vietnam.checking(database, trust)
    assert await why_not(checking, vietnam.issue("vnpt", key=rsa_key(2048)).der) == ("certificate_weak", "rsa_size")
    assert await checking.check(vietnam.issue("vnpt", key=rsa_key(3072)).der, at=NOW)
    checking.close()


async def test_a_remembered_way_ends_with_what_is_on_it_and_with_the_version(
    vietnam: World, database: Database
) -> None:
    trust = vietnam.trust()
    checking = await vietnam.checking(database, trust)
    issued = vietnam.issue("vnpt", terms=Terms(ends=NOW + 2 * timedelta(hours=1)))
    for _ in range(2):
        await checking.check(issued.der, at=NOW)
    assert await why_not(checking, issued.der, NOW + 3 * timedelta(hours=1)) == ("certificate_expired", "expired")
    assert (await why_not(checking, issued.der, NOW - 2 * YEAR))[1] == "not_yet_valid"
    await checking.check(issued.der, at=NOW)
    block = Block(vietnam.certificate("vnpt"), *2 * (issued.certificate.serial_number,), "weak-key")
    for change, reason in (
        (trust.with_block(block), "blocked_batch"),
        (trust.with_distrusted(Distrusted(vietnam.certificate("vnpt"), "key-leaked")), "distrusted_authority"),
        (replace(trust, anchors=()), "unknown_authority"),
        (replace(trust, issuers=()), "unknown_authority"),
    ):
        await take_in(database, trust)
        await checking.refresh(database)
        await checking.check(issued.der, at=NOW)
        await take_in(database, change)
        await checking.refresh(database)
        assert (await why_not(checking, issued.der))[1] == reason
    checking.close()
