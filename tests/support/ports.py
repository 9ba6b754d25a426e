"""Free TCP ports on loopback, asked of the kernel."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """That many different ports nobody listens on now.

    All are held open together, so they differ. Between this call and the server's bind another program could
    take one; the kernel hands ephemeral ports out in a random order, so that is rare enough.
    """
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def free_port() -> int:
    """One port nobody listens on now."""
    return free_ports(1)[0]


def someone_listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a TCP connection to that port is taken."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
