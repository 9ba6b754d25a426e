"""Requests that mean no good: real parameters of every endpoint with values that break careless readers."""

from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

SCRIPT = b'"><script>alert(1)</script>'

NAMES = {
    "/authorize": (
        *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "prompt"),
        *("code_challenge_method", "response_mode", "max_age", "claims", "id_token_hint", "login_hint", "acr_values"),
        *("ui_locales", "request", "request_uri", "registration", "display"),
    ),
    "/authorize/continue": ("attempt",),
    "/token": (
        *("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id"),
        *("client_secret", "client_assertion", "client_assertion_type"),
    ),
    "/introspect": ("token", "token_type_hint", "client_id", "client_secret", "client_assertion_type"),
    "/revoke": ("token", "token_type_hint", "client_id", "client_assertion", "client_assertion_type"),
    "/userinfo": ("access_token", "schema"),
    "/end-session": ("id_token_hint", "post_logout_redirect_uri", "state", "client_id", "posted", "logout_hint"),
    "/error": ("code", "reference"),
    "/language": ("lang", "back"),
    "/sign-in/password": ("csrf", "attempt", "citizen_number", "password"),
    "/sign-in/otp": ("csrf", "attempt", "otp", "method"),
    "/sign-in/sms": ("csrf", "attempt"),
    "/sign-in/recovery": ("csrf", "attempt", "recovery_code"),
    "/consent": ("csrf", "attempt", "decision", "shown_to"),
}
METHOD = dict.fromkeys(("/authorize", "/authorize/continue", "/end-session", "/error", "/language"), "GET")
"""How each is asked by those who mean well; POST where nothing is said."""

ANYWHERE = ("csrf", "attempt", "code", "state", "ui_locales", "lang", "id", "next", "back", "posted")
HEADERS = ("authorization", "cookie", "accept", "accept-language", "content-type", "origin", "x-forwarded-for", "host")

NASTY = (
    *(b"", b" ", b"\x00", b"%00", b"\r\nset-cookie: evil=1", b"%0d%0aset-cookie:%20evil=1", b"\xff\xfe"),
    *(b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80", "\u0085".encode(), b"\x1b[31m", b"\x7f", b"\t"),
    *(b"//evil.example", b"https://evil.example/", b"/\\evil.example", b"javascript:alert(1)", b"/\t/evil.example"),
    *(SCRIPT, b"{{7*7}}", b"${7*7}", b"' OR '1'='1", b"%", b"%zz", b"%s%n", b"../../etc/passwd", b"\\"),
    *(b"=", b"+", b"&", b"&&==&", b"?", b"#", b";", b"a=b&a=b"),
    *(b"9" * 400, b"-1", b"NaN", b"1e999", b"0x10", b"null", b"true", b"[]", b"{}", b'{"userinfo":{"name":null}}'),
    *(b'{"id_token":{"acr":{"essential":true,"values":[[]]}}}', b"[" * 500, b'{"a":' * 300, b'{"id_token":[]}'),
    *(b"eyJhbGciOiJub25lIn0.e30.", b"a.b.c", b"...", b"e30.e30.e30", b"eyJhbGciOiJFUzI1NiJ9.bnVsbA.AAAA"),
    *("ａｄｍｉｎ\u202e\u0000".encode(), "🪷".encode() * 20, "\ufeff\u2028".encode(), "Nguyễn".encode(), b"x" * 3000),
    *(b"Basic \xff", b"Bearer \xff", b"Basic Og==", b"Bearer " + b"a." * 100, b"__Host-session=\xff; a=\xff"),
)


@dataclass(frozen=True)
class Attack:
    """`fields` whose value is None get the right one. `headers` go out as they are."""

    method: str
    path: str
    fields: list[tuple[str, bytes | None]]
    headers: list[tuple[str, bytes]]
    escaped: bool
    signed_in: bool

    def encoded(self, right: dict[str, bytes]) -> bytes:
        """As a query or a body."""
        return b"&".join(name.encode() + b"=" + self._value(name, value, right) for name, value in self.fields)

    def _value(self, name: str, value: bytes | None, right: dict[str, bytes]) -> bytes:
        if value is None:
            return quote_from_bytes(right.get(name, b"")).encode()
        return quote_from_bytes(value).encode() if self.escaped else value.replace(b"\r", b"").replace(b"\n", b"")


def values() -> st.SearchStrategy[bytes]:
    """One that is known to hurt, or anything."""
    # Mostly text that gets past the first reader, who refuses what is not UTF-8 and what has control characters.
    printable = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40).map(str.encode)
    return st.one_of(st.sampled_from(NASTY), printable, printable, st.binary(max_size=40))


def header_values() -> st.SearchStrategy[bytes]:
    """What a server lets through as a header: no line ends, or it is another request."""
    return values().map(lambda value: value.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b""))


def needed(path: str) -> tuple[str, ...]:
    """The parameters of a good request: without those that would only stop it sooner."""
    stops = {"request", "request_uri", "registration", "client_secret", "client_assertion", "client_assertion_type"}
    more = {"prompt", "max_age", "id_token_hint", "posted", "post_logout_redirect_uri", "logout_hint", "claims"}
    return tuple(name for name in NAMES[path] if name not in stops | more)


@st.composite
def attacks(draw: st.DrawFn) -> Attack:
    """A request that is good but for one or two of its parameters, now and then a header, or one sent twice."""
    path = draw(st.sampled_from(sorted(NAMES)))
    wrong = draw(st.dictionaries(st.sampled_from((*NAMES[path], *ANYWHERE)), values(), min_size=1, max_size=2))
    seldom = st.integers(0, 9).map(lambda number: number == 0)
    kept = [(name, None) for name in needed(path) if name not in wrong and not draw(seldom)]
    fields: list[tuple[str, bytes | None]] = [*kept, *wrong.items()]
    if draw(seldom):
        fields.append(draw(st.sampled_from(fields)))
    return Attack(
        method=draw(st.sampled_from(("GET", "POST"))) if draw(seldom) else METHOD.get(path, "POST"),
        path=path,
        fields=fields,
        headers=[draw(st.tuples(st.sampled_from(HEADERS), header_values()))] if draw(seldom) else [],
        escaped=not draw(seldom),
        signed_in=draw(st.booleans()),
    )
