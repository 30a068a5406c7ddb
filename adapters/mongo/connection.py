"""The driver's client, set up once: pool, deadlines, and concerns for every read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import pymongo
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference

from adapters.mongo.documents import CODEC, COLLECTIONS, Document, to_record
from adapters.mongo.errors import STANDALONE, translating
from adapters.mongo.turns import Turns
from ports.errors import Unavailable
from ports.store import StoredRecord

R = TypeVar("R", bound=StoredRecord)

DEFAULT_DATABASE: Final = "estuary"
DURABLE: Final = WriteConcern("majority", j=True)
SNAPSHOT: Final = ReadConcern("snapshot")

Sort = Sequence[tuple[str, int]]
Reads = AbstractAsyncContextManager[AsyncClientSession]


class Connection:
    """A client on one database. Each operation ends within `read_seconds`, a commit within
    `commit_seconds`, whatever happens; what is read was acknowledged by a majority.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int,
        connect_seconds: float,
        read_seconds: float,
        commit_seconds: float,
        listeners: Sequence[CommandListener],
    ) -> None:
        self.read_seconds = read_seconds
        self.commit_seconds = commit_seconds
        self.turns = Turns()
        try:
            self.hosts = urlsplit(url).netloc.rpartition("@")[2]
            self.client = AsyncMongoClient[Document](
                url,
                maxPoolSize=pool_size,
                serverSelectionTimeoutMS=round(connect_seconds * 1000),
                connectTimeoutMS=round(connect_seconds * 1000),
                event_listeners=list(listeners),
                appname="estuary",
            )
            database = self.client.get_default_database(DEFAULT_DATABASE)
        except (PyMongoError, ValueError) as error:
            # The driver's own text may quote the URL, and the URL a password.
            kind = type(error).__name__
            raise Unavailable(f"the MongoDB URL cannot be used ({kind}): is it percent-encoded?") from None

        self.database = database.with_options(
            codec_options=CODEC, read_preference=ReadPreference.PRIMARY, write_concern=DURABLE
        )
        snapshots = self.database.with_options(read_concern=SNAPSHOT)
        self._collections = {kind: self.database[name] for kind, name in COLLECTIONS.items()}
        self._snapshots = {kind: snapshots[name] for kind, name in COLLECTIONS.items()}

    def collection(self, kind: type[Any]) -> AsyncCollection[Document]:
        """Where records of a kind are written, and read inside transactions and sessions."""
        return self._collections[kind]

    def one_snapshot(self) -> Reads:
        """A session whose reads all see the same instant."""
        return self.client.start_session(snapshot=True, causal_consistency=False)

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Give what the driver does so much time in all, and tell its errors in the ports' words."""
        await self.require_server()
        with translating(self.hosts), pymongo.timeout(seconds):
            yield

    async def require_server(self) -> None:
        """Raise Unavailable if no server that takes writes is found in time.

        Under a deadline the driver looks for one until then: too long, where none is there.
        """
        if not self.client.topology_description.has_writable_server():
            with translating(self.hosts):
                await self.client.admin.command("ping")

    async def get(self, kind: type[R], key: Any, *, session: AsyncClientSession | None = None) -> R | None:
        """One record by its key."""
        found = await self.find(kind, {"_id": key}, session=session)
        return found[0] if found else None

    async def find(
        self,
        kind: type[R],
        where: Mapping[str, Any],
        *,
        sort: Sort = (),
        limit: int = 0,
        session: AsyncClientSession | None = None,
    ) -> list[R]:
        """The records that match, at most `limit` unless that is 0."""
        async with self.within(self.read_seconds):
            cursor = self._readable(kind, session).find(where, sort=list(sort), limit=limit, session=session)
            documents = await cursor.batch_size(limit).to_list()
        return [to_record(kind, document) for document in documents]

    async def aggregate(
        self,
        kind: type[StoredRecord],
        pipeline: Sequence[Mapping[str, Any]],
        *,
        session: AsyncClientSession | None = None,
        **options: Any,
    ) -> list[Document]:
        """What a pipeline over the documents of a kind gives."""
        async with self.within(self.read_seconds):
            collection = self._readable(kind, session)
            cursor: AsyncCommandCursor[Document] = await collection.aggregate(
                list(pipeline), session=session, **options
            )
            return await cursor.to_list()

    async def ping(self) -> None:
        """Prove that a server answers that can do transactions."""
        async with self.within(self.read_seconds):
            answer = await self.client.admin.command("hello")
        if "setName" not in answer and answer.get("msg") != "isdbgrid":
            raise Unavailable(STANDALONE)

    async def close(self) -> None:
        """Let go of connections."""
        await self.client.close()

    def _readable(self, kind: type[Any], session: AsyncClientSession | None) -> AsyncCollection[Document]:
        return (self._snapshots if session is None else self._collections)[kind]
