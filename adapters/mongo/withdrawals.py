"""Taking back what a run brought in, inside of a commit's transaction."""

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.mongo.connection import Connection
from adapters.mongo.documents import RECORDS, Document, key_fields, to_document, to_record
from core.domain.kinds import PARENTS_FIRST, Kind
from core.domain.rows import REFERENCES, digest, key_of, key_parts
from core.domain.runs import Brought
from ports.errors import ConcurrencyConflict, StillReferenced


async def withdraw(connection: Connection, rows: Sequence[Brought], session: AsyncClientSession) -> None:
    """Delete the rows, children before what they name, and the notes that they were brought in."""
    by_kind: dict[Kind, list[Brought]] = {}
    for one in rows:
        by_kind.setdefault(one.kind, []).append(one)
    for kind in reversed(PARENTS_FIRST):
        notes = by_kind.pop(kind, None)
        if notes is not None:
            await _withdraw(connection, kind, notes, session)
    if by_kind:
        raise ConcurrencyConflict(f"nothing of {', '.join(by_kind)} is ever brought in")

    noted = {"$or": [to_document(one) for one in rows]}
    deleted = await connection.collection(Brought).delete_many(noted, session=session)
    if deleted.deleted_count != len(rows):
        raise ConcurrencyConflict("something of it is not noted as brought in any more")


async def _withdraw(
    connection: Connection, kind: Kind, notes: Sequence[Brought], session: AsyncClientSession
) -> None:
    record = RECORDS[kind]
    keys = [_id_of(record, key_parts(kind, note.key)) for note in notes]
    where: Document = {"_id": {"$in": keys}}
    documents = await connection.collection(record).find(where, session=session).to_list()
    found = {key_of(row): digest(row) for row in (to_record(record, one) for one in documents)}
    for note in notes:
        if found.get(note.key) != note.digest:
            raise ConcurrencyConflict(f"{kind} {note.key} is no longer as the run brought it in")

    await _require_unnamed(connection, kind, keys, session)
    await connection.collection(record).delete_many(where, session=session)


def _id_of(record: type[Any], parts: Sequence[Any]) -> Any:
    names = key_fields(record)
    return parts[0] if len(names) == 1 else dict(zip(names, parts, strict=True))


async def _require_unnamed(
    connection: Connection, kind: Kind, keys: Sequence[Any], session: AsyncClientSession
) -> None:
    for child, references in REFERENCES.items():
        for name, target in references:
            if target is not kind:
                continue
            naming = await connection.collection(RECORDS[child]).find_one(
                {name: {"$in": list(keys)}}, [name], session=session
            )
            if naming is not None:
                raise StillReferenced(f"{kind} {naming[name]}", f"{child} {naming['_id']}")
