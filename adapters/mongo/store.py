"""`MongoStore`: the store on MongoDB."""

from collections.abc import Sequence

from pymongo.monitoring import CommandListener

from adapters.mongo import commits, schema
from adapters.mongo.analytics import Analytics
from adapters.mongo.connection import Connection
from adapters.mongo.sweeps import Sweeps
from core.domain.changes import Changes


class MongoStore(Sweeps, Analytics):
    """`ports.store.Store` on a MongoDB replica set or sharded cluster."""

    @classmethod
    def open(
        cls,
        url: str,
        *,
        pool_size: int = 32,
        connect_seconds: float = 5.0,
        read_seconds: float = 10.0,
        commit_seconds: float = 10.0,
        listeners: Sequence[CommandListener] = (),
    ) -> "MongoStore":
        """A store on the database that the URL's path names (`estuary` if none).

        Connects when it is first used, to at most `pool_size` connections at once. An operation
        gives up after `connect_seconds` without a server, and after `read_seconds` or
        `commit_seconds` in all, retries included. `listeners` hear every command.
        Raises Unavailable for a URL that cannot be read.
        """
        connection = Connection(
            url,
            pool_size=pool_size,
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            commit_seconds=commit_seconds,
            listeners=listeners,
        )
        return cls(connection)

    @property
    def database(self) -> str:
        """The name of the database."""
        return self._connection.database.name

    async def commit(self, changes: Changes) -> None:
        """Write everything, or nothing."""
        await commits.commit(self._connection, changes)

    async def ping(self) -> None:
        """Prove that the database answers, or raise Unavailable."""
        await self._connection.ping()

    async def check_schema(self) -> None:
        """Prove that the schema is this release's, or raise SchemaOutdated."""
        await schema.check_schema(self._connection)

    async def migrate(self) -> Sequence[str]:
        """Bring the schema up to date; tells the steps that were applied."""
        return await schema.migrate(self._connection)

    async def close(self) -> None:
        """Let go of connections."""
        await self._connection.close()
