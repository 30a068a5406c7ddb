"""Free ports on the loopback interface."""

import contextlib
import socket
from collections.abc import Callable

from tests.servers.errors import PortTaken

LOOPBACK = "127.0.0.1"
ATTEMPTS = 5


def free_port() -> int:
    """A port that nobody listens on at this moment; somebody may an instant later."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]

    return port


def answers(port: int) -> bool:
    """Whether anything accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def on_free_port(start: Callable[[int], None]) -> None:
    """Call `start` with free ports until one is still free when the server binds it."""
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(PortTaken):
            return start(free_port())

    return start(free_port())
