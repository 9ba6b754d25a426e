"""A portal's server that publishes its keys (`jwks_uri`), and counts who asks."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support.small_server import Server, answer

Key = ECKey | RSAKey | OKPKey


@dataclass
class KeyServer:
    """`publishes` says what it answers from now on."""

    server: Server

    @property
    def uri(self) -> str:
        return f"http://{self.server.here}/jwks"

    @property
    def calls(self) -> int:
        """How often somebody asked."""
        return len(self.server.requests)

    def publishes(self, *keys: Key | dict[str, Any], cache_control: str | None = None) -> None:
        """These keys: public parts of those that are keys, plain members as they are."""
        listed = [key if isinstance(key, dict) else key.as_dict(private=False) for key in keys]
        headers = "Content-Type: application/jwk-set+json\r\n"
        headers += f"Cache-Control: {cache_control}\r\n" if cache_control else ""
        self.says(answer(json.dumps({"keys": listed}).encode(), headers=headers))

    def says(self, raw: bytes) -> None:
        """Any answer."""
        self.server.answer = raw
        self.server.respond = None

    @contextmanager
    def held(self) -> Iterator[Callable[[], None]]:
        """It answers nobody before what is given here is called."""
        released, said = threading.Event(), self.server.answer

        async def wait(writer: asyncio.StreamWriter) -> None:
            await asyncio.to_thread(released.wait, 20)
            writer.write(said)
            await writer.drain()

        self.server.respond = wait
        yield released.set
        released.set()
        self.server.respond = None

    def fails(self) -> None:
        """From now on it is out of order."""
        self.says(answer(status="503 Service Unavailable"))


def key(kid: str, **members: Any) -> ECKey:
    """A fresh key pair of P-256."""
    parameters: Any = {"kid": kid, **members}
    return ECKey.generate_key("P-256", parameters, private=True)
