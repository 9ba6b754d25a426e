"""Whom a certificate must name: compared by structure (RFC 4514, RFC 5280 §7), never by text."""

from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from idp.pki.certificate import Certificate
from idp.portals.certificate_subjects import SUBJECTS, names, read_subject
from idp.portals.distinguished_names import NameFault, name_of, read_name
from idp.portals.portal import Registration
from idp.portals.profiles import Profile
from tests.support.pki import Authority, Terms

CA = Authority.root("CA của cổng")
BASE = [
    (NameOID.COUNTRY_NAME, "VN"),
    (NameOID.ORGANIZATION_NAME, "Sở Tư pháp, tỉnh A"),
    (NameOID.COMMON_NAME, "cong.example.vn"),
]


def subject(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def registration(**members: str) -> Registration:
    return Registration(
        client_id="p",
        profile=Profile.FAPI2,
        names={"": "P"},
        sector="p",
        token_endpoint_auth_method="tls_client_auth",
        grant_types=frozenset(),
        scopes=frozenset(),
        id_token_signed_response_alg="ES256",
        **members,  # type: ignore[arg-type]  # texts
    )


def certificate(name: x509.Name, *alternatives: x509.GeneralName) -> Certificate:
    extensions = ((x509.SubjectAlternativeName(alternatives), False),) if alternatives else ()
    return Certificate.read(CA.issue(name, terms=Terms(extensions=extensions)).der)


SAME = [
    "CN=cong.example.vn,O=Sở Tư pháp\\, tỉnh A,C=VN",
    "cn=CONG.example.vn, o=sở  tư pháp\\2C TỈNH A , c=vn",
    "2.5.4.3=cong.example.vn,2.5.4.10=Sở Tư pháp\\, tỉnh A,2.5.4.6=VN",
    "commonName=cong.example.vn,organizationName=S\\E1\\BB\\9F Tư pháp\\, tỉnh A,OID.2.5.4.6=#1302564E",
    "CN=\\ cong.example.vn\\ ,O=Sở Tư pháp\\, tỉnh A,C=#0C02766e",
]
OTHER = [
    "C=VN,O=Sở Tư pháp\\, tỉnh A,CN=cong.example.vn",
    "CN=cong.example.vn+O=Sở Tư pháp\\, tỉnh A,C=VN",
    "CN=cong.example.vn,O=Sở Tư pháp\\, tỉnh A",
    "CN=cong.example.vn,O=Sở Tư pháp,C=VN",
    "CN=cong.example.vn.evil.example,O=Sở Tư pháp\\, tỉnh A,C=VN",
    "CN=cong.example.vn,OU=Sở Tư pháp\\, tỉnh A,C=VN",
    "CN=x,CN=cong.example.vn,O=Sở Tư pháp\\, tỉnh A,C=VN",
    "CN=*.example.vn,O=Sở Tư pháp\\, tỉnh A,C=VN",
    "CN=cong\u200b.example.vn,O=Sở Tư pháp\\, tỉnh A,C=VN",
]


@pytest.mark.parametrize("number", range(len(SAME)))
def test_any_spelling_of_one_name_is_that_name(number: int) -> None:
    assert names(certificate(subject(*BASE)), registration(tls_client_auth_subject_dn=SAME[number]))


@pytest.mark.parametrize("number", range(len(OTHER)))
def test_another_order_structure_or_value_is_another_name(number: int) -> None:
    assert not names(certificate(subject(*BASE)), registration(tls_client_auth_subject_dn=OTHER[number]))


def test_a_comma_inside_of_a_value_does_not_become_a_part() -> None:
    """The text is the same, the names are not: an authority would write the first for anybody called so."""
    sly = certificate(subject((NameOID.COMMON_NAME, "a,O=Bộ Tư pháp")))
    assert not names(sly, registration(tls_client_auth_subject_dn="CN=a,O=Bộ Tư pháp"))
    assert names(sly, registration(tls_client_auth_subject_dn="CN=a\\,O=Bộ Tư pháp"))


def test_attributes_of_one_part_have_no_order() -> None:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(NameOID.USER_ID, "b")]
    both = certificate(x509.Name([x509.RelativeDistinguishedName(parts)]))
    for text in ("CN=a+UID=b", "UID=b + CN=a"):
        assert names(both, registration(tls_client_auth_subject_dn=text))
    assert not names(both, registration(tls_client_auth_subject_dn="CN=a"))


@pytest.mark.parametrize(
    ("member", "registered", "alternative", "is_named"),
    [
        ("dns", "Cong.Example.vn", x509.DNSName("cong.example.VN"), True),
        ("dns", "cong.example.vn", x509.DNSName("*.example.vn"), False),
        ("dns", "cong.example.vn", x509.RFC822Name("cong.example.vn@x"), False),
        ("dns", "cong.example.vn", x509.UniformResourceIdentifier("cong.example.vn"), False),
        ("uri", "https://Cong.example.vn/A", x509.UniformResourceIdentifier("HTTPS://cong.example.vn/A"), True),
        ("uri", "https://cong.example.vn/A", x509.UniformResourceIdentifier("https://cong.example.vn/a"), False),
        ("ip", "2001:db8:0::7", x509.IPAddress(ip_address("2001:db8::7")), True),
        ("ip", "::ffff:203.0.113.7", x509.IPAddress(ip_address("203.0.113.7")), False),
        ("ip", "203.0.113.7", x509.DNSName("203.0.113.7"), False),
        ("email", "Cong@Example.vn", x509.RFC822Name("Cong@example.VN"), True),
        ("email", "Cong@example.vn", x509.RFC822Name("cong@example.vn"), False),
    ],
    ids=[*"abcdefghijk"],
)
def test_alternative_names(member: str, registered: str, alternative: x509.GeneralName, is_named: bool) -> None:
    card = certificate(subject(*BASE), x509.DNSName("other.example.vn"), alternative)
    assert names(card, registration(**{f"tls_client_auth_san_{member}": registered})) == is_named


def test_a_name_in_the_subject_is_no_alternative_name() -> None:
    assert not names(certificate(subject(*BASE)), registration(tls_client_auth_san_dns="cong.example.vn"))


def test_who_registered_none_or_two_is_named_by_no_certificate() -> None:
    card = certificate(subject(*BASE), x509.DNSName("cong.example.vn"))
    both = {"tls_client_auth_subject_dn": SAME[0], "tls_client_auth_san_dns": "cong.example.vn"}
    assert not names(card, registration())
    assert not names(card, registration(**both))


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "CN", "CN=", "CN= ", "=a", "CN=a,", "CN=a+", ",CN=a", "CN=a;O=b", "CN=a/O=b,", "/C=VN/CN=a", "NO=a"),
        *("CN=a<b", 'CN="a"', "CN=a\\", "CN=a\\zz", "CN=\\ff", "CN=a+CN=a", "CN=#", "CN=#0", "CN=#04024869"),
        *(
            "CN=#13",
            "CN=#0c",
            "O=a,CN=#13",
            "CN=#1380",
            "CN=#138100",
            "CN=#13ff",
            "CN=#1300",
            f"CN=#13817f{'41' * 127}",
        ),
        *("CN=#1302564", "CN=#1303564E", "CN=#13815603", "CN=#1302ffff", "1=a", "1.=a", "CN=a\x00"),
    ],
    ids=str.encode,
)
def test_what_is_no_name_cannot_be_registered(text: str) -> None:
    with pytest.raises(NameFault):
        read_name(text)


@pytest.mark.parametrize(
    ("member", "text"),
    [
        *(("dns", text) for text in ("", ".", "cổng.vn", "a b")),
        *(("uri", text) for text in ("", "cong.example.vn", "//x", "https://cổng.vn", "https://[::1", "a b:c")),
        *(("ip", text) for text in ("", "1.2.3", "1.2.3.4/8", "cong", "1.2.3.04")),
        *(("email", text) for text in ("", "a", "@a", "a@", "á@b")),
    ],
    ids=lambda value: str(value).encode("unicode_escape").decode(),
)
def test_what_is_no_alternative_name_cannot_be_registered(member: str, text: str) -> None:
    with pytest.raises(NameFault):
        read_subject(f"tls_client_auth_san_{member}", text)


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
OIDS = st.sampled_from([NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.USER_ID, NameOID.EMAIL_ADDRESS])
PARTS = st.lists(st.lists(st.tuples(OIDS, VALUES), min_size=1, max_size=3, unique_by=lambda pair: pair[0]), max_size=4)


@given(PARTS.filter(bool))
def test_every_name_that_another_library_writes_is_read_as_it_is(parts: Any) -> None:
    made = [[x509.NameAttribute(oid, value) for oid, value in part] for part in parts]
    written = x509.Name([x509.RelativeDistinguishedName(part) for part in made])
    expected = name_of(written)
    if all(said for part in expected for _, said in part):
        assert read_name(written.rfc4514_string()) == expected


@pytest.mark.parametrize(("size", "head"), [(1, 2), (127, 2), (128, 3), (255, 3), (256, 4), (300, 4)], ids=str)
def test_an_encoded_value_of_any_length_is_read(size: int, head: int) -> None:
    written = subject((NameOID.ORGANIZATION_NAME, "a" * size))
    encoded = written.public_bytes()[-head - size :]
    assert read_name(f"O=#{encoded.hex()}") == name_of(written)


TYPES = st.sampled_from(["CN", "o", "2.5.4.3", "OID.2.5.4.10", "UID", "x", "", " CN ", "1.2.840.113549.1.9.1"])
HEXES = st.builds(
    lambda kind, length, content: "#" + (kind + length + content).hex(),
    st.sampled_from([bytes([kind]) for kind in (0x0C, 0x12, 0x13, 0x16, 0x1A, 0x1C, 0x1E, 0x04)])
    | st.binary(max_size=1),
    st.sampled_from([b"", b"\0", b"\x01", b"\x02", b"\x80", b"\x81", b"\x81\x02", b"\x82\0\x02", b"\x84"]),
    st.binary(max_size=300),
)
WRITTEN = st.text(st.sampled_from('ab \\,+=#";<>0dD8\x00\ud800\u200bﬀ'), max_size=12)
ESCAPES = st.binary(max_size=6).map(lambda data: "".join(f"\\{byte:02x}" for byte in data))
ATTRIBUTES = st.builds(lambda kind, value: f"{kind}={value}", TYPES, HEXES | WRITTEN | ESCAPES | st.text(max_size=8))
LIKE_NAMES = st.lists(st.tuples(ATTRIBUTES, st.sampled_from([",", "+", ", ", " + ", ";", ""])), max_size=5).map(
    lambda pairs: "".join(each for pair in pairs for each in pair).rstrip(",+ ")
)


@given(st.text(max_size=80) | st.text(st.sampled_from('CNO=,+\\#" 0a1;'), max_size=40) | LIKE_NAMES | ATTRIBUTES)
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    for member in SUBJECTS:
        try:
            read_subject(member, text)
        except NameFault as fault:
            assert str(fault).split()[0] in ("must", "has", "says", "names")
