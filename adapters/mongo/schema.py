"""The schema: collections with their validators and indexes, and the step the database is at.

All data definition happens here, at deployment: in the midst of traffic it would abort transactions.

Validators and indexes follow from this release's records, so a step does not repeat them: it names what an
older database lacks, and says in `backfills` what becomes of the documents it has.
"""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from adapters.mongo.backfills import BACKFILLS
from adapters.mongo.connection import Connection
from adapters.mongo.documents import COLLECTIONS, Document
from adapters.mongo.errors import translating
from adapters.mongo.indexes import INDEXES
from adapters.mongo.validators import validator
from ports.errors import Inconsistent, SchemaOutdated

STEPS: Final[Sequence[str]] = (
    "0001_initial",
    "0002_runs",
    "0003_migrated_orders",
    "0004_practitioner_mail",
    "0005_connected_accounts",
)
"""Every step there ever was, oldest first. A change of validators, indexes or documents is a new one."""

META: Final = "schema"
VERSION: Final[Document] = {"_id": "version"}
COLLECTION_EXISTS: Final = 48
INDEX_DIFFERS: Final = (85, 86)
"""An index of that name, or over those fields, is there with other options."""


async def check_schema(connection: Connection) -> None:
    """Prove that the database is at this release's last step, or raise SchemaOutdated."""
    await connection.ping()
    applied = await _applied(connection)
    _refuse_newer(applied)
    missing = STEPS[len(applied) :]
    if not applied:
        raise SchemaOutdated("the database has no schema yet: run `estuary store migrate`", pending=missing)
    if missing:
        raise SchemaOutdated(
            f"the schema is at {applied[-1]}, not {STEPS[-1]}: run `estuary store migrate`", pending=missing
        )


async def migrate(connection: Connection) -> Sequence[str]:
    """Bring documents, validators and indexes up to date; tells the steps that were missing.

    Each part may run again, so that a migration that was cut short is simply run again. Raises Inconsistent,
    naming a document, if one does not fit its record afterwards; the database then stays at its old step.
    """
    await connection.ping()
    applied = await _applied(connection)
    _refuse_newer(applied)
    missing = STEPS[len(applied) :]
    if not missing:
        return ()

    with translating(connection.hosts):
        for step in missing:
            if step in BACKFILLS:
                await BACKFILLS[step](connection.database)
        for record in COLLECTIONS:
            await _shape(connection, record)
            await _require_fitting(connection, record)
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
            f"the schema is at {applied[-1]}, which this release does not know: use a newer Estuary"
        )


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
        await _index(connection, name, INDEXES[record])


async def _index(connection: Connection, name: str, indexes: Sequence[IndexModel]) -> None:
    """Create indexes; one that an older release made otherwise under the same name is made anew."""
    collection = connection.database[name]
    try:
        await collection.create_indexes(list(indexes))
    except OperationFailure as error:
        if error.code not in INDEX_DIFFERS:
            raise
        for index in indexes:
            await _index_anew(collection, index)


async def _index_anew(collection: AsyncCollection[Document], index: IndexModel) -> None:
    try:
        await collection.create_indexes([index])
    except OperationFailure as error:
        if error.code not in INDEX_DIFFERS:
            raise
        await collection.drop_index(index.document["name"])
        await collection.create_indexes([index])


async def _require_fitting(connection: Connection, record: type[Any]) -> None:
    """Hold every document against the validator: what was written before it is not checked by the server."""
    collection = connection.database[COLLECTIONS[record]]
    misfit = await collection.find_one({"$nor": [validator(record)]}, {"_id": True})
    if misfit is not None:
        raise Inconsistent(
            f"the document {misfit['_id']} in {COLLECTIONS[record]} does not fit this release's records"
        )
