"""No command works on a store of another release: one line says what to do, `check` names what is pending."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final, Protocol

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from adapters.cli.main import app
from adapters.mongo.schema import META, STEPS, VERSION
from adapters.sql import revising, schema
from ports.errors import SchemaOutdated
from tests.cli.conftest import SECRET, Cli
from tests.mongo.databases import new_name, raw
from tests.mongo.databases import opened as opened_mongo
from tests.servers import MongoServer, PostgresServer
from tests.sql.databases import database, opened

FUTURE: Final = "9999_from_the_future"
REMEDY: Final = "run `estuary store migrate`"


class Place(Protocol):
    """A store that is up to date, its address and its migrations; how it is made older or newer."""

    url: str
    steps: tuple[str, ...]

    async def older(self) -> None: ...
    async def newer(self) -> None: ...


class SqlPlace:
    def __init__(self, url: str) -> None:
        self.url = url
        self.steps: tuple[str, ...] = schema.REVISIONS

    async def older(self) -> None:
        async with opened(self.url) as (store,):
            await store.engine.alter(revising.downgrade, [*self.steps, "base"][len(self.steps) - 2])

    async def newer(self) -> None:
        async with opened(self.url) as (store,):
            await store.engine.alter(_noted, FUTURE)


def _noted(connection: Any, revision: str) -> None:
    connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608 - ours


class MongoPlace:
    def __init__(self, server: MongoServer, name: str) -> None:
        self.url = server.url(name)
        self.steps = tuple(STEPS)
        self._server = server
        self._name = name

    async def older(self) -> None:
        await self._note(STEPS[:-1])

    async def newer(self) -> None:
        await self._note([*STEPS, FUTURE])

    async def _note(self, steps: Sequence[str]) -> None:
        async with raw(self._server) as client:
            meta = client[self._name][META]
            await meta.delete_many({})
            if steps:
                await meta.insert_one(VERSION | {"steps": list(steps)})


@asynccontextmanager
async def on_mongo(server: MongoServer) -> AsyncIterator[Place]:
    name = new_name()
    async with raw(server) as client, opened_mongo(server, name) as store:
        await store.migrate()
        yield MongoPlace(server, name)
        await client.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql", "mongodb"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """A migrated store."""
    if request.param == "mongodb":
        async with on_mongo(request.getfixturevalue("mongo_server")) as mongo:
            yield mongo
    elif request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        async with database(server) as url, opened(url) as (store,):
            await store.migrate()
            yield SqlPlace(url)
    else:
        url = f"sqlite:///{tmp_path}/other.db"
        async with opened(url) as (file,):
            await file.migrate()
        yield SqlPlace(url)


async def test_an_older_store_is_refused_checked_and_brought_up_to_date(
    place: Place, estuary: Cli, port: str
) -> None:
    await place.older()
    settings = {"STORE_URL": place.url, "JWT_SECRET": SECRET, "PORT": port, "FAKE_PAYMENTS_FILE": "paid.db"}
    pending = [place.steps[-1]]

    for command in ("serve", "worker"):
        done = estuary(command, **settings)
        assert 2 == done.status
        assert done.refusal.endswith(REMEDY), done.refusal
    checked = estuary("store", "check", "--json", **settings)
    assert (1, False, pending) == (checked.status, checked.document["ok"], checked.document["pending"])

    assert {"applied": pending} == estuary("store", "migrate", "--json", **settings).document


async def test_a_newer_store_is_refused_and_left_alone(place: Place, estuary: Cli, port: str) -> None:
    await place.newer()
    settings = {"STORE_URL": place.url, "JWT_SECRET": SECRET, "PORT": port, "FAKE_PAYMENTS_FILE": "paid.db"}

    for command in (("serve",), ("store", "migrate")):
        done = estuary(*command, **settings)
        assert 2 == done.status
        assert FUTURE in done.refusal
        assert done.refusal.endswith("does not know: use a newer Estuary"), done.refusal
    checked = estuary("store", "check", "--json", **settings)
    assert (1, False, []) == (checked.status, checked.document["ok"], checked.document["pending"])


OLD: Final = ("--source", "sqlite:///old.db")
ALL: Final = ("--all",)
SOMEBODY: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
ARGUMENTS: Final = {
    "outbox retry": ALL,
    "payments inbox retry": ALL,
    "legacy migrate": OLD,
    "legacy verify": OLD,
    "store copy": ("--to", "sqlite:///copy.db"),
    "store export": ("exported",),
    "store import": ("exported.zip",),
    "user export": (SOMEBODY, "exported"),
    "user erase": (SOMEBODY,),
}
"""What commands cannot do without."""

STORELESS: Final = {"config", "token", "demo", "store check", "store migrate", "legacy audit"}
"""Commands that open no store, make one of their own, or are there for one of another release."""

ALONE: Final = {"worker"}
"""Commands that set up the log of their process, which would be this one's: tried above in their own."""


def commands(group: TyperGroup, path: str = "") -> list[str]:
    """Every command by its words."""
    found = []
    for name, command in group.commands.items():
        words = f"{path} {name}".strip()
        found += commands(command, words) if isinstance(command, TyperGroup) else [words]
    return found


@pytest.mark.parametrize("revision", [FUTURE, None])
def test_every_command_refuses_a_store_of_another_release(
    fresh_settings: Callable[..., None], port: str, revision: str | None
) -> None:
    fresh_settings(JWT_SECRET=SECRET, PORT=port)
    runner = CliRunner()
    for command in (("store", "migrate"), ("store", "export", "exported.zip")):
        assert 0 == runner.invoke(app, command).exit_code
    with closing(sqlite3.connect("estuary.db")) as file, file:
        file.execute("DELETE FROM alembic_version")
        if revision is not None:
            file.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
    checked = runner.invoke(app, ["store", "check"])
    assert (1, revision is None) == (checked.exit_code, f"pending {schema.HEAD}\n" in checked.stdout)
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    opening = [command for command in commands(group) if command not in STORELESS | ALONE]

    assert {"serve", "sweep", "ledger check", "payments reconcile", "legacy migrate"} <= set(opening)
    for words in opening:
        done = runner.invoke(app, [*words.split(), *ARGUMENTS.get(words, ())])
        assert isinstance(done.exception, SchemaOutdated), (words, done.output)
