"""The page at /error says sentences of the catalogue and nothing else."""

import pytest

from idp.web.error_catalogue import as_markdown, operator_advice, refusals
from idp.web.http_status import status_of
from tests.web.client import Client
from tests.web.sample import SECRET, Sample


@pytest.mark.anyio
async def test_a_refusal_can_be_shown_at_a_path_of_its_own(client: Client) -> None:
    answer = await client.get("/redirected")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/error?code=unknown_error&reference=")
    assert SECRET not in answer.headers["location"]
    page = await client.get(answer.headers["location"])
    assert f'data-reference="{answer.headers["location"][-9:]}"' in page.text


@pytest.mark.anyio
async def test_every_code_has_its_page_in_both_languages(client: Client) -> None:
    for code, refusal in refusals().items():
        if not refusal.__module__.startswith("idp.web."):
            continue
        pages = [
            await client.get(f"/error?code={code}&reference=7F3K-9QX2", headers={"accept-language": language})
            for language in ("vi", "en")
        ]
        assert {page.status_code for page in pages} == {status_of(refusal.kind)}
        assert all(f'data-code="{code}" data-reference="7F3K-9QX2"' in page.text for page in pages)
        assert pages[0].text != pages[1].text


@pytest.mark.anyio
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=nonsense",
        "?code=<script>",
        "?code=%ff%00",
        "?code=stale_form&code=too_large&x=%ff",
        "?" + "x=1&" * 2000,
    ],
)
async def test_anything_else_is_unknown_or_refused(client: Client, query: str) -> None:
    page = await client.get(f"/error{query}")
    assert page.status_code in (400, 404, 413)
    assert "<script>" not in page.text


@pytest.mark.anyio
@pytest.mark.parametrize("reference", ["call-0900000000", "<b>", "7F3K-9QX2%0a", "7f3k-9qx2", "%ff"])
async def test_a_reference_that_is_none_is_not_shown(client: Client, reference: str) -> None:
    page = await client.get(f"/error?code=stale_form&reference={reference}")
    assert page.status_code in (400, 403)
    assert "0900000000" not in page.text and "<b>" not in page.text and "9qx2" not in page.text


def test_the_catalogue_tells_everyone_something(sample: Sample) -> None:
    found = {code: refusal for code, refusal in refusals().items() if refusal.__module__.startswith("idp.web.")}
    assert found
    assert all(when and advice for when, advice in map(operator_advice, found.values()))
    document = as_markdown(found, sample.pages.translations)
    assert "## `stale_form`" in document
    assert "- **Tiếng Việt**: Trang này đã cũ" in document
    assert "- **English**: This page is out of date" in document
    assert "- **Operator**: many at one address" in document
