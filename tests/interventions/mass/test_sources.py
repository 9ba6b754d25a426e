"""Whom a job is about: the accounts that a file, an authority, a batch of keys or a span of time names."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from idp.accounts import certificates
from idp.accounts.tables import accounts
from idp.interventions.mass import sources as mass_sources
from idp.interventions.mass.authorities import AuthorityUnknown, authorities, authority
from idp.interventions.mass.lines import Lines
from idp.interventions.mass.sources import HoldersOf, HoldersOfKeys, HoldersOfSerials, Listed, PasswordsSet, Source
from idp.pki.authority_names import called
from idp.pki.certificate import Certificate
from idp.pki.trust_document import sign, written
from idp.pki.trust_list import Anchor, Distrusted, TrustList
from idp.pki.trust_store import add
from idp.sealing import Keyring
from idp.storage import Statement
from idp.storage.identifiers import new_id
from tests.interventions.mass.crowd import Member, crowd, has_certificate
from tests.pki.test_trust_document import KEY
from tests.support.house import House
from tests.support.pki import Authority, name

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few people are several steps and several chunks."""
    monkeypatch.setattr(mass_sources, "_STEP", 2)


async def found(house: House, source: Source) -> tuple[list[UUID], int]:
    """The accounts of a source, and how many there are not."""
    chunks = [chunk async for chunk in source.chunks(house.database)]
    return [each for chunk in chunks for each in chunk.accounts], sum(chunk.unknown for chunk in chunks)


def lines(*named: object) -> Lines[object]:
    return Lines(named, len(named), 0, ())


async def test_numbers_and_accounts_in_the_files_order(house: House) -> None:
    members = await crowd(house, 5)
    stranger, nobody = "003099000001", new_id(house.clock.now())
    named = (members[3].number, stranger, members[0].id, members[4].number, nobody)
    source = Listed(house.keyring, lines(*named))  # type: ignore[arg-type]  # both kinds
    assert await found(house, source) == ([members[3].id, members[0].id, members[4].id], 2)
    assert members[3].number not in repr(source)


async def test_more_than_one_statement_takes(house: House) -> None:
    members = await crowd(house, 3)
    strangers = [f"0030990{number:05}" for number in range(1100)]
    named = [strangers[0], members[0].number, *strangers[1:], members[1].number, members[2].number]
    source = Listed(house.keyring, lines(*named))  # type: ignore[arg-type]  # numbers alone
    assert await found(house, source) == ([each.id for each in members], 1100)


async def test_a_number_is_found_while_the_index_key_is_changed(house: House) -> None:
    [member] = await crowd(house, 1)
    moved = update(accounts).values(
        number_index_next=house.keyring.index("citizen_number", member.number).digest,
        number_index=house.keyring.index("citizen_number", "another").digest,
    )
    await house.database.once(Statement(moved))
    source = Listed(house.keyring, lines(member.number))  # type: ignore[arg-type]  # numbers alone
    assert await found(house, source) == ([member.id], 0)


class Holders:
    """Three people with certificates of two authorities."""

    def __init__(self) -> None:
        self.one, self.other = Authority.root("Sub CA 1"), Authority.root("Sub CA 2")
        self.ders: list[bytes] = []
        self.people: list[Member] = []

    async def come(self, house: House) -> None:
        self.people = await crowd(house, 4)
        for member, authority_ in zip(self.people, (self.one, self.other, self.one), strict=False):
            der = authority_.issue(name("Nguyễn Văn An", "CCCD:003090000001")).der
            self.ders.append(der)
            await has_certificate(house, member, der, called(authority_.certificate.subject))

    def read(self, number: int) -> Certificate:
        return Certificate.read(self.ders[number])


@pytest.fixture
async def holders(house: House) -> Holders:
    made = Holders()
    await made.come(house)
    return made


async def test_the_certificates_of_an_authority(house: House, holders: Holders) -> None:
    accounts_, unknown = await found(house, HoldersOf("Sub CA 1"))
    assert (set(accounts_), unknown) == ({holders.people[0].id, holders.people[2].id}, 0)
    assert await found(house, HoldersOf("Sub CA 3")) == ([], 0)


async def test_a_certificate_that_was_removed_is_nobodys(house: House, holders: Holders) -> None:
    await house.database.run(certificates.remove_all, holders.people[0].id, now=house.clock.now())
    assert await found(house, HoldersOf("Sub CA 1")) == ([holders.people[2].id], 0)


async def test_serial_numbers_under_one_authority(house: House, holders: Holders) -> None:
    issuer = holders.one.certificate.subject
    serials = [holders.read(number).parsed.serial_number for number in (0, 1)]
    source = HoldersOfSerials("Sub CA 1", issuer, lines(*serials))  # type: ignore[arg-type]  # serial numbers
    assert await found(house, source) == ([holders.people[0].id], 1), "the other is another authority's"


async def test_public_keys_whoever_issued_the_certificate(house: House, holders: Holders) -> None:
    keys = [holders.read(number).key_digest for number in (0, 1)]
    source = HoldersOfKeys(lines(*keys, b"\0" * 32))  # type: ignore[arg-type]  # digests
    accounts_, unknown = await found(house, source)
    assert (set(accounts_), unknown) == ({holders.people[0].id, holders.people[1].id}, 1)


async def test_passwords_that_were_set_in_a_span(house: House) -> None:
    early = await crowd(house, 1)
    since = house.clock.advance(hours=1)
    within = await crowd(house, 3)
    before = house.clock.advance(hours=1)
    late = await crowd(house, 1)
    accounts_, _ = await found(house, PasswordsSet(since, before))
    assert set(accounts_) == {each.id for each in within}
    assert not set(accounts_) & {early[0].id, late[0].id}
    assert await found(house, PasswordsSet(before + timedelta(seconds=1), before + timedelta(hours=1))) == ([], 0)


async def test_every_source_says_what_it_is_and_names_nobody(keyring: Keyring, house: House) -> None:
    sources: list[Source] = [
        Listed(keyring, lines("003099000001")),  # type: ignore[arg-type]  # numbers alone
        HoldersOf("Sub CA 1"),
        PasswordsSet(house.clock.now(), house.clock.now()),
    ]
    assert [each.described["kind"] for each in sources] == ["file", "certificates", "passwords"]
    assert "003099000001" not in "".join(str(each.described) for each in sources)


@pytest.fixture
def keyring(house: House) -> Keyring:
    return house.keyring


async def test_authorities_are_those_of_the_trust_list_distrusted_ones_too(house: House, holders: Holders) -> None:
    one, other = (Certificate.read(each.der) for each in (holders.one, holders.other))
    assert await house.database.read(authorities) == {}
    trust = TrustList(
        1, house.clock.now(), anchors=(Anchor("Một", one),), distrusted=(Distrusted(other, "key-leaked"),)
    )
    document = written(trust)
    await house.database.run(add, document, sign(document, KEY), [KEY.public_key()], now=house.clock.now())
    assert (await house.database.read(authorities)).keys() == {"Sub CA 1", "Sub CA 2"}
    assert await house.database.read(authority, "Sub CA 2") == other.parsed.subject
    with pytest.raises(AuthorityUnknown):
        await house.database.read(authority, "Sub CA 3")
