"""Whole sales, and what to do with them: put them into a store and look at everything that is in it."""

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from adapters.memory.testing.builders import (
    make_booking,
    make_order,
    make_practitioner,
    make_service,
    make_session,
)
from adapters.memory.testing.ids import NOW
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service
from core.domain.changes import Changes, NewRecord, Record
from core.domain.money import allocate
from core.domain.orders import Order
from core.domain.sessions import ServiceSession
from ports.store import Kind, Store, StoredRecord


@frozen(kw_only=True)
class Sale:
    """A service that was sold once: everything that one order needs to be stored."""

    practitioner: Practitioner
    service: Service
    sessions: tuple[ServiceSession, ...]
    order: Order
    bookings: tuple[Booking, ...]

    @property
    def session(self) -> ServiceSession:
        """The first session."""
        return self.sessions[0]

    @property
    def booking(self) -> Booking:
        """The first seat."""
        return self.bookings[0]

    @property
    def purchase(self) -> tuple[Record, ...]:
        """The rows of the order alone."""
        return (self.order, *self.sessions, *self.bookings)

    @property
    def rows(self) -> tuple[Record, ...]:
        """The rows of the order, and those of whom it was bought from."""
        return (self.practitioner, self.service, *self.purchase)


def make_sale(
    *,
    practitioner: Practitioner | None = None,
    service: Service | None = None,
    seats: int = 1,
    first_start: datetime = NOW + timedelta(days=7),
    **order: Any,
) -> Sale:
    """A paid order of so many seats, a day apart, each in a private session of its own."""
    who = make_practitioner() if practitioner is None else practitioner
    what = make_service(who) if service is None else service
    values = allocate(order.get("subtotal_amount_cents", what.price_cents), [1] * seats)
    sold = make_order(what, **({"total_sessions": seats, "session_value_cents": values[0]} | order))
    starts = [first_start + timedelta(days=seat) for seat in range(seats)]
    sessions = tuple(make_session(what, start_time=start, current_participants=1) for start in starts)
    bookings = tuple(
        make_booking(sold, session, session_value_cents=value)
        for session, value in zip(sessions, values, strict=True)
    )
    return Sale(practitioner=who, service=what, sessions=sessions, order=sold, bookings=bookings)


async def stock(store: Store, *rows: NewRecord) -> None:
    """Put rows into a store, in one commit."""
    await store.commit(Changes(inserts=rows))


async def contents(store: Store) -> dict[Kind, list[StoredRecord]]:
    """Everything that a store holds."""
    return {kind: [row async for row in store.scan(kind)] for kind in Kind}
