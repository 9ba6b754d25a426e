"""A secret that is held in memory: it does not print, and offers one comparison."""

import hmac


class Secret:
    """Text that must not leak. `reveal` is the only way to it, so a search for the word finds every use."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._value

    def matches(self, given: str) -> bool:
        """Whether `given` is this secret, in a time that does not depend on where they differ."""
        return hmac.compare_digest(self._value.encode("utf-8", "surrogatepass"), given.encode("utf-8", "surrogatepass"))

    def __repr__(self) -> str:
        return "Secret(•••)"
