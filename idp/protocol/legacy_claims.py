"""What /userinfo tells a portal of the old interface: the claims it may have, in the names that VNConnect gave them.

Scope, registration and the person's agreement decide what is told, as for everybody; only then is it renamed. What is
not known is left out, as portals are used to. What is never said: `LoaiTaiKhoan` "2" and the claims of an organisation,
because accounts here are people's; `SoCMND` and `HoChieu`, which the register does not give; `loginIdp` "BCA", because
nobody signed in at the Ministry of Public Security; the two addresses of VNeID that carried a token in their query.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from starlette.requests import Request

from idp.portals.laxities import Laxity
from idp.portals.portal import Portal
from idp.tokens.terms import Terms

A_CITIZEN: Final = "1"
LOGIN_IDP: Final = "DINHDANH"

SEX: Final[Mapping[str, int]] = {"male": 1, "female": 2}
"""`GioiTinh`. Which numbers VNConnect gave is not documented in public; these are the ones that are usual in Viet Nam's
state data."""


def renamed(known: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    """`known` are the claims that are told, `sub` among them, by the names of OpenID Connect and our own."""
    members: dict[str, Any] = {
        "sub": known["sub"],
        "TechID": known["sub"],
        "LoaiTaiKhoan": A_CITIZEN,
        "loginIdp": LOGIN_IDP,
        "loAs": terms.acr,
    }
    for name, of in _OF_A_PERSON.items():
        if (value := of(known)) is not None:
            members[name] = value
    return members


def used(request: Request, portal: Portal) -> Iterator[Laxity]:
    """What a request to /userinfo makes use of."""
    in_json = request.method == "POST" and "json" in request.headers.get("content-type", "").lower()
    for laxity, is_used in (
        (Laxity.OLD_CLAIMS, True),
        (Laxity.JSON_TO_USERINFO, in_json),
    ):
        if is_used and laxity in portal.laxities:
            yield laxity


def _day_of_birth(known: Mapping[str, Any]) -> str | None:
    """YYYYMMDD. Where the register knows the year alone no day is made up."""
    birth = known.get("birthdate", "")
    return birth.replace("-", "") if len(birth) == len("YYYY-MM-DD") else None


def _year_of_birth(known: Mapping[str, Any]) -> str | None:
    """The register's own name for a year without a day (`NamSinh`)."""
    birth = known.get("birthdate", "")
    return birth if len(birth) == len("YYYY") else None


def _phone(known: Mapping[str, Any]) -> str | None:
    """As people write it: ten digits that begin with 0; a foreign number as it is (E.164)."""
    number: str | None = known.get("phone_number")
    return f"0{number.removeprefix('+84')}" if number and number.startswith("+84") else number


def _mail(known: Mapping[str, Any]) -> str | None:
    """Only one that was verified: portals look for the local account of that address, and would open another's."""
    return known.get("email") if known.get("email_verified") is True else None


_OF_A_PERSON: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "HoVaTen": lambda known: known.get("name"),
    "SoDinhDanh": lambda known: known.get("citizen_number"),
    "NgayThangNamSinh": _day_of_birth,
    "NamSinh": _year_of_birth,
    "GioiTinh": lambda known: SEX.get(known.get("gender", "")),
    "SoDienThoai": _phone,
    "ThuDienTu": _mail,
    "DiaChi": lambda known: known.get("address", {}).get("formatted"),
}
