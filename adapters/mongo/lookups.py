"""Parts of aggregation pipelines: how documents find the documents they belong with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from adapters.mongo.documents import COLLECTIONS, Document, to_record
from adapters.mongo.indexes import OCCUPYING_INDIVIDUAL
from core.domain.availability import MAX_BUFFER_MINUTES
from core.domain.bookings import Booking, Seat
from core.domain.ids import SessionId, UserId
from core.domain.sessions import ServiceSession
from core.domain.statuses import WaitlistStatus
from core.domain.waitlist import WaitlistEntry

K = TypeVar("K")
V = TypeVar("V")

Stage = Mapping[str, Any]

MINUTE_MS: Final = 60_000
LONGEST: Final = timedelta(minutes=MAX_BUFFER_MINUTES)
BUFFER: Final = {"$ifNull": [{"$first": "$practitioner.availability.buffer_minutes"}, 0]}


def related(kind: type[Any], *, by: str, to: str = "_id", into: str, then: Sequence[Stage] = ()) -> Document:
    """Put the documents whose field `to` equals ours in `by` (or one of ours) into the list `into`."""
    lookup = {"from": COLLECTIONS[kind], "localField": by, "foreignField": to, "as": into}
    return {"$lookup": lookup | ({"pipeline": list(then)} if then else {})}


def single(kind: type[Any], *, key: Any, into: str, **more: Any) -> Document:
    """Put the document with this key, if it also matches `more`, into the list `into`."""
    return {
        "$lookup": {"from": COLLECTIONS[kind], "pipeline": [{"$match": {"_id": key, **more}}], "as": into}
    }


def busy(*, by: str, start: datetime, minutes: str, apart_from: str | None = None) -> Document:
    """Put into `busy` the sessions of the practitioner in `by` that overlap `minutes` from `start`, or the
    buffers around them that the document in the list `practitioner` asks for.
    """
    after: Document = {"$multiply": [{"$add": ["$$minutes", "$$buffer"]}, MINUTE_MS]}
    before: Document = {"$multiply": ["$$buffer", MINUTE_MS]}
    collides: list[Document] = [
        {"$lt": ["$start_time", {"$add": [start, after]}]},
        {"$gt": ["$end_time", {"$subtract": [start, before]}]},
    ]
    variables: Document = {"minutes": minutes, "buffer": BUFFER}
    if apart_from is not None:
        variables["own"] = apart_from
        collides.append({"$ne": ["$_id", "$$own"]})
    # The index is entered at a plain bound, as far back as any buffer may reach.
    where = OCCUPYING_INDIVIDUAL | {"end_time": {"$gt": start - LONGEST}, "$expr": {"$and": collides}}
    return {
        "$lookup": {
            "from": COLLECTIONS[ServiceSession],
            "localField": by,
            "foreignField": "practitioner_id",
            "let": variables,
            "pipeline": [{"$match": where}, {"$sort": {"start_time": 1, "_id": 1}}],
            "as": "busy",
        }
    }


def offered(session_id: SessionId, user_id: UserId | None = None, *, by: str = "") -> Document:
    """Put into `offer` the place in the session's line that holds a seat for a user: this one, or the
    one in our field `by`.
    """
    where = {"session_id": session_id, "status": WaitlistStatus.OFFERED.value}
    lookup: Document = {"from": COLLECTIONS[WaitlistEntry], "as": "offer"}
    if user_id is not None:
        return {"$lookup": lookup | {"pipeline": [{"$match": where | {"user_id": user_id}}]}}
    return {
        "$lookup": lookup | {"localField": by, "foreignField": "user_id", "pipeline": [{"$match": where}]}
    }


def first_of(field: str) -> Document:
    """Turn a list of one into the one; the field is left out if the list is empty."""
    return {"$set": {field: {"$first": f"${field}"}}}


WITH_SESSION: Final[Sequence[Stage]] = (
    related(ServiceSession, by="session_id", into="session"),
    first_of("session"),
)
"""Turn bookings into seats."""


def to_seat(document: Document) -> Seat:
    """The seat of a booking that has its session in it."""
    session = document.pop("session", None)
    return Seat(booking=to_record(Booking, document), session=to_record(ServiceSession, session))


def in_order_of(keys: Iterable[K], found: Mapping[K, V]) -> tuple[V, ...]:
    """What was found, in the order of the keys, each once."""
    return tuple(found[key] for key in dict.fromkeys(keys) if key in found)
