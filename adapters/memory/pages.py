"""How lists are cut into pages, and which seats a customer finds in which state."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import TypeVar

from adapters.memory.rows import Place
from adapters.memory.tables import OCCUPIED
from core.domain.bookings import Booking, Seat
from core.domain.catalogue import Service
from core.domain.dispatches import Dispatch
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.orders import Order
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, SessionStatus
from core.domain.subscriptions import Subscription
from core.domain.waitlist import WaitlistEntry
from ports.queries import BookingState, Cursor, Items, Page, Transaction

T = TypeVar("T")


Created = Service | Order | Booking | Earnings | Payout | WaitlistEntry | Dispute | Dispatch | Subscription


def created(row: Created) -> Cursor:
    """The place of a row among those listed by creation."""
    return Cursor(at=row.created_at, id=row.id)


def happened(row: Transaction) -> Cursor:
    """The place of a transaction."""
    return Cursor(at=row.occurred_at, id=row.id)


def starts(row: ServiceSession) -> Cursor:
    """The place of a session among those listed by start."""
    if row.start_time is None:
        raise ValueError(f"session {row.id} has no time")
    return Cursor(at=row.start_time, id=row.id)


def place(page: Page) -> Place | None:
    """Where a page continues, as the indexes sort it."""
    return None if page.after is None else (page.after.at, page.after.id.int)


def page_of(found: Iterable[T], page: Page, cursor: Callable[[T], Cursor]) -> Items[T]:
    """The first `limit` of what was found; one more is looked at to know whether there is a next page."""
    rows = list(islice(found, page.limit + 1))
    items = tuple(rows[: page.limit])
    return Items(items=items, next=cursor(items[-1]) if len(rows) > page.limit else None)


def is_in(seat: Seat, state: BookingState, now: datetime) -> bool:
    """Whether a customer finds the seat in that state."""
    status = seat.booking.status
    if state is BookingState.UNSCHEDULED:
        return status is BookingStatus.DRAFT
    if state is BookingState.CANCELED:
        return status is BookingStatus.CANCELED
    if status not in OCCUPIED:
        return False

    end = seat.session.end_time
    if state is BookingState.PAST:
        return seat.session.status is SessionStatus.COMPLETED or (end is not None and end <= now)
    over = seat.session.status in (SessionStatus.COMPLETED, SessionStatus.CANCELED)
    return not over and end is not None and end > now
