"""Forms and queries are understood exactly or refused, whatever comes."""

import asyncio
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.errors import Refusal
from idp.web.forms import (
    MOST_BYTES,
    MOST_FIELDS,
    NotAForm,
    RepeatedField,
    TooLarge,
    TooManyFields,
    UnreadableText,
    parse_fields,
    read_form,
    read_query,
)
from tests.web.client import Client
from tests.web.requests import posted, request

printable = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)


@given(st.dictionaries(printable.filter(bool), printable, max_size=MOST_FIELDS))
def test_what_a_browser_encodes_comes_back(fields: dict[str, str]) -> None:
    assert parse_fields(urlencode(fields).encode()) == fields


@given(st.binary(max_size=300))
def test_any_bytes_are_fields_or_a_refusal(raw: bytes) -> None:
    for sent in (raw, quote_from_bytes(raw, safe="&=").encode(), b"a=" + raw):
        try:
            fields = parse_fields(sent)
        except Refusal:
            continue
        assert all("\0" not in name + value for name, value in fields.items())


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"a=1&a=2", RepeatedField),
        (b"a=1&%61=1", RepeatedField),
        (b"a=&a", RepeatedField),
        (b"name=%00", UnreadableText),
        (b"na%00me=x", UnreadableText),
        (b"name=a%0d%0aSet-Cookie:x", UnreadableText),
        (b"name=%c2%85", UnreadableText),
        (b"name=%ff", UnreadableText),
        (b"name=%ed%a0%80", UnreadableText),
        (b"name=%c0%ae", UnreadableText),
        (b"name=\xff", UnreadableText),
        (b"&" * MOST_FIELDS, TooManyFields),
        (b"&".join(b"f%d=1" % number for number in range(MOST_FIELDS + 1)), TooManyFields),
        (b"a" * (MOST_BYTES + 1), TooLarge),
    ],
)
def test_hostile_fields_are_refused(raw: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        parse_fields(raw)


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(UnreadableText) as caught:
        parse_fields(b"password=hunter2%ff")
    assert "hunter2" not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert caught.value.__suppress_context__


def test_vietnamese_text_arrives_in_either_encoding() -> None:
    assert parse_fields("name=Đỗ Thị Hoà".replace(" ", "+").encode())["name"] == "Đỗ Thị Hoà"
    assert parse_fields(urlencode({"name": "Đỗ Thị Hoà"}).encode())["name"] == "Đỗ Thị Hoà"


def test_blank_and_valueless_fields_are_kept() -> None:
    assert parse_fields(b"a=&b&&c=1") == {"a": "", "b": "", "c": "1"}


def test_a_text_area_may_hold_lines_and_nothing_else_may() -> None:
    assert parse_fields(b"note=a%0d%0ab%09c", multiline=("note",)) == {"note": "a\r\nb\tc"}
    for raw in (b"note=%00", b"other=a%0ab", b"note%0a=x"):
        with pytest.raises(UnreadableText):
            parse_fields(raw, multiline=("note",))


def test_a_query_is_read_as_strictly() -> None:
    assert read_query(request(query=b"a=1")) == {"a": "1"}
    with pytest.raises(RepeatedField):
        read_query(request(query=b"a=1&a=1"))


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/x-www-form-urlencoded2",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded, application/json",
    ],
)
def test_a_body_that_is_no_form_is_refused(content_type: str | None) -> None:
    with pytest.raises(NotAForm):
        asyncio.run(read_form(posted(b"a=1", content_type)))


def test_a_form_may_name_its_charset_and_come_in_parts() -> None:
    sent = posted([b"a=%E1", b"%BB", b"%87&b=2"], "Application/X-WWW-Form-Urlencoded; charset=UTF-8")
    assert asyncio.run(read_form(sent)) == {"a": "ệ", "b": "2"}


def test_no_body_is_an_empty_form() -> None:
    assert asyncio.run(read_form(posted(b"", None))) == {}


def test_a_body_that_grows_too_long_is_not_kept() -> None:
    with pytest.raises(TooLarge):
        asyncio.run(read_form(posted([b"a" * MOST_BYTES, b"a", b"never read"])))


@pytest.mark.anyio
async def test_hostile_requests_get_a_page_with_their_code(client: Client) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for response, status, code in (
        (await client.post("/form", content=b"a=1&a=2", headers=form), 400, "repeated_field"),
        (await client.post("/form", content=b"a=%ff", headers=form), 400, "unreadable_text"),
        (await client.post("/form", json={"a": 1}), 400, "not_a_form"),
        (await client.post("/form", files={"a": b"1"}), 400, "not_a_form"),
        (await client.get("/query?a=%00"), 400, "unreadable_text"),
        (await client.get("/query?" + "&" * 70), 413, "too_many_fields"),
    ):
        assert response.status_code == status
        assert f'data-code="{code}"' in response.text
