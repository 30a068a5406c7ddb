"""One commit: a multi-document transaction, or a single write where one document is all there is.

The transaction's body has no effect outside of it, so the driver may run it again: on a write
conflict it does, until the deadline. When only the commit's answer is lost, it asks again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pymongo
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_preferences import ReadPreference

from adapters.mongo.connection import DURABLE, SNAPSHOT, Connection
from adapters.mongo.documents import to_record
from adapters.mongo.errors import committing
from adapters.mongo.indexes import OCCUPYING_INDIVIDUAL
from adapters.mongo.turns import changed_ids
from adapters.mongo.withdrawals import withdraw
from adapters.mongo.writes import (
    FreeSlots,
    Guarded,
    Insert,
    Removal,
    Update,
    Withdrawal,
    Write,
    writes_of,
)
from core.domain.changes import Changes, SlotClaim
from core.domain.errors import SessionOverlap
from core.domain.sessions import ServiceSession, overlaps
from core.domain.statuses import SessionStatus
from ports.errors import ConcurrencyConflict

ONE_BY_ONE: Final = 1
CONCERNS: Final[Mapping[str, Any]] = {
    "read_concern": SNAPSHOT,
    "write_concern": DURABLE,
    "read_preference": ReadPreference.PRIMARY,
}
"""Of the transaction itself: those of collections do not count inside of one."""


class _OneOfMany(Exception):
    """Some guard of a batch was broken; the server does not tell which."""


async def commit(connection: Connection, changes: Changes) -> None:
    """Write everything, or raise and write nothing."""
    writes = writes_of(changes)
    if not writes:
        return

    await connection.require_server()
    in_transaction, seconds = not _is_single(writes), connection.commit_seconds
    with committing(connection.hosts, in_transaction=in_transaction), pymongo.timeout(seconds):
        async with connection.turns.at(changed_ids(changes), seconds=seconds):
            if in_transaction:
                await _transact(connection, writes)
            else:
                # The driver sends it again if need be, and it is done once.
                await _apply(connection, writes[0], None, None)


async def _transact(connection: Connection, writes: Sequence[Write]) -> None:
    async def write_all(session: AsyncClientSession, batch: int | None = None) -> None:
        for write in writes:
            await _apply(connection, write, session, batch)

    async def write_one_by_one(session: AsyncClientSession) -> None:
        await write_all(session, ONE_BY_ONE)

    async with connection.client.start_session() as session:
        try:
            await session.with_transaction(write_all, **CONCERNS)
        except _OneOfMany:
            # Nothing was written. The error must name the row, so try again with a batch for each.
            await session.with_transaction(write_one_by_one, **CONCERNS)


def _is_single(writes: Sequence[Write]) -> bool:
    match writes:
        case [Insert(documents=rows)] | [Update(guarded=rows)] | [Removal(ids=rows)]:
            return len(rows) == 1
    return False


async def _apply(
    connection: Connection, write: Write, session: AsyncClientSession | None, batch: int | None
) -> None:
    match write:
        case Insert():
            await connection.collection(write.kind).insert_many(write.documents, session=session)
        case Update():
            for part in _batches(write.guarded, batch):
                await _update(connection, write.kind, part, session)
        case Removal():
            await _remove(connection, write, session)
        case FreeSlots():
            await _require_free(connection, write.claims, session)
        case Withdrawal() if session is not None:
            await withdraw(connection, write.rows, session)


def _batches(guarded: Sequence[Guarded], size: int | None) -> Iterator[Sequence[Guarded]]:
    step = size or len(guarded)
    return (guarded[start : start + step] for start in range(0, len(guarded), step))


async def _update(
    connection: Connection, kind: type[Any], guarded: Sequence[Guarded], session: AsyncClientSession | None
) -> None:
    operations = [each.operation for each in guarded]
    result = await connection.collection(kind).bulk_write(operations, session=session)
    if result.matched_count + result.upserted_count == len(guarded):
        return

    refusals = [each.refusal for each in guarded]
    if len(refusals) == 1 or all(isinstance(refusal, ConcurrencyConflict) for refusal in refusals):
        raise refusals[0]
    raise _OneOfMany


async def _remove(connection: Connection, write: Removal, session: AsyncClientSession | None) -> None:
    where = {"_id": {"$in": list(write.ids)}, "status": SessionStatus.DRAFT.value}
    result = await connection.collection(ServiceSession).delete_many(where, session=session)
    if result.deleted_count != len(write.ids):
        raise ConcurrencyConflict("a session to be removed is no placeholder any more")


async def _require_free(
    connection: Connection, claims: Sequence[SlotClaim], session: AsyncClientSession | None
) -> None:
    """Look for sessions in the way. The agendas are ours by now, so nobody else can add one."""
    sessions = connection.collection(ServiceSession)
    found = await sessions.find_one({"$or": [_in_the_way(claim) for claim in claims]}, session=session)
    if found is None:
        return

    rival = to_record(ServiceSession, found)
    claim = next(claim for claim in claims if _collides(rival, claim))
    raise SessionOverlap(claim.start_time, claim.end_time)


def _collides(rival: ServiceSession, claim: SlotClaim) -> bool:
    return (
        rival.practitioner_id == claim.practitioner_id
        and rival.id != claim.session_id
        and overlaps(rival, claim.start_time, claim.end_time)
    )


def _in_the_way(claim: SlotClaim) -> dict[str, Any]:
    return OCCUPYING_INDIVIDUAL | {
        "_id": {"$ne": claim.session_id},
        "practitioner_id": claim.practitioner_id,
        "start_time": {"$lt": claim.end_time},
        "end_time": {"$gt": claim.start_time},
    }
