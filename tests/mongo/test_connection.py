"""Reaching the server, or saying in one line why not."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from adapters.memory.testing.sales import make_sale
from adapters.mongo.store import MongoStore
from core.domain.changes import Changes
from ports.errors import Unavailable
from tests.mongo.databases import new_name, opened
from tests.servers import MongoServer, free_port
from tests.servers.ports import on_free_port

SECRET = "s3cr3t-p4ssw0rd"


class StandaloneServer(MongoServer):
    """A mongod outside of any replica set."""

    def command(self) -> Sequence[str | Path]:
        """Without what makes it a member."""
        parts = list(super().command())
        at = parts.index("--replSet")
        del parts[at : at + 4]
        return parts

    def is_ready(self) -> bool:
        """It has nothing to found."""
        self._initiated = True
        return super().is_ready()


@pytest.fixture(scope="module")
def standalone() -> Iterator[MongoServer]:
    home = Path(tempfile.mkdtemp(prefix="estuary-mongo-"))
    servers: list[StandaloneServer] = []

    def start(port: int) -> None:
        server = StandaloneServer(home=home, port=port, parameters={})
        server.start()
        servers.append(server)

    on_free_port(start)
    yield servers[-1]
    servers[-1].stop()
    shutil.rmtree(home, ignore_errors=True)


@contextlib.asynccontextmanager
async def nobody(credentials: str = "") -> AsyncIterator[MongoStore]:
    """A store whose server is not there."""
    url = f"mongodb://{credentials}127.0.0.1:{free_port()}/?replicaSet=rs0"
    store = MongoStore.open(url, connect_seconds=0.2)
    try:
        yield store
    finally:
        await store.close()


async def test_a_standalone_server_is_refused(standalone: MongoServer) -> None:
    store = MongoStore.open(f"mongodb://127.0.0.1:{standalone.port}/")
    try:
        for act in (store.ping, store.check_schema, store.migrate):
            with pytest.raises(Unavailable, match=r"standalone server.*needs a replica set"):
                await act()
        with pytest.raises(Unavailable, match="standalone server"):
            await store.commit(Changes(inserts=make_sale().rows))
    finally:
        await store.close()


async def test_a_server_that_is_down_is_told_in_one_line_without_secrets() -> None:
    async with nobody(f"ana:{SECRET}@") as store:
        for act in (store.ping, store.check_schema, store.migrate):
            with pytest.raises(Unavailable) as refusal:
                await act()
            assert "cannot be reached" in refusal.value.detail
            assert "\n" not in refusal.value.detail
            assert SECRET not in refusal.value.detail


async def test_a_commit_that_was_never_sent_is_not_unknown() -> None:
    sale = make_sale()
    async with nobody() as store:
        for inserts in ((sale.practitioner,), sale.rows):
            with pytest.raises(Unavailable) as refusal:
                await store.commit(Changes(inserts=inserts))
            assert Unavailable is type(refusal.value)


async def test_a_wrong_password_is_told_without_it(mongo_server: MongoServer) -> None:
    url = mongo_server.url("estuary").replace("//", f"//ana:{SECRET}@")
    store = MongoStore.open(url)
    try:
        with pytest.raises(Unavailable, match="refuses our user") as refusal:
            await store.check_schema()
        assert SECRET not in refusal.value.detail
    finally:
        await store.close()


@pytest.mark.parametrize(
    "url",
    [
        f"mongodb://ana:{SECRET}@b@host/x",
        "mongodb://host:port/x",
        "mongodb://[::/",
        "mongodb://host/a b",
        "postgresql://host/x",
        "://",
        "",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(Unavailable, match="MongoDB URL cannot be used") as refusal:
        MongoStore.open(url)

    assert SECRET not in str(refusal.value)
    assert refusal.value.__suppress_context__


async def test_the_url_names_the_database_and_may_leave_it_to_us(mongo_server: MongoServer) -> None:
    async with opened(mongo_server, "") as ours, opened(mongo_server, "theirs") as theirs:
        assert ("estuary", "theirs") == (ours.database, theirs.database)


async def test_a_store_that_answers_can_be_pinged(mongo_server: MongoServer) -> None:
    async with opened(mongo_server, new_name()) as store:
        await store.ping()
