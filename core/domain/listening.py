"""What a session makes of an event in its room: it may start it, complete it, or end its review."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve

from core.domain.changes import Changes
from core.domain.delivery import CompletedBy, Delivered, complete, start
from core.domain.errors import IllegalTransition
from core.domain.ids import IdSource
from core.domain.presence import RoomEvent, RoomEventKind
from core.domain.roll_call import practitioner_is_missing, present
from core.domain.sessions import OCCUPYING_STATUSES
from core.domain.statuses import BookingStatus, SessionStatus
from core.domain.views import DeliveryView

OPENING = (RoomEventKind.ROOM_STARTED, RoomEventKind.PARTICIPANT_JOINED)


def hear(
    view: DeliveryView, event: RoomEvent, *, room_opens: timedelta, now: datetime, new_id: IdSource
) -> Delivered:
    """Keep an event of the session's room, and move the session if it says so. A known one changes nothing.

    A room in use starts the session once its time has come. A room that is finished completes it if
    the practitioner was there and half of its time has passed. A practitioner who was there after
    all ends a review. Once a session is completed or canceled, events are kept and change nothing.
    Raises IllegalTransition for a session without a time, which has no room.
    """
    if any(known.id == event.id for known in view.room_events):
        return Delivered(changes=Changes(), session=view.session)
    if view.session.start_time is None:
        raise IllegalTransition("session", view.session.status, "have a room")

    told = evolve(view, room_events=(*view.room_events, event))
    moved = _moved(told, event, room_opens=room_opens, now=now, new_id=new_id)
    return evolve(moved, changes=evolve(moved.changes, room_events=(event,)))


def complete_as_told(
    view: DeliveryView,
    told: Sequence[RoomEvent],
    *,
    room_opens: timedelta,
    now: datetime,
    new_id: IdSource,
) -> Delivered:
    """Complete a session that is over, as the platform, with what its room told when it was asked.

    What is told is kept in the same commit; known events are not kept again. Raises as `complete` does.
    """
    known = {event.id for event in view.room_events}
    fresh = tuple(event for event in told if event.id not in known)
    heard = evolve(view, room_events=(*view.room_events, *fresh))
    done = complete(heard, now=now, new_id=new_id, by=CompletedBy.PLATFORM, room_opens=room_opens)
    return evolve(done, changes=evolve(done.changes, room_events=fresh))


def _moved(
    view: DeliveryView, event: RoomEvent, *, room_opens: timedelta, now: datetime, new_id: IdSource
) -> Delivered:
    session = view.session
    came = present(view, room_opens=room_opens)
    # Neither clock may run ahead of the other.
    at = min(event.occurred_at, now)
    if session.status not in OCCUPYING_STATUSES:
        return Delivered(changes=Changes(), session=session)
    if session.needs_review:
        missing = practitioner_is_missing(view, came)
        return Delivered(changes=Changes(), session=session) if missing else _reviewed(view)
    if session.practitioner_id in came and _is_over(view, event, at):
        return complete(view, now=now, new_id=new_id, by=CompletedBy.PLATFORM, room_opens=room_opens)
    since = _in_use_since(view, at, room_opens)
    if session.status is SessionStatus.SCHEDULED and since is not None:
        return start(view, now=now, new_id=new_id, since=since)
    return Delivered(changes=Changes(), session=session)


def _reviewed(view: DeliveryView) -> Delivered:
    """The session without its review: the sweep completes it."""
    session = evolve(view.session, needs_review=False, version=view.session.version + 1)
    return Delivered(changes=Changes(updates=(session,)), session=session)


def _in_use_since(view: DeliveryView, at: datetime, room_opens: timedelta) -> datetime | None:
    """Since when the session is under way at that moment; None if it is not its time, or nobody came yet."""
    start_time, end_time = view.session.start_time, view.session.end_time
    if start_time is None or end_time is None or not start_time <= at < end_time:
        return None
    opened = [
        event.occurred_at
        for event in view.room_events
        if event.kind in OPENING and start_time - room_opens <= event.occurred_at <= at
    ]
    return max(start_time, min(opened)) if opened else None


def _is_over(view: DeliveryView, event: RoomEvent, at: datetime) -> bool:
    """Whether a finished room is the session's end: a room may close for a moment early on."""
    start_time, end_time = view.session.start_time, view.session.end_time
    if event.kind is not RoomEventKind.ROOM_FINISHED or start_time is None or end_time is None:
        return False
    reopened = any(one.kind in OPENING and one.occurred_at > event.occurred_at for one in view.room_events)
    unpaid = any(seat.booking.status is BookingStatus.PENDING_PAYMENT for seat in view.seats)
    return not reopened and not unpaid and 2 * (at - start_time) >= end_time - start_time
