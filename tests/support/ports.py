"""Free TCP ports on loopback."""

import secrets
import socket
from pathlib import Path

# Above the port of the signing program (deploy/signer), which is always the same.
_LOWEST = 15000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """That many different ports nobody listens on."""
    first = ports_in_a_row(count)
    return list(range(first, first + count))


def free_port() -> int:
    """One port nobody listens on."""
    return ports_in_a_row(1)


def ports_in_a_row(count: int) -> int:
    """The first of that many ports in a row nobody listens on.

    They lie below the ports that the kernel gives to callers: on a busy machine one of those is soon some
    connection's own end, which nobody listens on and nobody can bind.
    """
    above = int(_EPHEMERAL.read_text().split()[0]) - count
    while True:
        first = _LOWEST + secrets.randbelow(above - _LOWEST)
        if not any(map(someone_listens, range(first, first + count))):
            return first


def someone_listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a TCP connection to that port is taken."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
