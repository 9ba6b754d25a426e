"""A guard for an agency's API: pure ASGI middleware that lets in whoever brings a good access token of one issuer.

    app = Guard(app, issuer="https://id.example.vn", audience="https://api.example.vn", scope=["records"])

The folder is made to be copied: its files know each other only by relative names and need `joserfc`, `httpx` and the
standard library, no framework. It reads RFC 9068 tokens (`access_tokens`), holds those that are bound to a key or a
certificate to it (`proofs`, RFC 9449; `certificates`, RFC 8705), and asks for a better or fresher sign-in where a
path needs one (`rules`, RFC 9470). It is not a session and knows nobody: what the token says is handed to the
application as `scope["state"]["claims"]`, and nothing of a token is ever logged. docs/api_guard.md says how to use it.
"""

from .guard import Guard
from .nonces import Nonces
from .rules import Rule
from .seen import MemorySeen, Seen, SeenFull

__all__ = ["Guard", "MemorySeen", "Nonces", "Rule", "Seen", "SeenFull"]
