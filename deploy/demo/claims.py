"""Claims as a person reads them, and tokens as a developer does."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.demo.words import CLAIMS, VALUES

HERE = ZoneInfo("Asia/Ho_Chi_Minh")


def shown(claims: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Label and value of every claim that has a label, in the order of words.CLAIMS."""
    present = ((name, claims[name]) for name in CLAIMS if claims.get(name) not in (None, "", [], {}))
    return [(CLAIMS[name][language], _value(name, value, language)) for name, value in present]


def decoded(token: str) -> dict[str, str] | None:
    """Header and payload of a JWT, laid out as JSON; None for a token that is not one. Nothing is verified here."""
    try:
        header, payload, _ = token.split(".")
        return {"header": _laid_out(header), "payload": _laid_out(payload)}
    except (ValueError, binascii.Error):
        return None


def _laid_out(part: str) -> str:
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)


def _value(name: str, value: Any, language: str) -> str:
    if name == "birthdate":
        return _date(str(value), language)
    if name in ("auth_time", "updated_at"):
        return datetime.fromtimestamp(int(value), HERE).strftime("%H:%M:%S %d/%m/%Y")
    if name == "address" and isinstance(value, Mapping):
        return str(value.get("formatted") or ", ".join(str(part) for part in value.values()))
    if name == "acr":
        return f"{_word('level', language).format(level=str(value).rpartition(':')[2])} ({value})"
    if name == "account_level":
        return _word("level", language).format(level=value)
    if isinstance(value, bool):
        return _word("yes" if value else "no", language)
    if isinstance(value, list):
        return ", ".join(_word(str(each), language) for each in value)
    return _word(str(value), language)


def _date(value: str, language: str) -> str:
    """Known parts of a birth date only: YYYY, YYYY-MM or YYYY-MM-DD."""
    parts = value.split("-")
    if len(parts) == 1:
        return _word("year_only", language).format(year=value)
    return "/".join(reversed(parts))


def _word(value: str, language: str) -> str:
    return VALUES[value][language] if value in VALUES else value
