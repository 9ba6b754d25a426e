"""Settings are good before anything starts, or every fault is named."""

from datetime import timedelta

import pytest

from idp.settings import Settings, SettingsRefused

GOOD = {
    "IDP_ISSUER": "https://id.example.vn",
    "IDP_DATABASE_URL": "postgresql://idp@db/idp",
    "IDP_SMS_DRIVER": "http",
    "IDP_SMS_URL": "https://sms.example.vn/send",
}


def faults_of(**changes: str) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        Settings.from_environ(GOOD | {f"IDP_{name.upper()}": value for name, value in changes.items()})
    return refused.value.faults


def settings_of(**changes: str) -> Settings:
    return Settings.from_environ(GOOD | {f"IDP_{name.upper()}": value for name, value in changes.items()})


def test_what_is_not_said_has_a_default() -> None:
    settings = Settings.from_environ(GOOD)
    assert (settings.issuer, settings.mode, settings.workers) == ("https://id.example.vn", "production", 1)
    assert settings.session_idle == timedelta(minutes=30)


def test_every_fault_is_named_at_once() -> None:
    told = faults_of(issuer="id.example.vn", workers="many", code_lifetime="61", log_level="debug", nonsense="1")
    assert [fault.partition(" ")[0] for fault in sorted(told)] == [
        "IDP_CODE_LIFETIME",
        "IDP_ISSUER",
        "IDP_LOG_LEVEL",
        "IDP_NONSENSE",
        "IDP_WORKERS",
    ]


def test_the_issuer_must_be_said() -> None:
    with pytest.raises(SettingsRefused, match="IDP_ISSUER is missing"):
        Settings.from_environ({})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"issuer": "http://id.example.vn"}, "IDP_ISSUER must be https in production"),
        ({"sms_driver": "sandbox"}, "IDP_SMS_DRIVER must name a real gateway"),
        ({"sms_url": ""}, "IDP_SMS_URL is missing"),
        ({"session_idle": "1200", "session_absolute": "600"}, "IDP_SESSION_IDLE is longer"),
        ({"refresh_idle": "7200", "refresh_absolute": "3600"}, "IDP_REFRESH_IDLE is longer"),
        ({"database_url": "mysql://db/idp"}, "IDP_DATABASE_URL must begin with"),
        ({"database_url": "sqlite:///idp.db", "workers": "2"}, "IDP_WORKERS is over 1 with SQLite"),
        ({"trusted_proxies": "10.0.0.0/8, proxy.example"}, "IDP_TRUSTED_PROXIES must hold addresses"),
        ({"unlimited_addresses": "10.0.0.1/8"}, "IDP_UNLIMITED_ADDRESSES must hold addresses"),
        ({"outbound_allow": "10.0.0.7:80, portal"}, "IDP_OUTBOUND_ALLOW must hold host:port"),
        ({"outbound_allow": "portal.example.vn:65536"}, "IDP_OUTBOUND_ALLOW must hold host:port"),
        ({"issuer": "https://user@id.example.vn"}, "IDP_ISSUER must be an http or https address"),
        ({"issuer": "https://id.example.vn/?a=b"}, "IDP_ISSUER must be an http or https address"),
    ],
)
def test_a_bad_setting_is_refused(changes: dict[str, str], named: str) -> None:
    [fault] = faults_of(**changes)
    assert fault.startswith(named)


CERTIFICATES = {
    "trust_keys": "A" * 43,
    "certificate_url": "https://thu.example.vn",
    "certificate_port": "8443",
    "certificate_tls_chain": "chain.pem",
    "certificate_tls_key": "key.pem",
}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"certificate_url": "http://thu.example.vn"}, "IDP_CERTIFICATE_URL must be https"),
        ({"trust_keys": ""}, "IDP_TRUST_KEYS is missing"),
        ({"certificate_port": "0"}, "IDP_CERTIFICATE_PORT or IDP_CERTIFICATE_PROXIES must say"),
        ({"certificate_url": ""}, "IDP_CERTIFICATE_URL is missing"),
        ({"certificate_proxies": "10.0.0.7"}, "IDP_CERTIFICATE_PORT and IDP_CERTIFICATE_PROXIES"),
        ({"certificate_tls_key": "."}, "IDP_CERTIFICATE_TLS_CHAIN and IDP_CERTIFICATE_TLS_KEY"),
    ],
)
def test_who_asks_for_certificates_is_said_once_and_whole(changes: dict[str, str], named: str) -> None:
    [fault] = faults_of(**CERTIFICATES | changes)
    assert fault.startswith(named)


PORTALS = {"mtls_url": "https://may.example.vn", "certificate_proxies": "10.0.0.7"}
OWN = {"mtls_url": "https://may.example.vn", "mtls_port": "9443", "mtls_tls_chain": "c.pem", "mtls_tls_key": "k.pem"}


@pytest.mark.parametrize(
    "chosen",
    [
        PORTALS,
        PORTALS | {"mtls_authorities": "authorities.pem"},
        OWN,
        # A listener for people beside a proxy for portals, and the other way round.
        CERTIFICATES | PORTALS,
        CERTIFICATES | OWN,
        CERTIFICATES | {"mtls_url": "https://may.example.vn", "mtls_port": "9443"},
        OWN | {"certificate_url": "https://thu.example.vn", "trust_keys": "A" * 43, "certificate_proxies": "10.0.0.7"},
        PORTALS | {"certificate_url": "https://thu.example.vn", "trust_keys": "A" * 43},
    ],
    ids=["proxy", "authorities", "own", "own and proxy", "both own", "shared files", "proxy and own", "both proxies"],
)
def test_portals_may_bring_certificates_to_a_host_of_their_own(chosen: dict[str, str]) -> None:
    assert settings_of(**chosen).portal_addresses == ("https://id.example.vn", "https://may.example.vn")


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        (PORTALS | {"mtls_url": "http://may.example.vn"}, ["IDP_MTLS_URL must be https"]),
        (PORTALS | {"mtls_url": "https://may.example.vn/a"}, ["IDP_MTLS_URL must be https, and a host without a path"]),
        (PORTALS | {"mtls_url": "https://ID.example.vn:443"}, ["IDP_MTLS_URL must be another host, or port, than"]),
        (PORTALS | {"certificate_proxies": ""}, ["IDP_MTLS_PORT or IDP_CERTIFICATE_PROXIES must say"]),
        (PORTALS | {"mtls_url": ""}, ["IDP_CERTIFICATE_URL is missing"]),
        (OWN | {"certificate_proxies": "10.0.0.7"}, ["IDP_MTLS_PORT and IDP_CERTIFICATE_PROXIES: one of them"]),
        (OWN | {"mtls_port": "8000"}, ["IDP_MTLS_PORT must be another than IDP_PORT"]),
        (OWN | {"mtls_tls_key": "."}, ["IDP_MTLS_TLS_CHAIN and IDP_MTLS_TLS_KEY belong together", "IDP_MTLS_TLS"]),
        (
            {"mtls_port": "9443", "mtls_tls_chain": "c", "mtls_tls_key": "k", "mtls_authorities": "a"},
            [f"IDP_MTLS_{name} is for IDP_MTLS_URL" for name in ("PORT", "TLS_CHAIN", "TLS_KEY", "AUTHORITIES")],
        ),
        (
            CERTIFICATES | PORTALS | {"mtls_url": "https://thu.example.vn"},
            ["IDP_MTLS_URL must be another host, or port, than IDP_CERTIFICATE_URL"],
        ),
        (
            CERTIFICATES | OWN | {"certificate_proxies": "10.0.0.7"},
            ["IDP_CERTIFICATE_PORT and IDP_CERTIFICATE_PROXIES"],
        ),
    ],
    ids=["http", "path", "issuer", "nobody", "no use", "two", "port", "no key", "no host", "same host", "three"],
)
def test_what_contradicts_itself_about_portals_is_named_whole(chosen: dict[str, str], named: list[str]) -> None:
    faults = faults_of(**chosen)
    assert len(faults) == len(named)
    assert all(fault.startswith(start) for fault, start in zip(faults, named, strict=True)), faults


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"admin_url": "http://console.example.vn"}, "IDP_ADMIN_URL must be https"),
        ({"admin_url": "https://console.example.vn/admin"}, "IDP_ADMIN_URL must be a host"),
        ({"admin_url": "https://id.example.vn:8443"}, "IDP_ADMIN_URL must have another host name"),
        ({"staff_factor": "certificate"}, "IDP_STAFF_FACTOR is certificate"),
        ({"staff_factor": "password"}, "IDP_STAFF_FACTOR must be one of"),
    ],
)
def test_the_console_is_told_apart(changes: dict[str, str], named: str) -> None:
    [fault] = faults_of(**changes)
    assert fault.startswith(named)


def test_secrets_do_not_print() -> None:
    settings = Settings.from_environ(GOOD | {"IDP_MASTER_KEY": "a-master-key", "IDP_SMS_PASSWORD": "a-password"})
    assert "a-master-key" not in repr(settings)
    assert "a-password" not in repr(settings)
    assert "postgresql" not in repr(settings)
