"""Client secrets: given or made, shown once, kept as a digest.

SHA-256 is enough for what nobody can guess (security.md T-07), so a given secret must be long and look random.
"""

import re

from idp.sealing import Secret, random_value

DEMO_PREFIX = "demo-"
"""Marks a secret that stands in a public repository. Refused everywhere but in the demo."""

_CHARACTERS = re.compile(r"[\x21-\x7e]{32,200}")
_FEWEST_DIFFERENT = 10


def make() -> Secret:
    """A fresh one of 256 bits."""
    return Secret(random_value("p_"))


def fault_of(secret: str, *, demo: bool) -> str | None:
    """What is wrong with a given secret, as the end of a sentence that does not show it."""
    if not _CHARACTERS.fullmatch(secret):
        return "must be 32 to 200 letters, digits and signs without spaces; leave it out to have one made"
    if len(set(secret)) < _FEWEST_DIFFERENT:
        return "is not random; leave it out to have one made"
    if secret.startswith(DEMO_PREFIX) and not demo:
        return "is a secret of the demo, which everybody knows; leave it out to have one made"
    return None
