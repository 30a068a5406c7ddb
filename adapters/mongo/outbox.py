"""The outbox: what waits, who takes it, what is parked, and all of it in figures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from bson import Int64

from adapters.mongo.documents import COLLECTIONS, Document, structured
from adapters.mongo.indexes import WAITING_DISPATCH, WAITING_EVENT
from adapters.mongo.loads import Loads
from adapters.mongo.lookups import Stage
from adapters.mongo.pages import ASCENDING, after, both, order_by, page_of
from core.domain.dispatches import Channel, Dispatch, Lease
from core.domain.events import Event
from core.domain.ids import DispatchId, EventId
from ports.queries import Backlog, Items, OutboxState, Page, Parked

T = TypeVar("T", Event, Dispatch)

RACES: Final = 5
"""How often a worker looks again after others were faster with all that it had seen."""

FIRST_DUE_FIRST: Final = order_by("next_attempt_at", ASCENDING)
EVER: Final = {"$gt": datetime.min.replace(tzinfo=UTC), "$lt": datetime.max.replace(tzinfo=UTC)}
"""Any instant at all: it lets the server enter an index by its first field."""

PARKED: Final = {"parked_at": EVER}
ANY_CHANNEL: Final = {"$in": [channel.value for channel in Channel]}

AS_PARKED: Final[Mapping[type[Any], Document]] = {
    Event: {
        "event_type": "$type",
        "channel": None,
        "recipient": None,
    },
    Dispatch: {"event_type": 1, "channel": 1, "recipient": 1},
}
COMMON: Final[Document] = {"subject_id": 1, "attempts": 1, "last_error": 1, "parked_at": 1}


class Outbox(Loads):
    """The part of `ports.store.Store` that workers share, and what people see of it."""

    async def claim_events(self, lease: Lease, limit: int) -> Sequence[Event]:
        """Take at most `limit` events that are due and nobody's, those due first first."""
        return await self._claim(Event, WAITING_EVENT, lease, limit)

    async def claim_dispatches(self, channel: Channel, lease: Lease, limit: int) -> Sequence[Dispatch]:
        """The same for the channel's dispatches."""
        return await self._claim(Dispatch, WAITING_DISPATCH | {"channel": channel.value}, lease, limit)

    async def load_events(self, ids: Sequence[EventId]) -> Sequence[Event]:
        """The events with these ids, in any order."""
        return await self._connection.find(Event, {"_id": {"$in": list(ids)}})

    async def load_dispatches(self, ids: Sequence[DispatchId]) -> Sequence[Dispatch]:
        """The dispatches with these ids, in any order."""
        return await self._connection.find(Dispatch, {"_id": {"$in": list(ids)}})

    async def parked(self, page: Page) -> Items[Parked]:
        """Parked events and dispatches together, newest parking first."""
        newest: Sequence[Stage] = (
            {"$sort": {"parked_at": -1, "_id": -1}},
            {"$limit": page.limit + 1},
        )
        where = {"$match": both(PARKED, after(page, "parked_at"))}

        def part(kind: type[Any]) -> list[Stage]:
            return [where, *newest, {"$project": COMMON | AS_PARKED[kind]}]

        pipeline = [*part(Event), _with(Dispatch, part(Dispatch)), *newest]
        rows = await self._connection.aggregate(Event, pipeline)
        found = [structured(Parked, {"id": row.pop("_id"), **row}) for row in rows]
        return page_of(found, page, lambda row: (row.parked_at, row.id))

    async def outbox_state(self) -> OutboxState:
        """The outbox in figures."""
        waiting_events = WAITING_EVENT | {"next_attempt_at": EVER}
        waiting_dispatches = WAITING_DISPATCH | {"channel": ANY_CHANNEL}
        pipeline = [
            *_counted("events", waiting_events, "$occurred_at"),
            _with(Event, _counted("parked_events", PARKED)),
            _with(Dispatch, _counted("dispatches", waiting_dispatches, "$created_at")),
            _with(Dispatch, _counted("parked_dispatches", PARKED)),
        ]
        rows = {row["_id"]: row for row in await self._connection.aggregate(Event, pipeline)}
        return OutboxState(events=_backlog(rows, "events"), dispatches=_backlog(rows, "dispatches"))

    async def _claim(self, kind: type[T], waiting: Document, lease: Lease, limit: int) -> Sequence[T]:
        """Look for what is due, put our claim on those of them that are still nobody's, and see which.

        Three commands, however many there are. The update checks each document by itself when it is
        its turn, so two workers never get the same one.
        """
        collection = self._connection.collection(kind)
        # Not "null or passed": that would be two searches.
        due = waiting | {
            "next_attempt_at": {"$lte": lease.at},
            "claimed_until": {"$not": {"$gt": lease.at}},
        }
        ours = {"claimed_by": lease.id, "claimed_until": lease.until}
        for _ in range(RACES):
            async with self._connection.within(self._connection.commit_seconds):
                found = collection.find(due, ["_id"], sort=list(FIRST_DUE_FIRST), limit=limit)
                keys = [document["_id"] for document in await found.to_list()]
                if not keys:
                    return ()
                result = await collection.update_many(
                    {"_id": {"$in": keys}} | due, {"$set": ours, "$inc": {"version": Int64(1)}}
                )
            if result.modified_count:
                taken = await self._connection.find(kind, {"_id": {"$in": keys}, "claimed_by": lease.id})
                return sorted(taken, key=lambda item: (item.next_attempt_at, item.id))
        return ()


def _counted(name: str, where: Document, made: str | None = None) -> list[Stage]:
    return [
        {"$match": where},
        {"$group": {"_id": name, "count": {"$sum": 1}, "oldest_at": {"$min": made}}},
    ]


def _with(kind: type[Any], pipeline: Sequence[Stage]) -> Stage:
    """What another pipeline gives, after what comes before."""
    return {"$unionWith": {"coll": COLLECTIONS[kind], "pipeline": list(pipeline)}}


def _backlog(rows: Mapping[str, Document], name: str) -> Backlog:
    waiting, parked = rows.get(name), rows.get(f"parked_{name}")
    return Backlog(
        waiting=0 if waiting is None else waiting["count"],
        parked=0 if parked is None else parked["count"],
        oldest_at=None if waiting is None else waiting["oldest_at"],
    )
