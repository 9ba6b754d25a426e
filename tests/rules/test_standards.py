"""docs/standards.md claims nothing without a test, and says of discovery neither less nor more than it tells."""

import re
from collections.abc import Iterator
from pathlib import Path

from idp.protocol.discovery import metadata
from idp.settings import Settings
from tests.rules.test_requirements import ROOT, defined_in

DOCUMENT = ROOT / "docs/standards.md"
MEMBERS = "Members of discovery"
SPECIFICATIONS = {
    *("RFC 6749", "RFC 6750", "RFC 7009", "RFC 7519", "RFC 8725", "RFC 7521", "RFC 7523", "RFC 7591", "RFC 7592"),
    *("RFC 7636", "RFC 7662", "RFC 8252", "RFC 8414", "RFC 8705", "RFC 8707", "RFC 9068", "RFC 9101", "RFC 9126"),
    *("RFC 9207", "RFC 9440", "RFC 9449", "RFC 9470", "RFC 9700", "RFC 9701"),
    *("OpenID Connect Core", "OpenID Connect Discovery", "OpenID Connect Dynamic Client Registration"),
    *("RP-Initiated Logout", "Back-Channel Logout", "Front-Channel Logout", "Form Post Response Mode", "JARM"),
    *("FAPI 2.0 Security Profile", "FAPI 2.0 Message Signing"),
}
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_DOCUMENTS = re.compile(r"\]\(([\w.]+\.md)\)")


def rows() -> Iterator[tuple[str, list[str]]]:
    """Each line of a table with the heading that it stands under."""
    section = ""
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] not in ("§", "Member", "Module") and not line.startswith("| ---"):
            yield section, cells


ROWS = list(rows())


def test_every_specification_has_a_section_of_its_own() -> None:
    headings = {section for section, _ in ROWS}
    assert [name for name in SPECIFICATIONS if not any(name in heading for heading in headings)] == []


def test_every_line_names_a_test_that_is_there() -> None:
    assert len(ROWS) > 230
    assert [cells for _, cells in ROWS if len(cells) != 3 or not all(cells)] == []
    assert [cells for _, cells in ROWS if not _NAMED.search(cells[2])] == []
    named = _NAMED.findall(DOCUMENT.read_text())
    assert [(file, name) for file, name in named if name not in defined_in(file)] == []


def test_the_members_of_discovery_are_these() -> None:
    """With a mutual-TLS host, so that everything that can be told is."""
    settings = Settings(issuer="https://idp.example", mtls_url="https://mtls.idp.example", mtls_authorities=Path("/ca"))
    listed = [cells[0].strip("`") for section, cells in ROWS if section == MEMBERS]
    assert sorted(listed) == sorted(metadata(settings))


def test_the_documents_that_it_leads_to_are_there() -> None:
    assert [name for name in _DOCUMENTS.findall(DOCUMENT.read_text()) if not (ROOT / "docs" / name).is_file()] == []
