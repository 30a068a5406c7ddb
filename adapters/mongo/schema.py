"""The schema: collections with their validators and indexes, and the step the database is at.

All data definition happens here, at deployment: in the midst of traffic it would abort transactions.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bson import Int64
from pymongo.errors import OperationFailure

from adapters.mongo.connection import Connection
from adapters.mongo.documents import COLLECTIONS, Document
from adapters.mongo.errors import translating
from adapters.mongo.indexes import INDEXES
from adapters.mongo.validators import validator
from core.domain.catalogue import Practitioner
from core.domain.earnings import Payout
from core.domain.orders import Refund
from ports.errors import SchemaOutdated

STEPS: Final[Sequence[str]] = ("0001_initial", "0002_connected_accounts")
"""Every step there ever was, oldest first. A change of validators or indexes is a new one."""

NEW_FIELDS: Final[Mapping[str, Mapping[type[Any], Document]]] = {
    "0002_connected_accounts": {
        Practitioner: {"payouts_enabled": None},
        Payout: {"reversed_cents": Int64(0)},
        Refund: {"retried_at": None},
    },
}
"""By step, the fields that documents from before it do not have, and what they mean there."""

META: Final = "schema"
VERSION: Final[Document] = {"_id": "version"}
COLLECTION_EXISTS: Final = 48


async def check_schema(connection: Connection) -> None:
    """Prove that the database is at this release's last step, or raise SchemaOutdated."""
    await connection.ping()
    applied = await _applied(connection)
    if not applied:
        raise SchemaOutdated("the database has no schema yet: run `estuary store migrate`")
    _refuse_newer(applied)
    if applied != list(STEPS):
        raise SchemaOutdated(f"the schema is at {applied[-1]}, not {STEPS[-1]}: run `estuary store migrate`")


async def migrate(connection: Connection) -> Sequence[str]:
    """Bring every collection up to date; tells the steps that were missing.

    Each part is idempotent, so that a migration that was cut short is simply run again.
    """
    await connection.ping()
    applied = await _applied(connection)
    _refuse_newer(applied)
    missing = STEPS[len(applied) :]
    if not missing:
        return ()

    with translating(connection.hosts):
        for record in COLLECTIONS:
            await _shape(connection, record)
        for step in missing:
            await _fill(connection, NEW_FIELDS.get(step, {}))
        # Said last: a schema that is only half there does not pass for a whole one.
        await connection.database[META].replace_one(VERSION, VERSION | {"steps": list(STEPS)}, upsert=True)
    return tuple(missing)


async def _applied(connection: Connection) -> list[str]:
    with translating(connection.hosts):
        found = await connection.database[META].find_one(VERSION)
    return [] if found is None else list(found["steps"])


def _refuse_newer(applied: Sequence[str]) -> None:
    if list(applied) != list(STEPS[: len(applied)]):
        raise SchemaOutdated(
            f"the schema is at {applied[-1]}, which this release does not know: use a newer one"
        )


async def _fill(connection: Connection, fields: Mapping[type[Any], Document]) -> None:
    """Give older documents the fields that every document has now."""
    for record, values in fields.items():
        older = {"$or": [{name: {"$exists": False}} for name in values]}
        await connection.database[COLLECTIONS[record]].update_many(older, {"$set": values})


async def _shape(connection: Connection, record: type[Any]) -> None:
    """Give a kind of record its collection, validator and indexes."""
    name = COLLECTIONS[record]
    try:
        await connection.database.create_collection(name, validator=validator(record), check_exists=False)
    except OperationFailure as error:
        if error.code != COLLECTION_EXISTS:
            raise
        await connection.database.command("collMod", name, validator=validator(record))
    if record in INDEXES:
        await connection.database[name].create_indexes(list(INDEXES[record]))
