"""A server process that can be killed and started again on the data it left."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.servers import launch
from tests.servers.errors import PortTaken, ServerFailed

START_SECONDS = 60.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02


class ServerProcess(ABC):
    """One server on one directory, with the promise that whoever uses it reaches this very process.

    `kill` is the crash: SIGKILL to the server and its children, nothing flushed, no goodbye to clients.
    `stop` is the orderly way out. After either, `start` runs a new process on the same data and port.
    All of them block, a few seconds at most, and belong to the main thread (see `launch`).
    """

    name: str
    stop_signal: signal.Signals

    def __init__(self, *, home: Path, port: int, uid: int = launch.KEEP_USER) -> None:
        self.home = home
        self.port = port
        self._uid = uid
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """The server's command line, an absolute path first."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server would serve a client now."""

    @abstractmethod
    def prove_identity(self) -> None:
        """Raise `PortTaken` unless a client that connects to our address reaches our own process."""

    @property
    def pid(self) -> int:
        """The running process; another one after each start."""
        if self._process is None:
            raise ServerFailed(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process exists and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What the server printed since its first start."""
        path = self._log_path
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start the server and wait until it is ready and proven to be ours."""
        if self.running:
            raise ServerFailed(f"{self.name} is running already, as process {self.pid}")

        log_before = len(self.log)
        self._process = self.spawn(self.command())
        try:
            self._await_ready(log_before)
            self.prove_identity()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask the server to end in good order; kill it if it takes too long. Idempotent."""
        if self._process is None:
            return

        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Crash the server now, children included, and wait until they are gone. Idempotent."""
        if self._process is None:
            return

        children: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            server = psutil.Process(self._process.pid)
            server.suspend()  # no new child while we look
            children = server.children(recursive=True)
        self._process.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()

        self._process.wait()
        psutil.wait_procs(children, timeout=STOP_SECONDS)
        self._process = None

    def restart(self) -> None:
        """Crash the server and start it again on the same data and port."""
        self.kill()
        self.start()

    def spawn(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """Run a command as the server's user, in its directory, bound to our own life, into its log."""
        guard = (sys.executable, "-I", "-S", launch.__file__, os.getpid(), self._uid, int(self.stop_signal))
        with self._log_path.open("ab") as log:
            return subprocess.Popen(
                [str(part) for part in (*guard, *command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env={"LC_ALL": "C", "PATH": os.defpath},
                start_new_session=True,  # Ctrl-C is for pytest, which then stops its servers
            )

    @property
    def _log_path(self) -> Path:
        return self.home / "server.log"

    def _await_ready(self, log_before: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            news = self.log[log_before:]
            if not self.running and "already in use" in news:
                raise PortTaken(f"port {self.port} is already in use")
            if not self.running:
                raise ServerFailed(f"{self.name} ended while starting:\n{news[-4000:]}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"{self.name} is not ready after {START_SECONDS:.0f} s:\n{news[-4000:]}")
            time.sleep(POLL_SECONDS)
