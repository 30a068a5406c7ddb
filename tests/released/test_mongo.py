"""A marketplace of each step is brought to the newest on MongoDB, from wherever it stands."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import pytest
from pymongo import AsyncMongoClient

from adapters.mongo.backfills import BACKFILLS
from adapters.mongo.documents import COLLECTIONS, RECORDS, Document
from adapters.mongo.schema import META, STEPS, VERSION
from adapters.mongo.store import MongoStore
from ports.errors import Inconsistent, SchemaOutdated
from tests.mongo.databases import new_name, opened, raw
from tests.released.files import FROZEN, Row, frozen_documents
from tests.released.reading import assert_books_are_clean, counted
from tests.servers import MongoServer

WRITTEN: Final = [step for step in STEPS if (FROZEN / f"{step}.mongo.json.gz").exists()]
"""The steps that a marketplace was frozen at."""

Documents = dict[str, list[Row]]


class Place:
    """A database, by a store and by the driver's own client."""

    def __init__(self, store: MongoStore, client: AsyncMongoClient[Document]) -> None:
        self.store = store
        self.database = client[store.database]

    async def documents(self) -> Documents:
        """Every document, in the order of its key."""
        return {name: await self.database[name].find().sort("_id").to_list() for name in COLLECTIONS.values()}

    async def at(self, step: str) -> Documents:
        """A sold marketplace at that step, brought there from the newest that was frozen by then."""
        applied = STEPS[: STEPS.index(step) + 1]
        frozen = [name for name in WRITTEN if name in applied][-1]
        for name, documents in frozen_documents(frozen).items():
            await self.database[name].insert_many(documents)
        await self.run(applied[STEPS.index(frozen) + 1 :])
        await self.database[META].replace_one(VERSION, VERSION | {"steps": list(applied)}, upsert=True)
        return await self.documents()

    async def run(self, steps: Sequence[str]) -> None:
        """What these steps do to documents, without being noted."""
        for step in steps:
            if step in BACKFILLS:
                await BACKFILLS[step](self.database)


@pytest.fixture
async def place(mongo_server: MongoServer) -> AsyncIterator[Place]:
    """A database that was never used."""
    async with raw(mongo_server) as client, opened(mongo_server, new_name()) as store:
        yield Place(store, client)
        await client.drop_database(store.database)


def kept(before: Documents, after: Documents) -> Documents:
    """What is still to be seen of earlier documents: their fields, as they are now."""
    return {
        name: [{field: now.get(field, "gone") for field in then} for then, now in _pairs(rows, after[name])]
        for name, rows in before.items()
    }


def _pairs(then: list[Row], now: list[Row]) -> list[tuple[Any, Any]]:
    return list(zip(then, now, strict=True))


def test_a_frozen_marketplace_has_a_document_of_every_kind() -> None:
    for step in WRITTEN:
        assert [] == [name for name, documents in frozen_documents(step).items() if not documents]


@pytest.mark.parametrize("step", STEPS)
async def test_a_marketplace_of_each_step_is_brought_up_to_date(place: Place, step: str) -> None:
    before = await place.at(step)
    pending = tuple(STEPS[STEPS.index(step) + 1 :])
    if pending:
        with pytest.raises(SchemaOutdated, match=f"at {step}, .*: run `estuary store migrate`$") as old:
            await place.store.check_schema()
        assert pending == old.value.pending

    assert pending == await place.store.migrate()

    await place.store.check_schema()
    after = await place.documents()
    assert before == kept(before, after)
    counts = {kind: len(after[COLLECTIONS[record]]) for kind, record in RECORDS.items()}
    assert counts == await counted(place.store)
    await assert_books_are_clean(place.store)


async def test_steps_that_ran_already_change_nothing_and_need_not_have_been_noted(place: Place) -> None:
    await place.at(STEPS[0])
    await place.run(STEPS)
    once = await place.documents()
    await place.run(STEPS)
    assert once == await place.documents()

    assert tuple(STEPS[1:]) == await place.store.migrate()

    assert once == {name: documents for name, documents in (await place.documents()).items() if name in once}
    await assert_books_are_clean(place.store)


async def test_a_document_that_does_not_fit_afterwards_is_named_and_the_step_is_not_noted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.at(STEPS[-1])
    monkeypatch.setattr("adapters.mongo.schema.STEPS", (*STEPS, "9998_next"))
    order = await place.database.orders.find_one()
    assert order is not None
    await place.database.orders.update_one(
        {"_id": order["_id"]}, {"$set": {"colour": "red"}}, bypass_document_validation=True
    )

    with pytest.raises(Inconsistent, match=f"the document {order['_id']} in orders does not fit"):
        await place.store.migrate()

    with pytest.raises(SchemaOutdated, match=f"at {STEPS[-1]}, not 9998_next"):
        await place.store.check_schema()
