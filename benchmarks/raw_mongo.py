"""MongoDB by its own asyncio driver: one multi-document transaction for each commit."""

from typing import Any

from pymongo import AsyncMongoClient, UpdateOne, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern

from adapters.mongo.documents import CODEC, COLLECTIONS, Document
from benchmarks.market import Market
from benchmarks.measuring import Measured, measure
from benchmarks.tracing import Flow, Inserted, Snapshot, Updated


class RawMongo:
    """One client for everything, as the driver wants it."""

    counters = "accounts"

    def __init__(self, url: str) -> None:
        self._client = AsyncMongoClient[Document](url, maxPoolSize=64)
        database = self._client.get_default_database()
        self._database = database.with_options(
            codec_options=CODEC, write_concern=WriteConcern("majority", j=True)
        )

    def keys(self) -> dict[str, str]:
        """See `Database.keys`."""
        return dict.fromkeys(COLLECTIONS.values(), "_id")

    async def snapshot(self) -> Snapshot:
        """See `Database.snapshot`."""
        found = {}
        for name in COLLECTIONS.values():
            documents = await self._database[name].find().to_list()
            found[name] = {str(document["_id"]): document for document in documents}
        return found

    async def run(self, flow: Flow, market: Market, *, clients: int, seconds: float) -> Measured:
        """See `Database.run`."""

        async def checkout(number: int) -> None:
            await self._checkout(flow, market, number)

        return await measure(checkout, clients=clients, seconds=seconds)

    async def _checkout(self, flow: Flow, market: Market, client: int) -> None:
        ids = flow.ids(market.buyer(client))
        async with self._client.start_session() as session:
            for number in range(len(flow.commits)):

                async def commit(session: AsyncClientSession, number: int = number) -> None:
                    await self._write(flow, market, ids, number, session)

                await session.with_transaction(
                    commit,
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern("majority", j=True),
                )

    async def _write(
        self, flow: Flow, market: Market, ids: list[Any], number: int, session: AsyncClientSession
    ) -> None:
        if number == 0:
            await self._database["services"].find_one({"_id": market.package_id}, session=session)
            await self._database["accounts"].find_one({"_id": ids[0]}, session=session)
        for write in flow.commits[number]:
            collection = self._database[write.table]
            rows = write.values(ids)
            if isinstance(write, Inserted):
                documents = [dict(zip(write.columns, row, strict=True)) for row in rows]
                await collection.insert_many(documents, session=session)
            else:
                await collection.bulk_write([_update(write, row) for row in rows], session=session)

    async def close(self) -> None:
        """See `Database.close`."""
        await self._client.close()


def _update(write: Updated, row: list[Any]) -> UpdateOne:
    width = len(write.columns)
    change: Document = {}
    if write.columns:
        change["$set"] = dict(zip(write.columns, row[:width], strict=True))
    if write.deltas:
        change["$inc"] = dict(zip(write.deltas, row[width:-1], strict=True))
    return UpdateOne({"_id": row[-1]}, change)
