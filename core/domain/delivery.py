"""Sessions take place: they start, they complete once, and each delivered seat is earned once.

Source: domain.md, "Delivering and earning".
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import evolve, frozen

from core.domain import earnings as earnings_rules
from core.domain import sessions
from core.domain.bookings import Attendance, Booking, Seat
from core.domain.changes import Changes
from core.domain.earnings import Earnings, earnings_for, earns
from core.domain.errors import Conflict, IllegalTransition, PractitionerAbsent
from core.domain.events import Event, EventType, event
from core.domain.ids import BookingId, EarningsId, EntryId, IdSource, OrderId
from core.domain.ledger import (
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    PLATFORM_PROMOTIONS,
    EntryKind,
    JournalEntry,
    Posting,
    PostingType,
    order_chain,
    order_value,
    posting,
    practitioner_account,
    record,
)
from core.domain.orders import Order
from core.domain.roll_call import called, practitioner_is_missing, present
from core.domain.rules import ROOM_OPENS
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, EarningsStatus, SessionStatus
from core.domain.views import DeliveryView


@frozen(kw_only=True)
class Delivered:
    """A session after its move."""

    changes: Changes
    session: ServiceSession


@frozen(kw_only=True)
class _DeliveredSeat:
    """What one delivered seat writes; `earnings` is None for a seat that earns nothing."""

    order: Order
    earnings: Earnings | None
    entry: JournalEntry | None


class CompletedBy(StrEnum):
    """Who says that a session is over, and so what becomes of one whose practitioner never came."""

    ADMIN = "admin"
    """Has looked at it: it is completed."""
    PRACTITIONER = "practitioner"
    """Is who was missing: PractitionerAbsent."""
    PLATFORM = "platform"
    """Cannot know: it is left for review."""


def start(view: DeliveryView, *, now: datetime, new_id: IdSource, since: datetime | None = None) -> Delivered:
    """Mark a scheduled session as under way, since now unless told. A second start changes nothing."""
    if view.session.status is SessionStatus.IN_PROGRESS:
        return Delivered(changes=Changes(), session=view.session)
    session = evolve(sessions.moved(view.session, "start"), actual_start_time=since or now)
    told = event(new_id, EventType.SESSION_STARTED, session.id, now, practitioner_id=session.practitioner_id)
    return Delivered(changes=Changes(updates=(session,), events=(told,)), session=session)


def complete(
    view: DeliveryView,
    *,
    now: datetime,
    new_id: IdSource,
    by: CompletedBy = CompletedBy.ADMIN,
    room_opens: timedelta = ROOM_OPENS,
) -> Delivered:
    """Complete a session and earn each of its confirmed seats, once. A second time changes nothing.

    Attendance that nobody has set is what the room's events tell. Where customers came and the
    practitioner never did, `by` decides. Raises IllegalTransition for a session without a time or a
    canceled one, Conflict while a seat's payment is still undecided, and PractitionerAbsent.
    """
    if view.session.status is SessionStatus.COMPLETED:
        return Delivered(changes=Changes(), session=view.session)
    if view.session.start_time is None:
        raise IllegalTransition("session", view.session.status, "complete")
    if any(seat.booking.status is BookingStatus.PENDING_PAYMENT for seat in view.seats):
        raise Conflict("a seat of this session still waits for its payment")
    session = evolve(
        sessions.moved(view.session, "complete"),
        actual_start_time=view.session.actual_start_time or view.session.start_time,
        actual_end_time=now,
    )
    came = present(view, room_opens=room_opens)
    if by is not CompletedBy.ADMIN and practitioner_is_missing(view, came):
        return _left_open(view, by, now=now, new_id=new_id)

    seats = tuple(evolve(seat, booking=called(seat.booking, came)) for seat in view.seats)
    changes = _deliver_seats(evolve(view, seats=seats), session, now=now, new_id=new_id)
    noted = tuple(after.booking for before, after in zip(view.seats, seats, strict=True) if after != before)
    return Delivered(changes=evolve(changes, updates=(*changes.updates, *noted)), session=session)


def _left_open(view: DeliveryView, by: CompletedBy, *, now: datetime, new_id: IdSource) -> Delivered:
    """The session for somebody to look at; a second time changes nothing."""
    if by is CompletedBy.PRACTITIONER:
        raise PractitionerAbsent("customers came and the practitioner did not: an admin has to complete this")
    if view.session.needs_review:
        return Delivered(changes=Changes(), session=view.session)
    session = evolve(view.session, needs_review=True, version=view.session.version + 1)
    told = event(
        new_id,
        EventType.SESSION_REVIEW_NEEDED,
        session.id,
        now,
        practitioner_id=session.practitioner_id,
        seats=len(view.seats),
    )
    return Delivered(changes=Changes(updates=(session,), events=(told,)), session=session)


def _deliver_seats(
    view: DeliveryView, session: ServiceSession, *, now: datetime, new_id: IdSource
) -> Changes:
    orders: dict[OrderId, Order] = {order.id: order for order in view.orders}
    existing: Mapping[BookingId, Earnings] = {e.booking_id: e for e in view.earnings}
    inserts: list[Earnings] = []
    updates: list[Earnings] = []
    entries: list[JournalEntry] = []
    for seat in view.seats:
        done = _deliver_seat(
            orders[seat.booking.order_id], seat, existing.get(seat.booking.id), now=now, new_id=new_id
        )
        orders[done.order.id] = done.order
        entries.extend(() if done.entry is None else (done.entry,))
        if done.earnings is not None:
            (updates if seat.booking.id in existing else inserts).append(done.earnings)
    versions = {order.id: order.version + 1 for order in view.orders}
    return Changes(
        inserts=tuple(inserts),
        updates=(
            session,
            *(evolve(order, version=versions[order.id]) for order in orders.values()),
            *updates,
        ),
        entries=tuple(entries),
        events=(_completed_event(session, len(view.seats), now=now, new_id=new_id),),
    )


def _completed_event(session: ServiceSession, seats: int, *, now: datetime, new_id: IdSource) -> Event:
    return event(
        new_id,
        EventType.SESSION_COMPLETED,
        session.id,
        now,
        practitioner_id=session.practitioner_id,
        seats=seats,
    )


def forfeits(order: Order, attendance: Attendance) -> bool:
    """Whether a delivered seat with this attendance earns its practitioner nothing."""
    return attendance is Attendance.NO_SHOW and not order.terms.pay_practitioner_on_no_show


def _deliver_seat(
    order: Order, seat: Seat, existing: Earnings | None, *, now: datetime, new_id: IdSource
) -> _DeliveredSeat:
    counted = evolve(order, sessions_completed=order.sessions_completed + 1)
    booking = seat.booking
    if forfeits(order, booking.attendance):
        reversed_row = None if existing is None else earnings_rules.moved(existing, "reverse")
        return _booked(
            counted,
            reversed_row,
            EntryKind.NO_SHOW,
            _forfeit(counted, booking, new_id),
            now=now,
            new_id=new_id,
        )
    if not earns(order, booking):
        return _DeliveredSeat(order=counted, earnings=None, entry=None)

    earned = _earned(counted, booking, existing, now=now, new_id=new_id)
    kind = EntryKind.DELIVERY if booking.session_value_cents > 0 else EntryKind.COMPLIMENTARY
    return _booked(
        counted, earned, kind, _earning_postings(counted, booking, earned, new_id), now=now, new_id=new_id
    )


def _earned(
    order: Order, booking: Booking, existing: Earnings | None, *, now: datetime, new_id: IdSource
) -> Earnings:
    """The projected row becomes pending; a package seat's row is made now, due after the hold."""
    if existing is not None:
        return earnings_rules.moved(existing, "deliver")
    return earnings_for(
        order,
        booking,
        earnings_id=EarningsId(new_id()),
        status=EarningsStatus.PENDING,
        available_after=now + timedelta(hours=order.terms.earnings_hold_hours),
        now=now,
    )


def _earning_postings(
    order: Order, booking: Booking, earned: Earnings, new_id: IdSource
) -> tuple[Posting, ...]:
    complimentary = booking.session_value_cents == 0
    source = PLATFORM_PROMOTIONS if complimentary else order_value(order.id)
    reason = PostingType.PROMOTION if complimentary else PostingType.DELIVERY
    return (
        posting(new_id, source, reason, -earned.gross_amount_cents, booking_id=booking.id),
        posting(
            new_id,
            practitioner_account(earned.practitioner_id),
            PostingType.EARNINGS,
            earned.net_amount_cents,
        ),
        posting(new_id, PLATFORM_COMMISSION, PostingType.COMMISSION, earned.commission_amount_cents),
    )


def _forfeit(order: Order, booking: Booking, new_id: IdSource) -> tuple[Posting, ...]:
    value = booking.session_value_cents
    return (
        posting(new_id, order_value(order.id), PostingType.FORFEIT, -value, booking_id=booking.id),
        posting(new_id, PLATFORM_FORFEITS, PostingType.FORFEIT, value),
    )


def _booked(
    order: Order,
    earned: Earnings | None,
    kind: EntryKind,
    postings: tuple[Posting, ...],
    *,
    now: datetime,
    new_id: IdSource,
) -> _DeliveredSeat:
    if all(p.amount_cents == 0 for p in postings):
        return _DeliveredSeat(order=order, earnings=earned, entry=None)
    entry, chain = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        kind,
        postings,
        entry_id=EntryId(new_id()),
        currency=order.currency,
        occurred_at=now,
        order_id=order.id,
    )
    return _DeliveredSeat(
        order=evolve(order, ledger_seq=chain.seq, ledger_head=chain.head), earnings=earned, entry=entry
    )
