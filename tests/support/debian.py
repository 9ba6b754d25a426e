"""The Debian packages that the real parts come from."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

PACKAGES = {
    "/usr/lib/postgresql/15/bin/initdb": "postgresql-15",
    "/usr/bin/chromium-headless-shell": "chromium-headless-shell",
    "/usr/sbin/apache2": "apache2",
    "/usr/lib/apache2/modules/mod_auth_openidc.so": "libapache2-mod-auth-openidc",
    "/usr/sbin/bearerbox": "kannel",
    "/usr/lib/kannel/test/fakesmsc": "kannel-extras",
    "/usr/sbin/nginx": "nginx",
    "/usr/lib/nginx/modules/ngx_http_js_module.so": "libnginx-mod-http-js",
    "/usr/sbin/haproxy": "haproxy",
    "softhsm2-util": "softhsm2",
    "pkcs11-tool": "opensc",
    "/usr/bin/certutil": "libnss3-tools",
    "/usr/bin/pk12util": "libnss3-tools",
    "openssl": "openssl",
    "node": "nodejs",
    "npm": "npm",
}
"""What a test runs, by path or by name, and the package it is in."""


_LOCK = Path(tempfile.gettempdir()) / "dinh-danh-packages.lock"


class PackageMissing(Exception):
    """A part of the tests is not on this machine and cannot be put there by this user."""


def need(*programs: str) -> None:
    """Make sure that programs of PACKAGES are there: install what is missing as root, else raise PackageMissing."""
    if not (missing := _missing(programs)):
        return
    if os.geteuid() != 0:
        raise PackageMissing(
            f"The tests need Debian packages that are not installed. Run: sudo apt-get install {' '.join(missing)}"
        )
    # Tests run in several processes, and one of them installs at a time.
    with _LOCK.open("a") as lock:  # anybody may have put a link there: nothing is cut off behind it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if missing := _missing(programs):
            _apt_get("update")
            _apt_get("install", "--yes", "--no-install-recommends", *missing)


def _missing(programs: Iterable[str]) -> list[str]:
    # Asked before any is looked for: a program with no package fails on every machine, not on the next new one.
    packages = {program: PACKAGES[program] for program in programs}
    return sorted({package for program, package in packages.items() if not _is_there(program)})


def _is_there(program: str) -> bool:
    return Path(program).exists() if program.startswith("/") else shutil.which(program) is not None


def _apt_get(*words: str) -> None:
    # RUNLEVEL=1 keeps the installed services from starting: tests run their own, on their own ports.
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-q", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise PackageMissing(f"apt-get {' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
