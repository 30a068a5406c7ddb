"""The schema: brought up to date in steps, proved before use, and strict about what is stored."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import pytest
from attrs import evolve
from bson import Int64
from pymongo import AsyncMongoClient
from pymongo.errors import WriteError

from adapters.memory.testing.builders import make_earnings, make_payout, make_practitioner, make_refund
from adapters.memory.testing.ids import new_user
from adapters.memory.testing.journal import make_credit_change, make_posting, make_purchase
from adapters.memory.testing.sales import Sale, make_sale
from adapters.mongo.documents import COLLECTIONS, Document
from adapters.mongo.indexes import INDEXES
from adapters.mongo.schema import STEPS
from adapters.mongo.store import MongoStore
from core.domain.changes import Changes
from core.domain.ledger import PAYMENT_GATEWAY, order_value
from ports.errors import Inconsistent, SchemaOutdated
from tests.mongo.databases import new_name, opened
from tests.servers import MongoServer

VALIDATION_FAILED: Final = 121


@pytest.fixture
async def fresh(mongo_server: MongoServer, client: AsyncMongoClient[Document]) -> AsyncIterator[MongoStore]:
    """A store on a database that has never been used."""
    async with opened(mongo_server, new_name()) as store:
        yield store
        await client.drop_database(store.database)


async def test_a_new_database_is_refused_until_it_is_migrated(fresh: MongoStore) -> None:
    with pytest.raises(SchemaOutdated, match="has no schema yet: run `estuary store migrate`") as missing:
        await fresh.check_schema()
    assert tuple(STEPS) == missing.value.pending

    assert tuple(STEPS) == await fresh.migrate()
    await fresh.check_schema()
    assert () == await fresh.migrate()


async def test_an_older_schema_is_refused_until_it_is_migrated(
    fresh: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fresh.migrate()
    monkeypatch.setattr("adapters.mongo.schema.STEPS", (*STEPS, "9998_next"))

    with pytest.raises(SchemaOutdated, match=f"at {STEPS[-1]}, not 9998_next: run `estuary store mig") as old:
        await fresh.check_schema()
    assert ("9998_next",) == old.value.pending

    assert ("9998_next",) == await fresh.migrate()
    await fresh.check_schema()


async def test_a_newer_schema_is_left_alone(fresh: MongoStore, client: AsyncMongoClient[Document]) -> None:
    await fresh.migrate()
    newer = {"$set": {"steps": [*STEPS, "9999_future"]}}
    await client[fresh.database].schema.update_one({"_id": "version"}, newer)

    for act in (fresh.check_schema, fresh.migrate):
        with pytest.raises(SchemaOutdated, match=r"9999_future.*use a newer Estuary$"):
            await act()


async def test_a_migration_that_was_cut_short_is_finished(
    fresh: MongoStore, client: AsyncMongoClient[Document]
) -> None:
    database = client[fresh.database]
    await database.create_collection("orders")

    with pytest.raises(SchemaOutdated):
        await fresh.check_schema()
    await fresh.migrate()

    options = await database.orders.options()
    assert "$jsonSchema" in options["validator"]
    for record, indexes in INDEXES.items():
        found = await database[COLLECTIONS[record]].index_information()
        assert {index.document["name"] for index in indexes} | {"_id_"} == found.keys()


async def test_an_index_that_was_made_otherwise_is_made_anew(
    fresh: MongoStore, client: AsyncMongoClient[Document]
) -> None:
    orders = client[fresh.database].orders
    await orders.create_index([("status", 1)], name="orders_of_user")

    await fresh.migrate()

    keys = (await orders.index_information())["orders_of_user"]["key"]
    assert [("user_id", 1), ("created_at", 1), ("_id", 1)] == keys


async def test_documents_from_before_get_the_fields_of_today(
    fresh: MongoStore, client: AsyncMongoClient[Document]
) -> None:
    await fresh.migrate()
    seller = make_practitioner()
    paid = make_payout(seller)
    await fresh.commit(Changes(inserts=(seller, paid)))
    database = client[fresh.database]
    for collection, name in (("practitioners", "payouts_enabled"), ("payouts", "reversed_cents")):
        await database[collection].update_many({}, {"$unset": {name: ""}}, bypass_document_validation=True)
    await database.schema.update_one({"_id": "version"}, {"$set": {"steps": ["0001_initial"]}})

    assert tuple(STEPS[1:]) == await fresh.migrate()
    view = await fresh.load_payout(paid.id)
    assert view is not None
    assert (paid, seller) == (view.payout, view.practitioner)
    # The database refuses every write to a document that lacks a field.
    await database.practitioners.update_one({}, {"$inc": {"agenda_version": Int64(1)}})


async def test_two_may_migrate_at_once(fresh: MongoStore) -> None:
    await asyncio.gather(fresh.migrate(), fresh.migrate())

    await fresh.check_schema()


BROKEN: Final[Mapping[str, tuple[str, Any]]] = {
    "a 32-bit integer": ("orders", {"$set": {"version": 1}}),
    "a float": ("orders", {"$set": {"version": 1.0}}),
    "an unknown field": ("orders", {"$set": {"colour": "red"}}),
    "a missing field": ("orders", {"$unset": {"client_notes": ""}}),
    "an unknown status": ("orders", {"$set": {"status": "perhaps"}}),
    "a text for an id": ("orders", {"$set": {"user_id": "somebody"}}),
    "a negative amount": ("services", {"$set": {"price_cents": Int64(-1)}}),
    "an amount too large": ("services", {"$set": {"price_cents": Int64(2**53)}}),
    "parts that do not sum up": ("orders", {"$inc": {"total_amount_cents": Int64(1)}}),
    "more refunded than paid": ("orders", {"$set": {"refunded_card_cents": Int64(8001)}}),
    "more seats than there are": ("sessions", {"$inc": {"current_participants": Int64(1)}}),
    "fewer seats than none": ("sessions", {"$inc": {"current_participants": Int64(-2)}}),
    "an end before the start": ("sessions", [{"$set": {"end_time": "$start_time"}}]),
    "a start without an end": ("sessions", {"$set": {"end_time": None}}),
    "more held than there is": ("accounts", {"$inc": {"held_cents": Int64(101)}}),
    "a negative balance": ("accounts", {"$inc": {"balance_cents": Int64(-101)}}),
    "a refund of other parts": ("refunds", {"$inc": {"card_cents": Int64(1)}}),
    "more taken back than paid": ("payouts", {"$set": {"reversed_cents": Int64(6801)}}),
    "a net that is not gross less commission": ("earnings", {"$inc": {"net_amount_cents": Int64(1)}}),
    "postings that do not sum to zero": ("entries", {"$inc": {"postings.0.amount_cents": Int64(1)}}),
    "a posting with an unknown field": ("entries", {"$set": {"postings.0.colour": "red"}}),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_the_database_itself_refuses(
    store: MongoStore, client: AsyncMongoClient[Document], what: str
) -> None:
    await _something_of_everything(store)
    collection, update = BROKEN[what]

    with pytest.raises(WriteError) as refusal:
        await client[store.database][collection].update_many({}, update)

    assert VALIDATION_FAILED == refusal.value.code


async def test_a_document_changed_behind_our_back_is_refused_by_name(
    store: MongoStore, client: AsyncMongoClient[Document]
) -> None:
    sale = await _something_of_everything(store)
    orders = client[store.database].orders
    await orders.update_one({}, {"$set": {"colour": "red"}}, bypass_document_validation=True)

    for read in (store.order, store.load_order):
        with pytest.raises(Inconsistent, match=rf"{sale.order.id}.*colour"):
            await read(sale.order.id)


async def test_a_record_that_breaks_a_rule_is_not_committed(store: MongoStore) -> None:
    sale = make_sale()
    broken = evolve(sale.order, total_amount_cents=sale.order.total_amount_cents + 1)

    for inserts in ((broken,), (sale.practitioner, broken)):
        with pytest.raises(Inconsistent):
            await store.commit(Changes(inserts=inserts))

    assert await store.order(broken.id) is None
    assert await store.practitioner(sale.practitioner.id) is None


async def _something_of_everything(store: MongoStore) -> Sale:
    sale = make_sale()
    value = sale.order.subtotal_amount_cents
    entry = make_purchase(
        sale.order, make_posting(order_value(sale.order.id), value), make_posting(PAYMENT_GATEWAY, -value)
    )
    await store.commit(
        Changes(
            inserts=(
                *sale.rows,
                make_earnings(sale.booking),
                make_refund(sale.order),
                make_payout(sale.practitioner),
            ),
            credits=(make_credit_change(new_user(), 100),),
            entries=(entry,),
        )
    )
    return sale
