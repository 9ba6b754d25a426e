"""`idp doctor`: is everything there that the provider needs, and does it answer?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from alembic.util import CommandError

from idp.admin.operating import health_checks
from idp.app.certificate_tls import server_context
from idp.app.tls_host import TlsHost
from idp.clock import Clock
from idp.notices.drivers import DeliveryFailed, smtp_sender
from idp.pki.operator_keys import from_texts
from idp.pki.trust_document import BadTrustList
from idp.pki.trust_store import TrustLists
from idp.portals.portals import Portals
from idp.portals.profiles import BY_CERTIFICATE
from idp.protocol.portal_authorities import methods_by_certificate, portal_authorities
from idp.register.sandbox import SandboxRegister
from idp.sealing import Keyring, MasterKey
from idp.settings import Settings
from idp.storage import Database, migrations
from idp.storage.drift import TOO_FAR, measure
from idp.web.template_folder import template_folder
from idp.web.translations import Translations


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it is good, and what it says. Never a secret."""

    check: str
    good: bool
    says: str


async def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order the provider needs them at start. Writes nothing but data keys that are missing."""
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]]], ...] = (
        ("master key", _master_key),
        ("database", _database),
        ("schema", _schema),
        ("clock", _clock),
        ("data keys", _data_keys),
        ("register", _register),
        ("certificate authorities", _authorities),
        ("certificate host", _certificate_host),
        ("mutual-TLS host", _portal_host),
        ("mail", _mail),
    )
    found = [await _try(name, check, settings) for name, check in checks]
    has_tables = all(finding.good for finding in found if finding.check in ("database", "schema"))
    return [*found, *(await _in_time(settings) if has_tables else ())]


async def _in_time(settings: Settings) -> list[Finding]:
    """Whether the provider is behind with anything, by the measures and in the words of the console's health page."""
    database = await Database.open(settings.database_url, connections=1)
    try:
        told = await database.read(health_checks.of_database, settings, now=Clock().now())
    finally:
        await database.close()
    texts = Translations.load(template_folder() / "translations")
    return [
        Finding(
            texts.text("en", f"admin.health.{each.part}").lower(),
            each.good,
            texts.text("en", each.sentence, **each.figures),
        )
        for each in told
    ]


async def _try(name: str, check: Callable[[Settings], Awaitable[str]], settings: Settings) -> Finding:
    try:
        return Finding(name, True, await check(settings))
    except Exception as error:
        # The type, and our own texts: a driver's may hold the address with its password.
        says = str(error) if type(error).__module__.startswith("idp.") else type(error).__name__
        return Finding(name, False, says)


async def _master_key(settings: Settings) -> str:
    MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
    return "readable"


async def _database(settings: Settings) -> str:
    database = await Database.open(settings.database_url, connections=1)
    await database.close()
    return database.dialect_name


async def _schema(settings: Settings) -> str:
    try:
        await migrations.check_async(settings.database_url)
    except CommandError:
        raise SchemaBehind from None
    return "newest"


class SchemaBehind(Exception):
    """The tables are not those of this version."""

    def __str__(self) -> str:
        return "not the newest: run idp migrate"


async def _clock(settings: Settings) -> str:
    database = await Database.open(settings.database_url, connections=1)
    try:
        off = await measure(database, Clock())
    finally:
        await database.close()
    if off > TOO_FAR:
        raise ClockOff
    return f"{off.total_seconds():.1f} s from the database's"


class ClockOff(Exception):
    """This machine's clock and the database's are too far apart."""

    def __str__(self) -> str:
        return f"more than {TOO_FAR.total_seconds():.0f} s from the database's: set up time synchronisation"


async def _data_keys(settings: Settings) -> str:
    database = await Database.open(settings.database_url, connections=1)
    try:
        master = MasterKey.from_settings(file=settings.master_key_file, value=settings.master_key)
        await Keyring.unlock(database, master, now=Clock().now())
    finally:
        await database.close()
    return "unlocked"


async def _authorities(settings: Settings) -> str:
    if not settings.trust_keys:
        return "nobody signs in with a certificate: IDP_TRUST_KEYS is empty"
    database = await Database.open(settings.database_url, connections=1)
    try:
        lists = await TrustLists.load(database, from_texts(settings.trust_keys))
    finally:
        await database.close()
    try:
        trust = lists.current
    except BadTrustList as bad:
        raise NobodyTrusted(bad.reason) from None
    return f"version {trust.version} of the trust list, {len(trust.anchors)} anchors"


class NobodyTrusted(Exception):
    """There is no trust list that holds; `reason` says why not."""

    def __str__(self) -> str:
        return f"no certificate signs anybody in: {super().__str__()}; see idp pki trust verify"


async def _certificate_host(settings: Settings) -> str:
    if not settings.certificate_port:
        return "a proxy" if settings.certificate_url else "none"
    server_context(TlsHost.for_people(settings), ())
    return "chain and key are good"


async def _portal_host(settings: Settings) -> str:
    outside = await _outside(settings)
    if outside:
        raise PortalsOutside(", ".join(outside))
    if not settings.mtls_url:
        return "none"
    authorities = portal_authorities(settings)
    now = Clock().now()
    known = () if authorities is None else authorities.current(now=now)
    if over := sum(each.parsed.not_valid_after_utc < now for each in known):
        raise AuthoritiesOver(over)
    who = f"authorities: {len(known)}" if known else "certificates that portals registered, alone"
    if not settings.mtls_port:
        return f"a proxy; {who}"
    server_context(TlsHost.for_portals(settings), ())
    return f"chain and key are good; {who}"


async def _outside(settings: Settings) -> list[str]:
    """Portals that prove themselves by a certificate which nobody asks them for."""
    methods = set(BY_CERTIFICATE) - set(methods_by_certificate(settings))
    database = await Database.open(settings.database_url, connections=1)
    try:
        known = await Portals.load(database)
    finally:
        await database.close()
    return [portal.client_id for portal in known if portal.token_endpoint_auth_method in methods]


class PortalsOutside(Exception):
    """Portals whose method these settings do not have."""

    def __str__(self) -> str:
        said = "IDP_MTLS_URL, or IDP_MTLS_AUTHORITIES for tls_client_auth, is missing"
        return f"{said}: these portals cannot prove who they are: {super().__str__()}"


class AuthoritiesOver(Exception):
    """Certificates of authorities that are over, by their number."""

    def __str__(self) -> str:
        return f"{super().__str__()} of IDP_MTLS_AUTHORITIES are over: portals with certificates of theirs stay outside"


async def _mail(settings: Settings) -> str:
    if not settings.smtp_host:
        return "nobody is written to: IDP_SMTP_HOST is empty"
    sender = smtp_sender(settings, Clock())
    try:
        await sender.greet()
    except DeliveryFailed as failed:
        raise MailServerSilent(failed.reason) from None
    finally:
        sender.close()
    return "the server lets us in"


class MailServerSilent(Exception):
    """The mail server cannot be reached, is not trusted, or does not let us in; the text says which."""

    def __str__(self) -> str:
        return f"no letter goes out: {super().__str__()}"


async def _register(settings: Settings) -> str:
    register = await SandboxRegister.open(settings.sandbox_register_url)
    await register.close()
    return "answers"
