"""Runs `estuary` in a directory of its own, with settings of its own."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen

from tests.commands import finish
from tests.mongo.databases import raw
from tests.servers.ports import free_port

ESTUARY = Path(sys.executable).with_name("estuary")
LIFETIME = "transactionLifetimeLimitSeconds"
SECRET = "a secret of more than thirty-two bytes"


@frozen(kw_only=True)
class Finished:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed with --json."""
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one line of a command that could not run."""
        (line,) = self.err.splitlines()
        assert line.startswith("estuary: ")
        assert "" == self.out
        return line.removeprefix("estuary: ")


class Cli:
    """Commands in one directory. Settings are given without their prefix: `JWT_SECRET=…`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str, **settings: str) -> Finished:
        """A command to its end."""
        status, out, err = finish(arguments, self.home, environment(settings))
        assert "Traceback" not in err
        return Finished(status=status, out=out, err=err)

    def installed(self, *arguments: str, **settings: str) -> Finished:
        """The same by the program that is installed, as users call it; it takes seconds to start."""
        done = subprocess.run(  # noqa: S603 - our own command
            [ESTUARY, *arguments],
            cwd=self.home,
            env=environment(settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr
        return Finished(status=done.returncode, out=done.stdout, err=done.stderr)

    @contextmanager
    def running(self, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on until it is told to stop; killed at the end if it still runs."""
        process = subprocess.Popen(  # noqa: S603 - our own command
            [ESTUARY, *arguments],
            cwd=self.home,
            env=environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that a test can kill it together with its children
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def await_ready(process: subprocess.Popen[str], url: str) -> None:
    """Until the server answers; a server that ended instead is a failure."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            continue
    raise TimeoutError(url)


def environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment without its own settings, and these instead.

    Compiled modules are kept: without them every command takes seconds to start.
    """
    unwanted = ("ESTUARY_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {f"ESTUARY_{name}": value for name, value in settings.items()}


@pytest.fixture
def estuary(tmp_path: Path) -> Cli:
    """The command line in an empty directory."""
    return Cli(tmp_path)


@pytest.fixture
def port() -> str:
    return str(free_port())


@pytest.fixture
async def brief_transactions(request: pytest.FixtureRequest, store_url: str) -> AsyncIterator[None]:
    """MongoDB keeps what a killed process was about to write, but not for long."""
    if not store_url.startswith("mongodb"):
        yield
        return
    async with raw(request.getfixturevalue("mongo_server")) as client:
        before = await client.admin.command({"getParameter": 1, LIFETIME: 1})
        await client.admin.command({"setParameter": 1, LIFETIME: 2})
        yield
        await client.admin.command({"setParameter": 1, LIFETIME: before[LIFETIME]})


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The directory that a demo left: a store with a story in it. Copy it, with `kept`, to change it.

    It takes so long that all of xdist's workers share one.
    """
    base = tmp_path_factory.getbasetemp()
    home = base if worker_id == "master" else base.parent
    with (home / "told.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "told").exists():
            assert 0 == Cli(home)("demo", "--keep", "telling").status
            (home / "telling").rename(home / "told")
    return home / "told"


@pytest.fixture
def kept(told: Path, tmp_path: Path) -> Cli:
    """The command line in a copy of what the demo left."""
    return Cli(Path(shutil.copytree(told, tmp_path / "kept")))


@pytest.fixture
def fresh_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Sets the environment of this process to exactly these settings, in a directory without `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ESTUARY_")]:
        monkeypatch.delenv(name)

    def choose(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"ESTUARY_{name}", value)

    return choose
