"""The list of one's certificates: what it says, what they are called, and removing all but the last."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.accounts import certificates
from idp.accounts.certificates import LinkedCertificate, ProvedBy
from idp.pki.certificate import Certificate
from tests.citizen.applicants import error_on
from tests.citizen.at_home import AtHome
from tests.sign_in.people import without_app, without_phone
from tests.support.clock import ManualClock
from tests.support.pki import Authority, Terms, name
from tests.support.provider import Provider
from tests.support.provider import provider as running_provider
from tests.support.schema import sqlite_copy

LIST = "/certificates"
ISSUER = "CA thử nghiệm"


@pytest.fixture(scope="module")
def ca() -> Authority:
    return Authority.root("Gốc thử nghiệm").issue_authority(ISSUER)


@pytest.fixture
def home(provider: Provider) -> AtHome:
    provider.clock.advance(minutes=1)
    return AtHome.signed_in(provider)


def link(home: AtHome, ca: Authority, *, days: int = 365) -> str:
    """Link a new certificate of theirs; the path of its pages."""
    parts, now = home.provider.parts, home.provider.clock.now()
    terms = Terms(begins=now - timedelta(days=1), ends=now + timedelta(days=days))
    certificate = Certificate.read(ca.issue(name("Nguyễn Văn An"), terms=terms).der)
    linked = home.provider.run(
        parts.database.run(
            certificates.link,
            home.citizen.account_id,
            certificate,
            issuer_name=ISSUER,
            proof=ProvedBy.ENROLMENT,
            now=now,
        )
    )
    return f"{LIST}/{linked}"


def linked_to(home: AtHome) -> list[LinkedCertificate]:
    parts = home.provider.parts
    return home.provider.run(parts.database.read(certificates.list_of, parts.keyring, home.citizen.account_id))


def test_whoever_has_none_is_told_how_to_add_one(home: AtHome) -> None:
    page = home.opens(LIST)
    assert page.has("no-certificates")
    assert page.link("add") == f"{home.provider.issuer}/account/certificates/add"


def test_the_way_there_is_among_the_second_factors_and_on_every_page(home: AtHome, ca: Authority) -> None:
    assert home.opens("/second-factors").link("certificates").endswith("/account/certificates")
    assert "/account/certificates" in {each.attributes.get("href") for each in home.opens("").elements}
    link(home, ca)
    assert "1" in home.opens("/second-factors").element("certificates-linked").text


def test_a_certificate_is_listed_with_what_there_is_to_know(home: AtHome, ca: Authority, now: ManualClock) -> None:
    link(home, ca, days=10)
    page = home.opens(LIST)
    assert ISSUER in page.text and "Chưa dùng để đăng nhập" in page.text and "Có hiệu lực đến" in page.text
    now.advance(days=11)
    home.opens(LIST)
    home.visitor.goes_on()
    assert "Đã hết hạn" in home.browser.page.text


@pytest.mark.parametrize("page", ["name", "remove"])
def test_a_sign_in_of_long_ago_is_not_enough_to_change(
    home: AtHome, ca: Authority, now: ManualClock, page: str
) -> None:
    path = f"{link(home, ca)}/{page}"
    form = {"name": "name-form", "remove": "remove-certificate-form"}[page]
    assert home.opens(path).has(form)
    now.advance(minutes=6)
    assert home.browser.submit(form, {"label": "Của tôi"} if page == "name" else {}).has("sign-in-form")
    [untouched] = linked_to(home)
    assert untouched.label is None
    assert home.visitor.goes_on().has(form), "back at this very certificate"
    assert not home.opens(LIST).has("sign-in-form"), "looking is allowed"


def test_a_name_is_given_changed_and_taken_away(home: AtHome, ca: Authority) -> None:
    path = f"{link(home, ca)}/name"
    for typed in ("Token ở cơ quan", "<script>alert(1)</script>", ""):
        home.opens(path)
        page = home.browser.submit("name-form", {"label": typed})
        assert page.has("done")
        assert typed in page.text and "<script>alert" not in page.html
    assert "Chứng thư số chưa đặt tên" in page.text
    assert dict(home.opens(path).form("name-form").filled({}, None))["label"] == ""


@pytest.mark.parametrize("typed", ["x" * 61, "a\u202eb"])
def test_a_name_that_cannot_be_is_asked_for_again(home: AtHome, ca: Authority, typed: str) -> None:
    home.opens(f"{link(home, ca)}/name")
    page = home.browser.submit("name-form", {"label": typed})
    assert (page.status, error_on(page)) == (400, "certificate_label_unfit")
    assert home.browser.submit("name-form", {"label": "Token"}).has("done")


def test_a_certificate_is_removed_and_the_phone_is_told(home: AtHome, ca: Authority) -> None:
    path = f"{link(home, ca)}/remove"
    before = len(home.provider.texts(home.citizen))
    home.opens(path)
    assert home.browser.submit("remove-certificate-form").has("done")
    assert linked_to(home) == []
    assert len(home.provider.texts(home.citizen)) == before + 1
    assert home.provider.audit(home.citizen, "second_factor_removed")[-1]["method"] == "certificate"
    assert home.opens(path).has("no-certificates"), "it is not there any more"


def test_the_last_second_factor_is_not_removed_by_accident(home: AtHome, ca: Authority) -> None:
    path = f"{link(home, ca)}/remove"
    without_phone(home.provider, without_app(home.provider, home.citizen))
    home.opens(path)
    page = home.browser.submit("remove-certificate-form")
    assert (page.status, error_on(page)) == (409, "last_second_factor")
    assert len(linked_to(home)) == 1
    another = link(home, ca)
    assert home.browser.submit("remove-certificate-form").has("done")
    home.opens(f"{another}/remove")
    assert error_on(home.browser.submit("remove-certificate-form")) == "last_second_factor"


def test_anothers_certificate_is_as_if_there_were_none(home: AtHome, ca: Authority) -> None:
    other = AtHome.signed_in(home.provider)
    theirs, mine = link(other, ca), link(home, ca)
    nobodys = f"{LIST}/01920000-0000-7000-8000-000000000000"
    for path in (theirs, nobodys):
        for page in ("name", "remove"):
            shown = home.opens(f"{path}/{page}")
            assert shown.url == f"{home.provider.issuer}/account/certificates" and error_on(shown) is None
    for page, form, fields in (("name", "name-form", {"label": "Của tôi"}), ("remove", "remove-certificate-form", {})):
        shown = home.opens(f"{mine}/{page}")
        shown = type(shown)(shown.url, shown.status, shown.headers, shown.html.replace(mine, theirs))
        home.browser._page = shown
        assert not home.browser.submit(form, fields).has("done")
    [untouched] = linked_to(other)
    assert untouched.label is None
    assert len(linked_to(home)) == 1


@pytest.mark.parametrize("path", ["x", "0", "01920000", "../devices/x", "%00"])
def test_what_names_no_certificate_is_not_found(home: AtHome, path: str) -> None:
    assert home.opens(f"{LIST}/{path}/remove").status == 404


@pytest.mark.parametrize(("page", "form"), [("name", "name-form"), ("remove", "remove-certificate-form")])
def test_a_form_without_its_token_is_not_taken(home: AtHome, ca: Authority, page: str, form: str) -> None:
    home.opens(f"{link(home, ca)}/{page}")
    fields = {"csrf": "forged"} | ({"label": "Của tôi"} if page == "name" else {})
    assert error_on(home.browser.submit(form, fields)) == "stale_form"
    [untouched] = linked_to(home)
    assert untouched.label is None


@pytest.fixture(scope="module")
def closed(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider that takes no certificates (any more)."""
    folder = tmp_path_factory.mktemp("closed")
    with running_provider(sqlite_copy(_sqlite_template, folder), folder) as running:
        yield running


def test_where_none_are_taken_they_can_still_be_removed(closed: Provider, ca: Authority) -> None:
    home = AtHome.signed_in(closed)
    path = link(home, ca)
    page = home.opens(LIST)
    assert page.has("closed") and not page.has("add")
    assert home.opens(f"{LIST}/add").status == 404
    home.opens(f"{path}/remove")
    assert home.browser.submit("remove-certificate-form").has("done")


def test_where_none_are_taken_no_account_is_opened_with_one(closed: Provider) -> None:
    browser = closed.browser()
    assert not browser.open(f"{closed.issuer}/activate").has("by-certificate")
    assert browser.open(f"{closed.issuer}/activate/certificate").status == 404


def test_without_a_host_a_signature_still_serves(
    _sqlite_template: Path, tmp_path: Path, provider_settings: dict[str, Any]
) -> None:
    kept = {name_: value for name_, value in provider_settings.items() if not name_.startswith("certificate_")}
    with running_provider(sqlite_copy(_sqlite_template, tmp_path), tmp_path, **kept) as running:
        home = AtHome.signed_in(running)
        page = home.opens(f"{LIST}/add")
        assert page.has("challenge-form") and not page.has("certificate")
        assert home.opens(f"{LIST}/show?attempt=x").status == 404
