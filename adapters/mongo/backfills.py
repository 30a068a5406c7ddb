"""What the steps do to documents that are there already, by the step's name.

A document has its record's very fields, so a step that gives a record a field gives it to every document,
with the value that says what was true before. A step that only adds collections or indexes has nothing to
do here; one that gives up an index drops it here.

Each backfill may run again: on documents that it has changed already, on some that it has and some that it
has not, and on an empty database. It runs with validation bypassed, because the validators are the last
release's; the documents are held against this release's when all steps are done.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bson import Int64
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.documents import Document

Backfill = Callable[[AsyncDatabase[Document]], Awaitable[None]]


async def give_field(database: AsyncDatabase[Document], collection: str, field: str, value: Any) -> None:
    """Give a field to the documents that lack it."""
    await database[collection].update_many(
        {field: {"$exists": False}}, {"$set": {field: value}}, bypass_document_validation=True
    )


async def migrated_orders(database: AsyncDatabase[Document]) -> None:
    """Orders that are there already were made here."""
    for field in ("migrated_from_booking_id", "migrated_at"):
        await give_field(database, "orders", field, None)


async def connected_accounts(database: AsyncDatabase[Document]) -> None:
    """Nobody has asked yet what accounts may do; nothing came back of payouts, no refund was tried again."""
    await give_field(database, "practitioners", "payouts_enabled", None)
    await give_field(database, "payouts", "reversed_cents", Int64(0))
    await give_field(database, "refunds", "retried_at", None)


BACKFILLS: Final[Mapping[str, Backfill]] = {
    "0003_migrated_orders": migrated_orders,
    "0005_connected_accounts": connected_accounts,
}
