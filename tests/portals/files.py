"""Portals' files, as an agency would write them."""

from typing import Any

import orjson

from idp.portals import NewPortal, RegistrationRefused, read_portals

WEB: dict[str, Any] = {
    "client_id": "quang-ninh",
    "profile": "web",
    "client_name": "Quang Ninh public services",
    "client_name#vi": "Cổng dịch vụ công Quảng Ninh",
    "sector": "quang-ninh",
    "redirect_uris": ["https://dichvucong.quangninh.example/signed-in"],
}
NATIVE = {**WEB, "profile": "native", "redirect_uris": ["http://127.0.0.1/signed-in", "vn.example.app:/signed-in"]}
SERVICE = {"client_id": "statistics", "profile": "service", "sector": "statistics", "scope": "demo.api"}

EC_KEY = {
    "kty": "EC",
    "crv": "P-256",
    # The example key of RFC 7517, appendix A.1.
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "kid": "1",
}


def toml(*portals: dict[str, Any]) -> bytes:
    """One `[[portal]]` each. A member that is `...` is left out; JSON values are TOML values here, but for tables."""
    return b"\n".join(
        b"\n".join([b"[[portal]]", *(_line(name, value) for name, value in portal.items() if value is not ...)])
        for portal in portals
    )


def _line(name: str, value: Any) -> bytes:
    return b'"%s" = %s' % (name.encode(), _value(value))


def _value(value: Any) -> bytes:
    if isinstance(value, dict):
        return b"{ %s }" % b", ".join(_line(name, inner) for name, inner in value.items())
    if isinstance(value, list):
        return b"[%s]" % b", ".join(map(_value, value))
    return orjson.dumps(value)


def read(*portals: dict[str, Any], demo: bool = False) -> list[NewPortal]:
    return read_portals(toml(*portals), demo=demo)


def faults(*portals: dict[str, Any], demo: bool = False) -> set[str]:
    """The members that are refused."""
    try:
        read(*portals, demo=demo)
    except RegistrationRefused as refusal:
        return {fault.member for fault in refusal.faults}
    return set()
