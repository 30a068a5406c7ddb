"""A practitioner's calendar: one pipeline for sessions, their names and who is coming."""

from collections.abc import Sequence
from typing import Final

from adapters.mongo.documents import Document, structured
from adapters.mongo.indexes import OCCUPIED, one_of
from adapters.mongo.journal import Journal
from adapters.mongo.lookups import Stage, related
from adapters.mongo.pages import ASCENDING, only, order_by
from core.domain.bookings import Booking
from core.domain.calendar import LONGEST_SESSION, CalendarItem, Span
from core.domain.catalogue import Practitioner, Service
from core.domain.ids import UserId
from core.domain.sessions import ServiceSession

NAMED: Final[Sequence[Stage]] = (
    related(Service, by="service_id", into="service", then=({"$project": {"name": 1}},)),
)
WITH_ATTENDEES: Final[Sequence[Stage]] = (
    related(
        Booking,
        by="_id",
        to="session_id",
        into="attendees",
        then=(
            {"$match": {"status": one_of(OCCUPIED)}},
            {"$sort": {"_id": ASCENDING}},
            {"$project": {"_id": 0, "user_id": 1, "booking_id": "$_id", "status": 1}},
        ),
    ),
)
AS_ITEMS: Final[Stage] = {
    "$project": {
        "_id": 0,
        "service_session_id": "$_id",
        "title": {"$first": "$service.name"},
        **dict.fromkeys(
            (
                "service_id",
                "practitioner_id",
                "session_type",
                "status",
                "start_time",
                "end_time",
                "max_participants",
                "version",
                "attendees",
            ),
            1,
        ),
    }
}


class Calendars(Journal):
    """The part of `ports.queries.Queries` that reads calendars."""

    async def calendar(self, span: Span, *, practitioner_id: UserId | None) -> Sequence[CalendarItem]:
        """Sessions whose time reaches into the span, by start; everybody's with None."""
        starts: Document = {"$gte": span.start - LONGEST_SESSION, "$lt": span.end}
        where = only(practitioner_id=practitioner_id, start_time=starts, end_time={"$gt": span.start})
        by_start = {"$sort": dict(order_by("start_time", ASCENDING))}
        found = await self._connection.aggregate(
            ServiceSession, [{"$match": where}, by_start, *NAMED, *WITH_ATTENDEES, AS_ITEMS]
        )
        return [structured(CalendarItem, document) for document in found]

    async def feed_owner(self, token_hash: str) -> Practitioner | None:
        """Whose calendar feed the token with this digest opens."""
        found = await self._connection.find(Practitioner, {"calendar_token_hash": token_hash}, limit=1)
        return found[0] if found else None
