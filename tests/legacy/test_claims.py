"""What such a portal is told of a person: the old names, and never more than it registered and the person agreed to."""

from typing import Any

import pytest

from idp.protocol.legacy_claims import renamed
from idp.tokens.terms import Terms
from tests.legacy.test_vnconnect_client import ClientOf, Old, comes_back
from tests.support.provider import Provider
from tests.support.visitor import Visitor

TERMS = Terms(scope=("openid",), acr="urn:vn:eid:auth-level:2")


def told(visitor: Visitor, old: Any) -> dict[str, Any]:
    person: dict[str, Any] = old.person(old.tokens(old.take_back(comes_back(visitor, old))[0])["access_token"])
    return person


def test_all_that_is_known(provider: Provider, old_portal: Old, client_of: ClientOf) -> None:
    woman = provider.newcomer()
    portal = old_portal()
    person = told(provider.visitor(woman), client_of(portal))
    assert person.keys() == {
        "sub",
        "TechID",
        "LoaiTaiKhoan",
        "HoVaTen",
        "SoDinhDanh",
        "NgayThangNamSinh",
        "GioiTinh",
        "SoDienThoai",
        "DiaChi",
        "loginIdp",
        "loAs",
    }
    assert person["SoDinhDanh"] == woman.number
    assert person["SoDienThoai"] == woman.phone.replace("+84", "0")
    assert (len(person["NgayThangNamSinh"]), person["NgayThangNamSinh"].isdigit()) == (8, True)
    assert type(person["GioiTinh"]) is int
    assert (person["LoaiTaiKhoan"], person["loginIdp"]) == ("1", "DINHDANH")
    [row] = provider.audit(woman, "national_number_released")
    assert row["legal_basis"] == "Nghị định 69/2024/NĐ-CP"


def test_a_portal_without_a_legal_basis_gets_no_number(
    provider: Provider, visitor: Visitor, old_portal: Old, client_of: ClientOf
) -> None:
    portal = old_portal(scope="openid profile", legal_basis=None)
    person = told(visitor, client_of(portal))
    assert person.keys() == {
        "sub",
        "TechID",
        "LoaiTaiKhoan",
        "HoVaTen",
        "NgayThangNamSinh",
        "GioiTinh",
        "loginIdp",
        "loAs",
    }
    assert provider.audit(visitor.citizen, "national_number_released") == []


def test_what_the_portal_lost_it_is_not_told(
    provider: Provider, visitor: Visitor, old_portal: Old, client_of: ClientOf
) -> None:
    """The registration that holds now decides, whatever was agreed to."""
    portal = old_portal(scope="openid profile citizen_number")
    client = client_of(portal)
    tokens = client.tokens(client.take_back(comes_back(visitor, client))[0])
    assert "SoDinhDanh" in client.person(tokens["access_token"])
    provider.register({**portal.members, "scope": "openid profile"}, replace=True)
    assert "SoDinhDanh" not in client.person(tokens["access_token"])


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"birthdate": "1990-05-12"}, {"NgayThangNamSinh": "19900512"}),
        ({"birthdate": "1955"}, {"NamSinh": "1955"}),
        ({"gender": "male"}, {"GioiTinh": 1}),
        ({"gender": "female"}, {"GioiTinh": 2}),
        ({"phone_number": "+84912345678"}, {"SoDienThoai": "0912345678"}),
        ({"phone_number": "+33123456789"}, {"SoDienThoai": "+33123456789"}),
        ({"email": "an@vidu.example", "email_verified": True}, {"ThuDienTu": "an@vidu.example"}),
        ({"email": "an@vidu.example", "email_verified": False}, {}),
        ({"email": "an@vidu.example"}, {}),
        ({"address": {"region": "Huế"}}, {}),
        ({"address": {"formatted": "1 Lê Lợi, Huế"}}, {"DiaChi": "1 Lê Lợi, Huế"}),
        ({"locale": "vi", "zoneinfo": "Asia/Ho_Chi_Minh", "account_level": 2}, {}),
    ],
    ids=str,
)
def test_each_claim_by_its_old_name(known: dict[str, Any], says: dict[str, Any]) -> None:
    """A year is never made a day, and an address of mail that nobody proved is nobody's: portals match people by it."""
    always = {"sub": "s", "TechID": "s", "LoaiTaiKhoan": "1", "loginIdp": "DINHDANH", "loAs": TERMS.acr}
    assert renamed({"sub": "s", **known}, TERMS) == always | says
