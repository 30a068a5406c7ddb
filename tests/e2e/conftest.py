"""An installation of its own per test, on each of the stores that outlive a process."""

import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from adapters.cli.demo.server import Installation
from tests.commands import finish
from tests.mongo.databases import new_name, opened
from tests.servers import MongoServer

DURABLE = ("sqlite", "postgresql", "mongodb")


class Installed(Installation):
    """An installation on an empty, migrated store: on `template`'s copy, or where `store_url` says.

    Its commands are forked from a warm process, its servers are started as users start them.
    """

    def __init__(self, home: Path, *, template: Path | None = None, store_url: str | None = None) -> None:
        super().__init__(home, store_url=store_url)
        if template is not None:
            shutil.copyfile(template, home / "estuary.db")

    def execute(self, *arguments: str) -> CompletedProcess[str]:
        """Run a command to its end, however it ends."""
        status, out, err = finish(arguments, self.home, self._environment)
        return CompletedProcess(arguments, status, out, err)


@pytest.fixture
async def fresh_mongodb_url(mongo_server: MongoServer) -> str:
    """A database of its own: for a while MongoDB keeps what a killed process was about to write."""
    name = new_name()
    async with opened(mongo_server, name) as store:
        await store.migrate()
    return mongo_server.url(name)


@pytest.fixture(params=DURABLE)
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """Estuary on an empty, migrated store."""
    if request.param == "sqlite":
        return Installed(tmp_path, template=request.getfixturevalue("sqlite_template"))
    address = {"postgresql": "postgresql_url", "mongodb": "fresh_mongodb_url"}[request.param]
    return Installed(tmp_path, store_url=request.getfixturevalue(address))
