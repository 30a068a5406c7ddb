"""Processes to be killed, forked from a warm one that has no thread, loop or connection."""

import signal
from collections.abc import Callable
from typing import Any, Final

from adapters.logs import configure_logs
from tests.forking import FORKED
from tests.servers.errors import ServerFailed

PATIENCE_SECONDS: Final = 60.0


class Child:
    """A process that does `life(wire, *arguments)`, and what it told on the wire.

    `came_to`: the names of the boundaries that it told so far, as `Boundaries` does.
    """

    def __init__(self, life: Callable[..., None], *arguments: Any) -> None:
        self._wire, theirs = FORKED.Pipe()
        self._process = FORKED.Process(target=_live, args=(life, theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()
        self.came_to: list[str] = []

    def hear(self) -> Any:
        """The next thing it tells that is no boundary. Raises EOFError if it is dead."""
        while True:
            if not self._wire.poll(PATIENCE_SECONDS):
                raise ServerFailed("the process tells nothing")
            told = self._wire.recv()
            if not isinstance(told, str):
                return told
            self.came_to.append(told)

    def stop(self) -> Any:
        """Let it end in good order; returns the last thing that it told, when it has ended."""
        self._wire.send(None)
        last = self._read_to_the_end()
        if self._process.exitcode != 0:
            raise ServerFailed(f"the process ended with {self._process.exitcode}")
        return last

    def was_killed(self) -> bool:
        """Waits for its end; tells whether that was by SIGKILL."""
        self._read_to_the_end()
        return self._process.exitcode == -signal.SIGKILL

    def _read_to_the_end(self) -> Any:
        last = None
        try:
            while True:
                last = self.hear()
        except EOFError:
            self._wire.close()
        self._process.join(PATIENCE_SECONDS)
        return last


def _live(life: Callable[..., None], *arguments: Any) -> None:
    configure_logs("error", "console")
    life(*arguments)
