"""Ways from a certificate to an anchor: those that hold, and each reason why one does not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from idp.pki.certificate import Certificate
from idp.pki.paths import Path, Paths
from idp.pki.refusals import (
    CertificateExpired,
    CertificateRefused,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateWeak,
)
from idp.pki.trust_list import Anchor, AnchorPolicy, Block, Distrusted, TrustList
from tests.pki.mutations import mutations, substitutions
from tests.support.pki import NOW, YEAR, Authority, Issued, Terms, name, rsa_key, usage

SUBJECT = name("Nguyễn Văn An", "CCCD:003090000001")
ANY = AnchorPolicy()
POLICY = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.16.704.1.1.1.1.1"), None)])


@pytest.fixture(scope="module")
def national() -> Authority:
    return Authority.root("Gốc quốc gia")


@pytest.fixture(scope="module")
def government() -> Authority:
    return Authority.root("Gốc chuyên dùng")


def found(paths: Paths, certificate: Certificate, *, at: datetime) -> Path:
    """What `find` finds. An event loop for each of thousands would take most of the time."""
    finding = paths.find(certificate, at=at)
    try:
        while True:
            finding.send(None)
    except StopIteration as end:
        path: Path = end.value
        return path


def find(
    issued: Issued,
    anchors: list[Authority],
    issuers: list[Authority],
    *,
    policy: AnchorPolicy = ANY,
    at: timedelta = timedelta(0),
    **more: Any,
) -> Path:
    """The way from a certificate under a trust list of these authorities."""
    trust = TrustList(
        version=1,
        made_at=NOW,
        anchors=tuple(Anchor(f"anchor {n}", Certificate.read(each.der), policy) for n, each in enumerate(anchors)),
        issuers=tuple(Certificate.read(each.der) for each in issuers),
        **more,
    )
    return found(Paths(trust), Certificate.read(issued.der), at=NOW + at)


def reason(*arguments: Any, **keywords: Any) -> str:
    """Why there is no way."""
    with pytest.raises(CertificateRefused) as refused:
        find(*arguments, **keywords)
    return refused.value.reason


def test_the_way_is_told_from_the_certificate_to_the_anchor(national: Authority) -> None:
    ca = national.issue_authority("CA công cộng")
    issued = ca.issue(SUBJECT)
    path = find(issued, [national], [ca])
    assert [each.der for each in path.chain] == [issued.der, ca.der, national.der]
    assert path.anchor.certificate.der == national.der


def test_both_worlds_have_anchors_of_their_own(national: Authority, government: Authority) -> None:
    ca = government.issue_authority("CA chuyên dùng")
    assert find(ca.issue(SUBJECT), [national, government], [ca]).anchor.name == "anchor 1"


@pytest.mark.parametrize("there_and_back", [False, True])
def test_a_cross_certificate_leads_from_one_world_to_the_other(
    national: Authority, government: Authority, there_and_back: bool
) -> None:
    first, second = (government, national) if there_and_back else (national, government)
    cross = first.issue_authority(second.common_name, path_length=None, key=second.key)
    ca = second.issue_authority("CA bên kia")
    issued = ca.issue(SUBJECT)
    assert [each.der for each in find(issued, [first], [ca, cross]).chain] == [issued.der, ca.der, cross.der, first.der]
    assert reason(issued, [first], [ca]) == "unknown_authority"


def test_a_way_that_holds_is_found_beside_one_that_does_not(national: Authority) -> None:
    """The roll-over of an authority: one key and name, the old certificate past its time, the new one not."""
    ca = national.issue_authority("CA thay khóa", terms=Terms(ends=NOW - YEAR / 2))
    renewed = national.issue_authority("CA thay khóa", key=ca.key)
    issued = ca.issue(SUBJECT)
    assert find(issued, [national], [ca, renewed]).chain[1].der == renewed.der
    assert reason(issued, [national], [ca]) == "authority_expired"


def test_time(national: Authority) -> None:
    root = Authority.root("Gốc lâu dài", Terms(begins=NOW - 3 * YEAR, ends=NOW + 3 * YEAR))
    ca = root.issue_authority("CA", terms=Terms(begins=NOW - 2 * YEAR, ends=NOW + 2 * YEAR))
    issued = ca.issue(SUBJECT)
    second = timedelta(seconds=1)
    for within in (-YEAR, timedelta(0), YEAR):
        assert find(issued, [root], [ca], at=within)
    with pytest.raises(CertificateExpired) as refused:
        find(issued, [root], [ca], at=YEAR + second)
    assert refused.value.reason == "expired"
    assert reason(issued, [root], [ca], at=-YEAR - second) == "not_yet_valid"
    lasting = ca.issue(SUBJECT, terms=Terms(begins=NOW - 3 * YEAR, ends=NOW + 3 * YEAR))
    assert reason(lasting, [root], [ca], at=2 * YEAR + second) == "authority_expired"
    assert reason(lasting, [root], [ca], at=-2 * YEAR - second) == "authority_not_yet_valid"


def test_an_anchor_past_its_time_or_before_it_vouches_for_nobody() -> None:
    root = Authority.root("Gốc", Terms(begins=NOW - timedelta(days=9), ends=NOW - timedelta(days=1)))
    ca = root.issue_authority("CA")
    assert reason(ca.issue(SUBJECT), [root], [ca]) == "authority_expired"
    assert reason(ca.issue(SUBJECT), [root], [ca], at=timedelta(days=-10)) == "authority_not_yet_valid"


def test_nobody_vouches(national: Authority, government: Authority) -> None:
    ca = government.issue_authority("CA")
    assert reason(ca.issue(SUBJECT), [national], [ca]) == "unknown_authority"
    assert reason(ca.issue(SUBJECT), [], [ca]) == "unknown_authority"
    assert reason(Authority.root("Nguyễn Văn An"), [national], []) == "self_signed"


def test_a_signature_by_another_key_of_the_same_name_is_none(national: Authority) -> None:
    ca, twin = (national.issue_authority("CA") for _ in range(2))
    assert reason(twin.issue(SUBJECT), [national], [ca]) in ("forged_signature", "unknown_authority")


def test_the_path_may_not_be_longer_than_an_authority_says(national: Authority) -> None:
    ca = national.issue_authority("CA", path_length=0)
    below = ca.issue_authority("CA cấp dưới")
    assert reason(below.issue(SUBJECT), [national], [ca, below]) == "path_too_long"


def test_who_is_no_authority_vouches_for_nobody(national: Authority) -> None:
    person = national.issue(SUBJECT)
    child = Authority(person.certificate, person.key).issue(name("Trần Thị Bình"))
    assert reason(child, [national], [Authority(person.certificate, person.key)]) == "not_an_authority"


def test_an_authority_stays_in_its_names(national: Authority) -> None:
    ministry = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bộ A")]
    )
    constraint = x509.NameConstraints(permitted_subtrees=[x509.DirectoryName(ministry)], excluded_subtrees=None)
    ca = national.issue_authority("CA của Bộ A", terms=Terms(extensions=[(constraint, True)]))
    assert find(ca.issue(name("Nguyễn Văn An", organisation="Bộ A")), [national], [ca])
    assert reason(ca.issue(name("Nguyễn Văn An", organisation="Bộ B")), [national], [ca]) == "name_constraint"


def test_an_anchor_may_ask_for_a_policy(national: Authority) -> None:
    wanted = AnchorPolicy(policies=frozenset({"2.16.704.1.1.1.1.1"}))
    ca = national.issue_authority("CA", terms=Terms(extensions=[(POLICY, False)]))
    assert find(ca.issue(SUBJECT, terms=Terms(extensions=[(POLICY, False)])), [national], [ca], policy=wanted)
    assert reason(ca.issue(SUBJECT), [national], [ca], policy=wanted) == "policy"


@pytest.mark.parametrize(
    ("usages", "extended", "asked", "expected"),
    [
        ({"digital_signature"}, [], set(), None),
        ({"content_commitment"}, [], set(), None),
        ({"key_encipherment"}, [], set(), "key_usage"),
        ({"digital_signature"}, [], {"1.3.6.1.5.5.7.3.2"}, "extended_key_usage"),
        ({"digital_signature"}, [ExtendedKeyUsageOID.EMAIL_PROTECTION], {"1.3.6.1.5.5.7.3.2"}, "extended_key_usage"),
        ({"digital_signature"}, [ExtendedKeyUsageOID.EMAIL_PROTECTION], {"1.3.6.1.5.5.7.3.4"}, None),
        ({"digital_signature"}, [ExtendedKeyUsageOID.CLIENT_AUTH], {"1.3.6.1.5.5.7.3.2"}, None),
    ],
)
def test_what_it_was_issued_for(
    national: Authority, usages: set[str], extended: list[x509.ObjectIdentifier], asked: set[str], expected: str | None
) -> None:
    extensions: list[tuple[x509.ExtensionType, bool]] = [(usage(**dict.fromkeys(usages, True)), True)]
    if extended:
        extensions.append((x509.ExtendedKeyUsage(extended), False))
    issued = national.issue(SUBJECT, terms=Terms(extensions=extensions))
    policy = AnchorPolicy(extended_key_usages=frozenset(asked))
    if expected is None:
        assert find(issued, [national], [], policy=policy)
    else:
        assert reason(issued, [national], [], policy=policy) == expected


TO_SIGN_DOCUMENTS = [x509.ObjectIdentifier("1.2.840.113583.1.1.5"), x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12")]
PRIVATE = x509.ObjectIdentifier("2.16.704.1.1.99")
OF_SERVICES = [
    ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.OCSP_SIGNING,
    ExtendedKeyUsageOID.CODE_SIGNING,
]


@pytest.mark.parametrize("purposes", [*([each] for each in OF_SERVICES), OF_SERVICES])
@pytest.mark.parametrize("is_critical", [True, False])
def test_what_is_for_machines_and_programs_vouches_for_no_person(
    national: Authority, purposes: list[x509.ObjectIdentifier], is_critical: bool
) -> None:
    terms = Terms(extensions=[(x509.ExtendedKeyUsage(purposes), is_critical)])
    assert reason(national.issue(SUBJECT, terms=terms), [national], []) == "extended_key_usage"
    ca = national.issue_authority("CA dấu thời gian", path_length=None, terms=terms)
    below = ca.issue_authority("CA dưới nó")
    assert reason(ca.issue(SUBJECT), [national], [ca]) == "extended_key_usage"
    assert reason(below.issue(SUBJECT), [national], [ca, below]) == "extended_key_usage"
    assert reason(ca.issue(SUBJECT), [ca], []) == "extended_key_usage"


@pytest.mark.parametrize(
    "purpose",
    [
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.SMARTCARD_LOGON,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        *TO_SIGN_DOCUMENTS,
        PRIVATE,
    ],
)
def test_what_is_for_people_too_may_be_for_machines(national: Authority, purpose: x509.ObjectIdentifier) -> None:
    for purposes in ([purpose], [*OF_SERVICES, purpose]):
        terms = Terms(extensions=[(x509.ExtendedKeyUsage(purposes), False)])
        ca = national.issue_authority("CA", terms=terms)
        assert find(ca.issue(SUBJECT, terms=terms), [national], [ca])


def test_a_critical_extension_that_nobody_knows(national: Authority) -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    issued = national.issue(SUBJECT, terms=Terms(extensions=[(unknown, True)]))
    assert reason(issued, [national], []) == "unknown_critical_extension"


def test_an_authority_with_a_short_key_vouches_for_nobody(national: Authority) -> None:
    ca = national.issue_authority("CA cũ", key=rsa_key(1024))
    with pytest.raises(CertificateWeak):
        find(ca.issue(SUBJECT), [national], [ca])


def test_a_distrusted_authority_is_on_no_way(national: Authority, government: Authority) -> None:
    ca = national.issue_authority("CA bị thu hồi")
    issued = ca.issue(SUBJECT)
    by_another = government.issue_authority("CA bị thu hồi", key=ca.key)
    gone = (Distrusted(Certificate.read(ca.der), "key-leaked"),)
    assert reason(issued, [national], [ca], distrusted=gone) == "distrusted_authority"
    # Nor in the certificate that somebody else gives its key.
    assert reason(issued, [national, government], [ca, by_another], distrusted=gone) == "distrusted_authority"
    assert reason(issued, [national], [], distrusted=(Distrusted(Certificate.read(national.der), "x"),)) in (
        "distrusted_authority",
        "unknown_authority",
    )


def test_a_batch_is_blocked_by_serial_number(national: Authority) -> None:
    ca = national.issue_authority("CA")
    issued = ca.issue(SUBJECT)
    serial, issuer = issued.certificate.serial_number, Certificate.read(ca.der)
    block = Block(issuer, serial - 5, serial, "leaked-batch")
    with pytest.raises(CertificateUntrusted) as refused:
        find(issued, [national], [ca], blocks=(block,))
    assert refused.value.reason == "blocked_batch"
    assert find(issued, [national], [ca], blocks=(replace(block, last_serial=serial - 1),))


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_whatever_is_changed_in_a_certificate_nobody_vouches_for_it(national: Authority) -> None:
    ca = national.issue_authority("CA")
    trust = TrustList(
        version=1,
        made_at=NOW,
        anchors=(Anchor("anchor", Certificate.read(national.der)),),
        issuers=(Certificate.read(ca.der),),
    )
    paths, judged = Paths(trust), 0
    for mutated in mutations(ca.issue(SUBJECT).der, 3_000, seed=2):
        try:
            certificate = Certificate.read(mutated)
        except CertificateUnreadable:
            continue
        with pytest.raises(CertificateRefused):
            found(paths, certificate, at=NOW)
        judged += 1
    assert judged > 100


def test_whoever_copies_an_anchors_name_and_key_is_not_that_anchor(national: Authority) -> None:
    """The library knows an anchor by name and key alone, and asks nothing more of a certificate with both."""
    copied = Authority.root("Ai đó")
    builder = x509.CertificateBuilder(
        national.certificate.subject, national.certificate.subject, national.certificate.public_key(), 5
    )
    forged = builder.not_valid_before(NOW - YEAR).not_valid_after(NOW + YEAR).sign(copied.key, SHA256())
    assert reason(Issued(forged, copied.key), [national], []) == "forged_signature"
    assert reason(Issued(national.certificate, national.key), [national], []) == "is_an_authority"


def test_an_authority_is_no_person(national: Authority) -> None:
    signs = usage(key_cert_sign=True, digital_signature=True)
    ca = national.issue_authority("CA", terms=Terms(extensions=[(signs, True)]))
    assert reason(Issued(ca.certificate, ca.key), [national], [ca]) == "is_an_authority"


def test_what_an_anchor_says_of_itself_counts_too() -> None:
    ministry = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])
    for extension, expected in (
        (x509.BasicConstraints(ca=True, path_length=0), "path_too_long"),
        (x509.NameConstraints(None, [x509.DirectoryName(ministry)]), "name_constraint"),
    ):
        root = Authority.root("Gốc có giới hạn", Terms(extensions=[(extension, True)]))
        ca = root.issue_authority("CA")
        assert reason(ca.issue(SUBJECT), [root], [ca]) == expected
    anything = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)])
    for policies in (anything, POLICY):
        root = Authority.root("Gốc có chính sách", Terms(extensions=[(policies, False)]))
        assert find(root.issue(SUBJECT), [root], [])


def test_a_key_that_does_not_fit_its_signature_is_refused(national: Authority) -> None:
    """An authority with an RSA key, and a certificate that says it was signed with ECDSA."""
    old = national.issue_authority("CA hai khóa", key=rsa_key(2048))
    twin = Authority.root("CA hai khóa")
    assert reason(twin.issue(SUBJECT), [national], [old]) in ("not_decodable", "forged_signature")


def test_authorities_that_all_vouch_for_each_other_are_no_maze(national: Authority) -> None:
    circle = [Authority.root(f"Vòng {number}") for number in range(6)]
    crosses = [
        one.issue_authority(other.common_name, path_length=None, key=other.key)
        for one in circle
        for other in circle
        if one is not other
    ]
    assert reason(circle[0].issue(SUBJECT), [national], crosses) == "unknown_authority"
    into = national.issue_authority("Vòng 0", path_length=None, key=circle[0].key)
    assert find(circle[3].issue(SUBJECT), [national], [*crosses, into]).chain[-1].der == national.der


def test_so_many_ways_are_remembered_and_no_more(national: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.pki.paths.MOST_REMEMBERED", 2)
    paths = Paths(TrustList(version=1, made_at=NOW, anchors=(Anchor("anchor", Certificate.read(national.der)),)))
    first, second, third = (Certificate.read(national.issue(SUBJECT).der) for _ in range(3))
    for certificate in (first, second):
        assert paths.remembered(certificate, at=NOW) is None
        assert found(paths, certificate, at=NOW) == paths.remembered(certificate, at=NOW)
    assert paths.remembered(first, at=NOW)
    found(paths, third, at=NOW)
    assert [paths.remembered(each, at=NOW) is not None for each in (first, second, third)] == [True, False, True]


def test_a_way_is_remembered_exactly_as_long_as_it_holds() -> None:
    root = Authority.root("Gốc", Terms(begins=NOW - 3 * YEAR, ends=NOW + 3 * YEAR))
    ca = root.issue_authority("CA", terms=Terms(begins=NOW - 2 * YEAR, ends=NOW + YEAR / 2))
    certificate = Certificate.read(ca.issue(SUBJECT).der)
    anchor = Anchor("anchor", Certificate.read(root.der))
    paths = Paths(TrustList(version=1, made_at=NOW, anchors=(anchor,), issuers=(Certificate.read(ca.der),)))
    found(paths, certificate, at=NOW)
    second = timedelta(seconds=1)
    for at, holds in (
        (NOW - YEAR, True),
        (NOW - YEAR - second, False),
        (NOW + YEAR / 2, True),
        (NOW + YEAR / 2 + second, False),
    ):
        assert (paths.remembered(certificate, at=at) is not None) == holds
        if holds:
            found(paths, certificate, at=at)
        else:
            with pytest.raises(CertificateExpired):
                found(paths, certificate, at=at)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_whatever_a_trusted_authority_signs_is_judged_without_a_fault(national: Authority) -> None:
    """Bytes changed before signing, so that every question behind the signature is asked of them."""
    addresses = x509.SubjectAlternativeName([x509.RFC822Name("an@tinhx.example"), x509.DNSName("tinhx.example")])
    names = x509.NameConstraints([x509.RFC822Name(".example"), x509.DNSName("example")], None)
    ca = national.issue_authority("CA", terms=Terms(extensions=[(names, False), (POLICY, False)]))
    issued = ca.issue(SUBJECT, terms=Terms(extensions=[(addresses, False), (POLICY, False)]))
    certificate = asn1.Certificate.load(issued.der)
    signed = certificate["tbs_certificate"].dump()
    trust = TrustList(
        version=1,
        made_at=NOW,
        anchors=(Anchor("anchor", Certificate.read(national.der), AnchorPolicy(policies=frozenset({"1.2.3"}))),),
        issuers=(Certificate.read(ca.der),),
    )
    paths, judged = Paths(trust), 0
    for mutated in substitutions(signed, 3_000, seed=5):
        try:
            nearly = Certificate.read(signed_anew(mutated, certificate, ca))
        except CertificateUnreadable:
            continue
        with pytest.raises(CertificateRefused):
            found(paths, nearly, at=NOW)
        judged += 1
    assert judged > 200


def signed_anew(signed: bytes, certificate: asn1.Certificate, ca: Authority) -> bytes:
    """The certificate with these bytes in it and the authority's signature under them."""
    signature = ca.key.sign(signed, ec.ECDSA(SHA256()))  # type: ignore[call-arg, arg-type]
    algorithm: bytes = certificate["signature_algorithm"].dump()
    content = signed + algorithm + bytes((3, len(signature) + 1, 0)) + signature
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content
