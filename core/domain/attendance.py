"""Who was there, and what it changes if that is corrected after the session was delivered.

A correction is a new entry that names the one it corrects; nothing written is ever edited.
Source: domain.md, "Delivering and earning".
"""

from datetime import datetime, timedelta

from attrs import evolve, frozen

from core.domain.bookings import Attendance, Booking, Seat, SeatPayment
from core.domain.changes import Changes, Record
from core.domain.delivery import forfeits
from core.domain.earnings import Earnings, earnings_for, earns
from core.domain.errors import IllegalTransition, NotFound
from core.domain.events import Event, EventType, event
from core.domain.ids import EarningsId, EntryId, IdSource, SessionId, UserId
from core.domain.ledger import (
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    PLATFORM_PROMOTIONS,
    EntryKind,
    Posting,
    PostingType,
    order_chain,
    posting,
    practitioner_account,
    record,
)
from core.domain.orders import Order
from core.domain.presence import stays
from core.domain.reversing import Restated, carried, given_again, last_entry_about, taken_back
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, EarningsStatus, SessionStatus
from core.domain.views import DeliveryView, History


@frozen(kw_only=True)
class Participant:
    """A user's stay in a session's room; `left_at` is None while they are in it."""

    user_id: UserId
    joined_at: datetime
    left_at: datetime | None
    duration_seconds: int


@frozen(kw_only=True)
class AttendanceSheet:
    """Who has a seat, who was there and who was not; of others nothing is known.

    `participants` are all stays in the room, oldest first, the practitioner's too.
    """

    session_id: SessionId
    booked: tuple[UserId, ...]
    attended: tuple[UserId, ...]
    no_shows: tuple[UserId, ...]
    participants: tuple[Participant, ...] = ()


@frozen(kw_only=True)
class Noted:
    """A session's seats after one attendance was set."""

    changes: Changes
    sheet: AttendanceSheet


def sheet_of(view: DeliveryView, *, now: datetime) -> AttendanceSheet:
    """The session's confirmed seats, oldest first, by what is known of them, and every stay in its room."""
    booked = [seat.booking for seat in view.seats if seat.booking.status is BookingStatus.CONFIRMED]
    return AttendanceSheet(
        session_id=view.session.id,
        booked=tuple(booking.user_id for booking in booked),
        attended=tuple(b.user_id for b in booked if b.attendance is Attendance.ATTENDED),
        no_shows=tuple(b.user_id for b in booked if b.attendance is Attendance.NO_SHOW),
        participants=tuple(
            Participant(
                user_id=stay.user_id,
                joined_at=stay.joined_at,
                left_at=stay.left_at,
                duration_seconds=stay.seconds(now),
            )
            for stay in stays(view.room_events, ended_at=_end_of(view.session))
        ),
    )


def _end_of(session: ServiceSession) -> datetime | None:
    """When nobody was in the room any more, at the latest; None while the session may go on."""
    canceled = session.status is SessionStatus.CANCELED
    return session.end_time if canceled else session.actual_end_time


def note(
    view: DeliveryView,
    user_id: UserId,
    attendance: Attendance,
    *,
    reason: str | None,
    history: History | None,
    now: datetime,
    new_id: IdSource,
) -> Noted:
    """Set a seat's attendance by hand. The same once more changes nothing.

    Before the session is completed it is noted, and completion earns by it. Afterwards what was
    earned or forfeited is corrected, unless the seat was refunded; earnings that were paid out are
    clawed back from the next payout. Raises NotFound for somebody without a seat, IllegalTransition
    for a seat that is not paid, and PayoutUnderWay while a payout with its earnings is undecided.
    """
    booking = _seat_of(view, user_id).booking
    if booking.status is not BookingStatus.CONFIRMED:
        raise IllegalTransition("booking", booking.status, "set attendance")
    if booking.attendance is attendance:
        return Noted(changes=Changes(), sheet=sheet_of(view, now=now))

    noted = evolve(booking, attendance=attendance, attendance_reason=reason, version=booking.version + 1)
    told = _told(booking, noted, now=now, new_id=new_id)
    if view.session.status is SessionStatus.COMPLETED:
        if history is None:
            raise ValueError("correcting a delivered seat takes its order's history")
        changes = _corrected(view, booking, noted, history=history, now=now, new_id=new_id)
    else:
        # The session's version moves too: it must not be completed by what was known before.
        changes = Changes(updates=(evolve(view.session, version=view.session.version + 1),))
    seats = tuple(evolve(seat, booking=noted) if seat.booking.id == noted.id else seat for seat in view.seats)
    return Noted(
        changes=evolve(changes, updates=(*changes.updates, noted), events=(told,)),
        sheet=sheet_of(evolve(view, seats=seats), now=now),
    )


def _seat_of(view: DeliveryView, user_id: UserId) -> Seat:
    for seat in view.seats:
        if seat.booking.user_id == user_id:
            return seat
    raise NotFound("seat of user", user_id)


def _told(before: Booking, after: Booking, *, now: datetime, new_id: IdSource) -> Event:
    return event(
        new_id,
        EventType.ATTENDANCE_NOTED,
        after.id,
        now,
        user_id=after.user_id,
        practitioner_id=after.practitioner_id,
        session_id=after.session_id,
        attendance=after.attendance.value,
        previous=before.attendance.value,
        reason=after.attendance_reason,
    )


def _corrected(
    view: DeliveryView,
    before: Booking,
    after: Booking,
    *,
    history: History,
    now: datetime,
    new_id: IdSource,
) -> Changes:
    order = next(order for order in view.orders if order.id == after.order_id)
    existing = next((row for row in view.earnings if row.booking_id == after.id), None)
    forfeited, forfeit = forfeits(order, before.attendance), forfeits(order, after.attendance)
    refunded = after.payment_status is not SeatPayment.PAID
    if forfeited is forfeit or refunded or not earns(order, after):
        return Changes()

    restated = _restated(view, order, after, existing, forfeit=forfeit, now=now, new_id=new_id)
    if restated is None:
        return Changes()
    corrected = last_entry_about(after.id, history.entries)
    entry, chain = record(
        order_chain(order.id, order.ledger_seq, order.ledger_head),
        EntryKind.COMPLIMENTARY if corrected is None else EntryKind.CORRECTION,
        _postings(after, restated.earnings, -1 if forfeit else 1, new_id),
        entry_id=EntryId(new_id()),
        currency=order.currency,
        occurred_at=now,
        order_id=order.id,
        corrects=corrected,
    )
    booked = evolve(order, ledger_seq=chain.seq, ledger_head=chain.head, version=order.version + 1)
    paid = carried(history.practitioner, restated.carried_cents)
    inserts: tuple[Record, ...] = (restated.earnings,) if existing is None else ()
    updates: tuple[Record, ...] = (booked, *paid) if existing is None else (booked, *paid, restated.earnings)
    return Changes(inserts=inserts, updates=updates, entries=(entry,))


def _restated(
    view: DeliveryView,
    order: Order,
    booking: Booking,
    existing: Earnings | None,
    *,
    forfeit: bool,
    now: datetime,
    new_id: IdSource,
) -> Restated | None:
    """The seat's earnings as they ought to have been. A package seat that was missed has no row yet:
    it is made, due as if earned at once.
    """
    if existing is not None:
        return taken_back(existing) if forfeit else given_again(existing)
    if forfeit:
        return None
    delivered = view.session.actual_end_time or now
    earned = earnings_for(
        order,
        booking,
        earnings_id=EarningsId(new_id()),
        status=EarningsStatus.PENDING,
        available_after=delivered + timedelta(hours=order.terms.earnings_hold_hours),
        now=now,
    )
    return Restated(earnings=earned)


def _postings(booking: Booking, row: Earnings, sign: int, new_id: IdSource) -> tuple[Posting, ...]:
    """From the platform's forfeits to whom it is owed (`sign` 1), or back (-1)."""
    free = booking.session_value_cents == 0
    source = PLATFORM_PROMOTIONS if free else PLATFORM_FORFEITS
    kind = PostingType.PROMOTION if free else PostingType.FORFEIT
    net, commission = row.net_amount_cents, row.commission_amount_cents
    return (
        posting(new_id, source, kind, -sign * row.gross_amount_cents, booking_id=booking.id),
        posting(new_id, practitioner_account(row.practitioner_id), PostingType.EARNINGS, sign * net),
        posting(new_id, PLATFORM_COMMISSION, PostingType.COMMISSION, sign * commission),
    )
