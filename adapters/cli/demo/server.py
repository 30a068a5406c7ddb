"""An installation of its own: settings, a server on a free port, and the other commands beside it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx

from adapters.cli.console import CannotRun
from adapters.cli.token import signed
from adapters.settings import PREFIX

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.05
TOKEN_LIFE: Final = timedelta(hours=1)
ISSUER: Final = "estuary"
AUDIENCE: Final = "estuary"


class Installation:
    """A directory with a `.env` of its own, which the commands in it obey whatever the environment says."""

    def __init__(self, home: Path, *, store_url: str | None = None) -> None:
        self.home = home
        self.port = _free_port()
        self.store_url = store_url or "sqlite:///estuary.db"
        self.jwt_secret = secrets.token_hex(32)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        # Without compiled modules every command would start three times as slowly.
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if store_url is not None:
            self._environment[f"{PREFIX}STORE_URL"] = store_url  # its password is not for a file
        self._write_settings()

    def _write_settings(self) -> None:
        settings = {
            "FAKE_PAYMENTS_FILE": "payments.db",
            "JWT_SECRET": self.jwt_secret,
            "JWT_ISSUER": ISSUER,
            "JWT_AUDIENCE": AUDIENCE,
            "PORT": str(self.port),
            "LOG_LEVEL": "warning",
        }
        file = self.home / ".env"
        file.touch(mode=0o600)
        file.write_text("".join(f"{PREFIX}{name}={value}\n" for name, value in settings.items()))

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, however it ends."""
        return subprocess.run(  # noqa: S603 - our own command, and arguments of our own
            _command(*arguments),
            cwd=self.home,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str) -> str:
        """What a command prints. Raises CannotRun if it fails, with what it said."""
        done = self.execute(*arguments)
        if done.returncode != 0:
            raise CannotRun(f"estuary {' '.join(arguments)}: {_last_line(done.stderr + done.stdout)}")
        return done.stdout

    def run_json(self, *arguments: str) -> Any:
        """The document that a command prints with --json."""
        return json.loads(self.run(*arguments, "--json"))

    def token(self, user_id: UUID, *roles: str) -> str:
        """A token for a user, as `estuary token` prints it, without a process of its own."""
        return signed(
            user_id, roles, secret=self.jwt_secret, ttl=TOKEN_LIFE, issuer=ISSUER, audience=AUDIENCE
        )

    def start(self) -> "RunningServer":
        """Start a server and wait until it is ready. Raises CannotRun with what it said if it is not."""
        log = self.home / "server.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command
                _command("serve"),
                cwd=self.home,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        running = RunningServer(process, httpx.Client(base_url=self.url, timeout=30, trust_env=False))
        try:
            _await_ready(process, running.client, log)
        except BaseException:
            running.stop()
            raise
        return running

    @contextmanager
    def server(self) -> Iterator[httpx.Client]:
        """A running server, and a client of it, for as long as the block lasts."""
        running = self.start()
        try:
            yield running.client
        finally:
            running.stop()


class RunningServer:
    """A server's process, all its workers, and a client of it."""

    def __init__(self, process: subprocess.Popen[bytes], client: httpx.Client) -> None:
        self.client = client
        self._process = process

    def stop(self) -> None:
        """End it gracefully; by force if it does not go in time."""
        self.client.close()
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as `kill -9` does, with its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.client.close()


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "adapters.cli", *arguments]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await_ready(process: subprocess.Popen[bytes], client: httpx.Client, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if client.get("/health/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(POLL_SECONDS)
    raise CannotRun(f"the server does not start: {_last_line(log.read_text(errors='replace'))}")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("estuary: ") if lines else "it said nothing"
