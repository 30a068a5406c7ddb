"""An installation of its own per test, on each of the stores that outlive a process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.cli.demo.server import Installation
from tests.mongo.databases import new_name
from tests.servers import MongoServer, PostgresServer
from tests.sql.databases import database

DURABLE = ("sqlite", "postgresql", "mongodb")


@pytest.fixture(params=DURABLE)
async def installation(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Installation]:
    """Estuary on an empty, migrated store."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        async with database(server) as url:
            yield migrated(Installation(tmp_path, store_url=url))
    elif request.param == "mongodb":
        mongo: MongoServer = request.getfixturevalue("mongo_server")
        yield migrated(Installation(tmp_path, store_url=mongo.url(new_name())))
    else:
        yield migrated(Installation(tmp_path))


def migrated(installation: Installation) -> Installation:
    """The installation, its schema made by the command that users run."""
    installation.run("store", "migrate")
    return installation
