"""Forms and queries, read once and strictly: what is not exactly understood is refused, never guessed.

Refused are other content types, text that is not UTF-8, control characters, a field sent twice (RFC 6749 §3.1: what
one reader takes first, another takes last), too many fields and too many bytes. No refusal repeats what was sent.
"""

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from starlette.requests import HTTPConnection, Request

from idp.errors import Kind, Refusal

Fields = Mapping[str, str]

MOST_BYTES = 64 * 1024
MOST_FIELDS = 64

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class NotAForm(Refusal):
    """The body of a POST is not application/x-www-form-urlencoded.

    Operator: a program sent JSON, a file or nothing we know; point its author at the documentation.
    """

    code = "not_a_form"


class UnreadableText(Refusal):
    """A form or query holds bytes that are not UTF-8, or control characters.

    Operator: usually a probe or a broken program; nothing to do unless one portal's people meet it often.
    """

    code = "unreadable_text"


class RepeatedField(Refusal):
    """A field or parameter was sent more than once.

    Operator: a portal that builds its request twice, or a probe; the log line names the endpoint.
    """

    code = "repeated_field"


class TooManyFields(Refusal):
    """A form or query has more fields than any of our pages or endpoints takes.

    Operator: a probe; nothing to do.
    """

    code = "too_many_fields"
    kind = Kind.TOO_LARGE


class TooLarge(Refusal):
    """A body or query is longer than we read.

    Operator: a probe, or a portal whose authorization request is too long for an address: let it push the request.
    """

    code = "too_large"
    kind = Kind.TOO_LARGE


def parse_fields(raw: bytes, *, multiline: Collection[str] = (), repeatable: Collection[str] = ()) -> Fields:
    """Fields of application/x-www-form-urlencoded bytes, by name; blank values are kept.

    Fields named in `multiline` may hold tabs and line ends (a text area; the JSON of `claims`); no other may. Those in
    `repeatable` may come several times: their values, which have no spaces, come out with a space between.
    """
    if len(raw) > MOST_BYTES:
        raise TooLarge
    if raw.count(b"&") >= MOST_FIELDS:
        raise TooManyFields
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", separator="&")
    except UnicodeDecodeError:
        # Without the cause: the exception carries the bytes.
        raise UnreadableText("not_utf-8") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        fields = _joined(pairs, repeatable)
    # One search over all of it: this runs for every request of every portal.
    if _CONTROL.search("".join([name + value for name, value in pairs])):
        _refuse_control_characters(pairs, multiline)
    return fields


def _joined(pairs: list[tuple[str, str]], repeatable: Collection[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields and (name not in repeatable or " " in value + fields[name].rpartition(" ")[2]):
            raise RepeatedField
        fields[name] = f"{fields[name]} {value}" if name in fields else value
    return fields


def _refuse_control_characters(pairs: list[tuple[str, str]], multiline: Collection[str]) -> None:
    for name, value in pairs:
        forbidden = _CONTROL_BUT_LINES if name in multiline else _CONTROL
        if _CONTROL.search(name) or forbidden.search(value):
            raise UnreadableText("control_character")


def read_query(request: HTTPConnection, *, multiline: Collection[str] = (), repeatable: Collection[str] = ()) -> Fields:
    """The query's parameters by name, or a refusal."""
    return parse_fields(request.scope["query_string"], multiline=multiline, repeatable=repeatable)


async def read_form(request: Request, *, multiline: Collection[str] = (), repeatable: Collection[str] = ()) -> Fields:
    """The body's fields by name, or a refusal. An empty body is an empty form; a body can be read once."""
    raw = await _read_body(request)
    if raw and not _is_form(request.headers.getlist("content-type")):
        raise NotAForm
    return parse_fields(raw, multiline=multiline, repeatable=repeatable)


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge
    return bytes(body)


def _is_form(content_types: list[str]) -> bool:
    if len(content_types) != 1:
        return False
    media_type, _, parameter = content_types[0].lower().replace(" ", "").partition(";")
    return media_type == "application/x-www-form-urlencoded" and parameter in ("", "charset=utf-8", 'charset="utf-8"')
