"""Every setting, with its type, default and help. The only reader of the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit


class SettingsRefused(Exception):
    """The settings are not good enough to start with. `faults` names every one of them, not the first."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("Cannot start:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = faults


def _text(value: str) -> str:
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an http or https address without user, query or fragment")
    return value.rstrip("/")


def _url_or_none(value: str) -> str:
    return _url(value) if value else ""


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not (value.isascii() and value.isdigit() and lowest <= int(value) <= highest):
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return read


def _seconds(lowest: int, highest: int) -> Callable[[str], timedelta]:
    read = _whole(lowest, highest)
    return lambda value: timedelta(seconds=read(value))


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return read


def _words(value: str) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split())


def _destinations(value: str) -> tuple[str, ...]:
    words = _words(value)
    for word in words:
        host, _, port = word.rpartition(":")
        if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError("must hold host:port pairs, such as sms.example.vn:8080 or [fd00::7]:8080")
    return words


def _trust_keys(value: str) -> tuple[str, ...]:
    words = _words(value)
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{43}", word) for word in words):
        raise ValueError("must hold public keys as `idp pki trust new-key` prints them")
    return words


def _networks(value: str) -> tuple[str, ...]:
    words = _words(value)
    for word in words:
        try:
            ip_network(word)
        except ValueError:
            raise ValueError("must hold addresses or networks, such as 10.0.0.7 or 10.1.0.0/16") from None
    return words


def _file(value: str) -> Path:
    return Path(value)


def _setting(read: Callable[[str], Any], explanation: str, default: Any = None, *, secret: bool = False) -> Any:
    metadata = {"read": read, "help": explanation, "secret": secret, "required": default is None}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may choose. `IDP_` and the upper-case name is its variable."""

    issuer: str = _setting(_url, "The provider's own address, as portals know it: every link and token is made of it.")
    mode: str = _setting(
        _one_of("production", "demo"), "`demo` allows http, demo secrets and the outbox page.", "production"
    )
    database_url: str = _setting(
        _text,
        "Where the database is: sqlite:///path or postgresql://user@host/name.",
        "sqlite:///var/idp.db",
        secret=True,
    )
    database_connections: int = _setting(_whole(1, 200), "Connections of one worker to PostgreSQL.", 10)
    sandbox_register_url: str = _setting(
        _text, "The sandbox population register's own database.", "sqlite:///var/register.db", secret=True
    )
    master_key_file: Path = _setting(_file, "File with the 32-byte master key in base64.", Path("var/master.key"))
    master_key: str = _setting(_text, "The master key itself, when there is no file for it.", "", secret=True)

    host: str = _setting(_text, "Address to listen on.", "127.0.0.1")
    port: int = _setting(_whole(1, 65535), "Port to listen on.", 8000)
    workers: int = _setting(_whole(1, 256), "Processes that serve; as many as cores is right.", 1)
    trusted_proxies: tuple[str, ...] = _setting(
        _networks, "Addresses or networks whose X-Forwarded-For is believed.", ()
    )
    unlimited_addresses: tuple[str, ...] = _setting(
        _networks, "Addresses or networks that are not counted by address (load tests, a ministry's gateway).", ()
    )

    session_idle: timedelta = _setting(
        _seconds(60, 86400), "Seconds without use after which a session ends.", timedelta(minutes=30)
    )
    session_absolute: timedelta = _setting(
        _seconds(300, 86400), "Seconds after which a session ends whatever happens.", timedelta(hours=8)
    )
    attempt_lifetime: timedelta = _setting(
        _seconds(60, 3600), "Seconds a browser has to finish signing in.", timedelta(minutes=15)
    )
    code_lifetime: timedelta = _setting(_seconds(5, 60), "Seconds an authorization code lives.", timedelta(seconds=60))
    access_token_lifetime: timedelta = _setting(
        _seconds(30, 300), "Seconds an access token lives.", timedelta(minutes=5)
    )
    refresh_idle: timedelta = _setting(
        _seconds(3600, 31536000), "Seconds an unused offline refresh token lives.", timedelta(days=30)
    )
    refresh_absolute: timedelta = _setting(
        _seconds(3600, 63072000), "Seconds an offline grant lives.", timedelta(days=180)
    )
    told_for: timedelta = _setting(
        _seconds(86400, 5184000),
        "Seconds after it last met somebody for which a portal is told of what is done to their account.",
        timedelta(days=30),
    )
    consent_lifetime: timedelta = _setting(
        _seconds(86400, 157680000), "Seconds an agreement is remembered.", timedelta(days=365)
    )

    outbound_allow: tuple[str, ...] = _setting(
        _destinations, "host:port pairs that may be called although they are private or loopback.", ()
    )
    outbound_ca: Path = _setting(_file, "Certificates trusted in calls out, beside the system's.", Path())
    trust_keys: tuple[str, ...] = _setting(
        _trust_keys, "Public keys of the operators who sign the list of certificate authorities.", ()
    )
    certificate_url: str = _setting(
        _url_or_none,
        "The host that asks browsers for certificates (mutual TLS), as they know it. Empty: none does.",
        "",
    )
    certificate_port: int = _setting(
        _whole(0, 65535), "Port on which this program itself is that host; 0 where a proxy is.", 0
    )
    certificate_tls_chain: Path = _setting(_file, "That host's own certificate and those above it, PEM.", Path())
    certificate_tls_key: Path = _setting(_file, "The key of that certificate, PEM.", Path())
    certificate_proxies: tuple[str, ...] = _setting(
        _networks, "Addresses or networks of the proxies whose Client-Cert header (RFC 9440) is believed.", ()
    )
    mtls_url: str = _setting(
        _url_or_none, "The host where portals bring a certificate (RFC 8705), as they know it. Empty: none does.", ""
    )
    mtls_port: int = _setting(
        _whole(0, 65535), "Port on which this program itself is that host; 0 where a proxy is.", 0
    )
    mtls_tls_chain: Path = _setting(
        _file, "That host's own certificate and those above it, PEM; else those of the other one.", Path()
    )
    mtls_tls_key: Path = _setting(_file, "The key of that certificate, PEM.", Path())
    mtls_authorities: Path = _setting(
        _file, "Certificates, PEM, of the authorities that may issue portals' certificates.", Path()
    )
    admin_url: str = _setting(
        _url_or_none, "The console's own host, as browsers know it. Empty: it is under IDP_ISSUER.", ""
    )
    staff_factor: str = _setting(
        _one_of("any", "certificate"), "What staff must have signed in with, at level 2.", "any"
    )
    sms_driver: str = _setting(_one_of("sandbox", "http", "kannel"), "How codes reach phones.", "sandbox")
    sms_url: str = _setting(_text, "The SMS gateway's address.", "")
    sms_user: str = _setting(_text, "User name at the SMS gateway.", "")
    sms_password: str = _setting(_text, "Password at the SMS gateway.", "", secret=True)
    sms_sender: str = _setting(_text, "Sender name shown on the phone.", "DinhDanh")

    audit_checkpoint_file: Path = _setting(
        _file, "File to which signed checkpoints of the audit are appended, best on another machine's disk.", Path()
    )
    audit_checkpoint_url: str = _setting(
        _url_or_none, "Address that signed checkpoints of the audit are posted to. Empty: none.", ""
    )
    smtp_host: str = _setting(
        _text,
        "The mail server for letters to portals' contacts. Empty: only the demo shows them.",
        "",
    )
    smtp_port: int = _setting(_whole(1, 65535), "The mail server's port.", 587)
    smtp_encryption: str = _setting(
        _one_of("starttls", "tls", "none"),
        "How it is spoken to; `none` only on this machine.",
        "starttls",
    )
    smtp_user: str = _setting(_text, "User name at the mail server. Empty: nobody authenticates.", "")
    smtp_password: str = _setting(_text, "Password at the mail server.", "", secret=True)
    smtp_sender: str = _setting(_text, "The address that mails come from.", "")

    log_level: str = _setting(
        _one_of("info", "warning", "error"), "What is logged; one line a request at info.", "info"
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read every setting; raises `SettingsRefused` naming all faults at once."""
        source = os.environ if environ is None else environ  # noqa: TID251  (the one place)
        values: dict[str, Any] = {}
        faults = [
            f"{name} is not a setting" for name in sorted(source) if name.startswith("IDP_") and name not in _NAMES
        ]
        for setting in fields(cls):
            name = variable(setting.name)
            given = source.get(name)
            if given is None and setting.metadata["required"]:
                faults.append(f"{name} is missing. {setting.metadata['help']}")
            elif given is not None:
                try:
                    values[setting.name] = setting.metadata["read"](given)
                except ValueError as error:
                    faults.append(f"{name} {error}")
        if faults:
            raise SettingsRefused(faults)
        settings = cls(**values)
        if faults := settings.contradictions():
            raise SettingsRefused(faults)
        return settings

    def contradictions(self) -> list[str]:
        """What is wrong between settings that are each right."""
        faults = []
        if self.mode == "production" and not self.issuer.startswith("https://"):
            faults.append("IDP_ISSUER must be https in production")
        if self.mode == "production" and self.sms_driver == "sandbox":
            faults.append("IDP_SMS_DRIVER must name a real gateway in production: the sandbox shows codes to anyone")
        if self.sms_driver != "sandbox" and not self.sms_url:
            faults.append(f"IDP_SMS_URL is missing: IDP_SMS_DRIVER is {self.sms_driver}")
        faults += self._certificate_contradictions()
        faults += self._mtls_contradictions()
        faults += self._mail_contradictions()
        faults += self._console_contradictions()
        if self.session_idle > self.session_absolute:
            faults.append("IDP_SESSION_IDLE is longer than IDP_SESSION_ABSOLUTE")
        if self.refresh_idle > self.refresh_absolute:
            faults.append("IDP_REFRESH_IDLE is longer than IDP_REFRESH_ABSOLUTE")
        if not self.database_url.startswith(("sqlite:///", "postgresql://")):
            faults.append("IDP_DATABASE_URL must begin with sqlite:/// or postgresql://")
        if self.workers > 1 and self.database_url.startswith("sqlite:"):
            faults.append("IDP_WORKERS is over 1 with SQLite: several workers need PostgreSQL")
        return faults

    def _certificate_contradictions(self) -> list[str]:
        is_own, has_proxies = self.certificate_port != 0, bool(self.certificate_proxies)
        # Proxies that serve portals alone may stand beside a listener for people.
        is_behind_proxy = has_proxies and not (self.mtls_url and not self.mtls_port)
        faults = []
        if self.certificate_url and not self.certificate_url.startswith("https://"):
            faults.append("IDP_CERTIFICATE_URL must be https: certificates are shown in the TLS handshake")
        if self.certificate_url and not self.trust_keys:
            faults.append("IDP_TRUST_KEYS is missing: without a list of authorities no certificate is good")
        if self.certificate_url and not (is_own or has_proxies):
            faults.append("IDP_CERTIFICATE_PORT or IDP_CERTIFICATE_PROXIES must say who IDP_CERTIFICATE_URL is")
        if not self.certificate_url and (is_own or (has_proxies and not self.mtls_url)):
            faults.append("IDP_CERTIFICATE_URL is missing: browsers must know where certificates are asked for")
        if is_own and is_behind_proxy:
            faults.append(
                "IDP_CERTIFICATE_PORT and IDP_CERTIFICATE_PROXIES: one of them asks for certificates, not both"
            )
        if is_own and Path() in (self.certificate_tls_chain, self.certificate_tls_key):
            faults.append(
                "IDP_CERTIFICATE_TLS_CHAIN and IDP_CERTIFICATE_TLS_KEY must be files: IDP_CERTIFICATE_PORT is set"
            )
        return faults

    def _mtls_contradictions(self) -> list[str]:
        faults = []
        if not self.mtls_url:
            for name in ("mtls_port", "mtls_tls_chain", "mtls_tls_key", "mtls_authorities"):
                if getattr(self, name) not in (0, Path()):
                    faults.append(f"{variable(name)} is for IDP_MTLS_URL, which is missing")
            return faults
        if not self.mtls_url.startswith("https://") or urlsplit(self.mtls_url).path:
            faults.append("IDP_MTLS_URL must be https, and a host without a path")
        for name in ("issuer", "certificate_url", "admin_url"):
            if _authority(self.mtls_url) == _authority(getattr(self, name)):
                faults.append(f"IDP_MTLS_URL must be another host, or port, than {variable(name)}")
        return faults + self._mtls_listener_contradictions()

    def _mtls_listener_contradictions(self) -> list[str]:
        faults = []
        if not (self.mtls_port or self.certificate_proxies):
            faults.append("IDP_MTLS_PORT or IDP_CERTIFICATE_PROXIES must say who IDP_MTLS_URL is")
        if self.mtls_port and self.certificate_proxies and not self.certificate_url:
            faults.append("IDP_MTLS_PORT and IDP_CERTIFICATE_PROXIES: one of them asks for certificates, not both")
        if self.mtls_port and self.mtls_port in (self.port, self.certificate_port):
            faults.append("IDP_MTLS_PORT must be another than IDP_PORT and IDP_CERTIFICATE_PORT")
        if (self.mtls_tls_chain == Path()) != (self.mtls_tls_key == Path()):
            faults.append("IDP_MTLS_TLS_CHAIN and IDP_MTLS_TLS_KEY belong together")
        if self.mtls_port and Path() in self.mtls_chain_and_key:
            faults.append("IDP_MTLS_TLS_CHAIN and IDP_MTLS_TLS_KEY must be files: IDP_MTLS_PORT is set")
        return faults

    def _console_contradictions(self) -> list[str]:
        console, provider = urlsplit(self.admin_url), urlsplit(self.issuer)
        faults = []
        if self.mode == "production" and self.admin_url and console.scheme != "https":
            faults.append("IDP_ADMIN_URL must be https in production")
        if self.admin_url and console.path:
            faults.append("IDP_ADMIN_URL must be a host, without a path")
        if self.admin_url and console.hostname == provider.hostname:
            faults.append("IDP_ADMIN_URL must have another host name than IDP_ISSUER: cookies do not know ports")
        if self.staff_factor == "certificate" and not self.trust_keys:
            faults.append("IDP_STAFF_FACTOR is certificate, and IDP_TRUST_KEYS is empty: nobody could come in")
        return faults

    def _mail_contradictions(self) -> list[str]:
        if not self.smtp_host:
            return []
        faults = []
        if self.smtp_encryption == "none" and self.smtp_host not in _THIS_MACHINE:
            faults.append("IDP_SMTP_ENCRYPTION may be none only where IDP_SMTP_HOST is this machine")
        if self.smtp_encryption == "none" and self.smtp_password:
            faults.append("IDP_SMTP_PASSWORD would be sent as it is: IDP_SMTP_ENCRYPTION is none")
        if not (self.smtp_user + self.smtp_password).isascii():
            faults.append("IDP_SMTP_USER and IDP_SMTP_PASSWORD must be ASCII: most mail servers take nothing else")
        if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", self.smtp_sender):
            faults.append("IDP_SMTP_SENDER must be an e-mail address: IDP_SMTP_HOST is set")
        return faults

    @property
    def is_certificate_host_elsewhere(self) -> bool:
        """Whether a proxy asks people for certificates, and not this program."""
        return bool(self.certificate_url) and not self.certificate_port

    @property
    def mtls_chain_and_key(self) -> tuple[Path, Path]:
        """The files of the host for portals, where this program is that host."""
        if self.mtls_tls_chain == Path():
            return self.certificate_tls_chain, self.certificate_tls_key
        return self.mtls_tls_chain, self.mtls_tls_key

    @property
    def portal_addresses(self) -> tuple[str, ...]:
        """By which portals may call: the issuer, and the host where they bring certificates, where there is one."""
        return (self.issuer, self.mtls_url) if self.mtls_url else (self.issuer,)

    @property
    def demo(self) -> bool:
        """Whether this is the demo, never a real provider."""
        return self.mode == "demo"


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return f"IDP_{name.upper()}"


def _authority(address: str) -> tuple[str | None, int]:
    parts = urlsplit(address)
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

# IDP_DEMO_PORT is read by `idp demo`, which makes the other settings from it.
_NAMES = {variable(setting.name) for setting in fields(Settings)} | {"IDP_DEMO_PORT"}
