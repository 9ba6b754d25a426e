"""Making all the demo's certificates at once: of authorities, of subscribers, of the host that asks for them."""

import json
import shutil
import string
from datetime import datetime, timedelta
from pathlib import Path
from secrets import choice
from typing import Final

from cryptography import x509

from idp.app.demo_authorities import Authority, Terms, names, pem, server, write_key
from idp.app.demo_subscribers import GOVERNMENT, PUBLIC, issue, subscribers

ROOTS: Final = {
    "national-root": names("CA gốc quốc gia (thử nghiệm)", "Chứng thực điện tử quốc gia (thử nghiệm)"),
    "government-root": names("CA gốc chuyên dùng Chính phủ (thử nghiệm)", "Cơ yếu Chính phủ (thử nghiệm)"),
}
BELOW: Final = {
    PUBLIC: ("national-root", names("CA công cộng (thử nghiệm)", "Nhà cung cấp chữ ký số (thử nghiệm)")),
    GOVERNMENT: (
        "government-root",
        names("CA phục vụ các cơ quan Nhà nước (thử nghiệm)", "Cơ yếu Chính phủ (thử nghiệm)"),
    ),
}
"""Each authority below a root: by its slug, whose it is and what it is called."""

_LIFETIME: Final = timedelta(days=730)
_REVOKED: Final = """\
# Certificates that the demo's authorities have taken back. A line begins with a serial number in hexadecimal digits;
# the rest of it is for people. Take the # away in front of one to revoke it: that is so from the next question on.
"""


def make(folder: Path, port: int, *, service: str, now: datetime) -> None:
    """Fill `folder` with new ones, or leave it as it was: half a folder would be taken for a whole one later."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "authorities").mkdir(parents=True)
    # A clock that is a little behind must not find them not yet valid.
    terms = Terms(now - timedelta(hours=1), now + _LIFETIME, service)
    password = "-".join("".join(choice(string.ascii_lowercase) for _ in range(5)) for _ in range(3))
    _write_subscribers(fresh, _write_authorities(fresh, terms), _write_server(fresh, terms), password, terms)
    made = fresh / "made.json"
    made.touch(mode=0o600)
    made.write_text(json.dumps({"port": port, "ends": terms.ends.isoformat(), "password": password}))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _write_server(folder: Path, terms: Terms) -> x509.Certificate:
    root, certificate, key = server(terms)
    (folder / "ca.pem").write_bytes(pem(root))
    (folder / "server.pem").write_bytes(pem(certificate))
    write_key(folder / "server.key", key)
    return root


def _write_authorities(folder: Path, terms: Terms) -> dict[str, Authority]:
    """All of them, by their slugs."""
    made = {slug: Authority.root(slug, called, terms) for slug, called in ROOTS.items()}
    made |= {slug: made[root].issue_authority(slug, called, terms) for slug, (root, called) in BELOW.items()}
    for authority in made.values():
        authority.write(folder / "authorities")
    return made


def _write_subscribers(
    folder: Path, authorities: dict[str, Authority], server_root: x509.Certificate, password: str, terms: Terms
) -> None:
    revocable = {slug: authorities[slug].certificate for slug in BELOW}
    for each in subscribers():
        issuer, root = authorities[each.authority], authorities[BELOW[each.authority][0]]
        # With the one who vouches for the server, a program that is given this file alone can connect.
        beside = (issuer.certificate, root.certificate, server_root)
        revocable[each.persona] = issue(each, issuer, terms, beside=beside, password=password, folder=folder)
    lines = [f"#{certificate.serial_number:X} {name}\n" for name, certificate in revocable.items()]
    (folder / "revoked.txt").write_text(_REVOKED + "".join(lines), encoding="utf-8")
