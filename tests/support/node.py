"""Programs from npm: installed once by the lock file, run with Node."""

import fcntl
import filecmp
import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.support import debian

SOURCE = Path(__file__).parent / "node"
CACHE = Path(__file__).parents[2] / "var" / "node"
DONE = ".installed"


class NpmFailed(Exception):
    """npm could not install what the lock file names. The text is npm's own."""


def installed() -> Path:
    """A folder with `node_modules` as the lock file says and this room's programs beside it.

    Made at the first call on a machine and again when the lock file changes; other processes wait meanwhile. The
    lock file names no registry, so npm asks the one that the machine is set up for, and checks the hashes.
    """
    debian.need("node", "npm")
    wanted = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = CACHE / wanted
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for source in SOURCE.iterdir():
            _put(source, folder)
        if not (folder / DONE).exists():
            _npm_ci(folder)
            (folder / DONE).touch()
    return folder


def program(name: str) -> list[str]:
    """The command that runs a program of tests/support/node/."""
    # Node looks for modules beside the file it runs, so it must be the copy in the cache.
    return ["node", str(installed() / name)]


@cache
def axe_source() -> str:
    """axe-core as one script, to be evaluated in a page."""
    return (installed() / "node_modules" / "axe-core" / "axe.min.js").read_text()


def _put(source: Path, folder: Path) -> None:
    """Copy it where it is another, at one stroke: another process may be starting the program just now."""
    target = folder / source.name
    if not target.exists() or not filecmp.cmp(source, target, shallow=False):
        beside = folder / f".{source.name}"
        shutil.copy(source, beside)
        beside.replace(target)


def _npm_ci(folder: Path) -> None:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise NpmFailed(done.stderr[-4000:])
