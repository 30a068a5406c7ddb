"""What people are told by mail because of an event: to whom, and the facts that the template needs.

Who wants it, and where they are reached, is looked up when it is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from attrs import frozen

from core.domain.bookings import Attendance, Seat
from core.domain.events import Event, EventType, plain
from core.domain.ids import BookingId, EarningsId, OrderId, PayoutId, SessionId, WaitlistId
from core.domain.notifications import NotificationKind
from core.domain.orders import Refund
from core.domain.refunds import awaits_refund
from core.domain.statuses import BookingStatus, SessionStatus, WaitlistStatus
from core.usecases.notices import UNTIL, Fact, Notices, Planner, notice, seat_facts
from core.usecases.notify_practitioners import FOR_PRACTITIONERS
from ports.store import Store


@frozen
class MailNotices:
    """A consumer of events that plans mail; see `ports.consumers.EventConsumer`."""

    store: Store

    async def plan(self, event: Event) -> Notices:
        """The mail that an event means; none for those that nobody is told of."""
        planners = (PLANNERS.get(event.type), FOR_PRACTITIONERS.get(event.type))
        return [
            one for planner in planners if planner is not None for one in await planner(event, self.store)
        ]


async def _booking_confirmed(event: Event, store: Store) -> Notices:
    seat = await store.seat(BookingId(event.subject_id))
    if seat is None or seat.booking.status is not BookingStatus.CONFIRMED:
        return ()
    return (notice(NotificationKind.BOOKING_CONFIRMED, _told(event), **seat_facts(seat)),)


async def _booking_rescheduled(event: Event, store: Store) -> Notices:
    seat = await store.seat(BookingId(event.subject_id))
    if seat is None or seat.booking.status is not BookingStatus.CONFIRMED:
        return ()
    return (notice(NotificationKind.BOOKING_RESCHEDULED, _told(event), **seat_facts(seat)),)


async def _booking_canceled(event: Event, store: Store) -> Notices:
    """One mail to each holder for all seats that go back at once; none for a seat without time and refund."""
    seat = await store.seat(BookingId(event.subject_id))
    if seat is None:
        return ()
    refund_id = seat.booking.refund_id
    refund = None if refund_id is None else await store.refund(refund_id)
    if refund is None and seat.session.start_time is None:
        return ()
    together = [seat.booking.id] if refund is None else await _given_back(refund, seat, store)
    if together[0] != seat.booking.id:
        return ()
    kind = NotificationKind.BOOKING_CANCELED
    if seat.session.called_off:
        kind = NotificationKind.SESSION_CANCELED
    facts = seat_facts(seat) | _refund_facts(refund, seat)
    return (notice(kind, _told(event), sessions=len(together), **facts),)


async def _session_reminder(event: Event, store: Store) -> Notices:
    """To everybody with a paid seat, unless the session has moved or is off since."""
    view = await store.load_delivery(SessionId(event.subject_id))
    if view is None or view.session.status is not SessionStatus.SCHEDULED:
        return ()
    start = view.session.start_time
    if plain(start) != event.payload["start_time"]:
        return ()
    hours = event.payload["hours"]
    return tuple(
        notice(
            NotificationKind.SESSION_REMINDER,
            str(seat.booking.user_id),
            hours=hours,
            **{UNTIL: start},
            **seat_facts(seat),
        )
        for seat in view.seats
        if seat.booking.status is BookingStatus.CONFIRMED
    )


async def _review_request(event: Event, store: Store) -> Notices:
    """To everybody who is not known to have missed the session."""
    view = await store.load_delivery(SessionId(event.subject_id))
    return tuple(
        notice(NotificationKind.REVIEW_REQUEST, str(seat.booking.user_id), **seat_facts(seat))
        for seat in (() if view is None else view.seats)
        if seat.completed and seat.booking.attendance is not Attendance.NO_SHOW
    )


async def _package_expiring(event: Event, store: Store) -> Notices:
    return (
        notice(
            NotificationKind.PACKAGE_EXPIRING,
            _told(event),
            service_name=await _bought(event, store),
            order_id=event.payload["order_id"],
            expires_at=event.payload["expires_at"],
            days_left=event.payload["days_left"],
            sessions=event.payload["sessions"],
            **{UNTIL: event.payload["expires_at"]},
        ),
    )


async def _package_transferred(event: Event, store: Store) -> Notices:
    return (
        notice(
            NotificationKind.PACKAGE_TRANSFERRED,
            _told(event, "to_user_id"),
            service_name=await _bought(event, store),
            order_id=event.payload["order_id"],
            sessions=event.payload["seats"],
        ),
    )


async def _waitlist_offered(event: Event, store: Store) -> Notices:
    entry = await store.waitlist_entry(WaitlistId(event.subject_id))
    if entry is None or entry.status is not WaitlistStatus.OFFERED:
        return ()
    session = await store.session(entry.session_id)
    service = await store.service(entry.service_id)
    if session is None or service is None:
        return ()
    return (
        notice(
            NotificationKind.WAITLIST_OFFERED,
            _told(event),
            service_name=service.name,
            session_id=session.id,
            start_time=session.start_time,
            end_time=session.end_time,
            offer_expires_at=entry.offer_expires_at,
            **{UNTIL: entry.offer_expires_at},
        ),
    )


async def _earnings_released(event: Event, store: Store) -> Notices:
    earned = await store.load_earnings([EarningsId(event.subject_id)])
    seat = await store.seat(earned[0].booking_id) if earned else None
    if seat is None:
        return ()
    return (
        notice(
            NotificationKind.EARNINGS_RELEASED,
            _told(event, "practitioner_id"),
            net_amount_cents=event.payload["net_amount_cents"],
            currency=event.payload["currency"],
            **seat_facts(seat),
        ),
    )


async def _payout_sent(event: Event, store: Store) -> Notices:
    view = await store.load_payout(PayoutId(event.subject_id))
    if view is None:
        return ()
    return (
        notice(
            NotificationKind.PAYOUT_SENT,
            _told(event, "practitioner_id"),
            payout_id=view.payout.id,
            amount_cents=view.payout.amount_cents,
            currency=view.payout.currency,
            earnings_count=view.payout.earnings_count,
        ),
    )


PLANNERS: Final[Mapping[EventType, Planner]] = {
    EventType.BOOKING_CONFIRMED: _booking_confirmed,
    EventType.BOOKING_RESCHEDULED: _booking_rescheduled,
    EventType.BOOKING_CANCELED: _booking_canceled,
    EventType.SESSION_REMINDER: _session_reminder,
    EventType.SESSION_COMPLETED: _review_request,
    EventType.PACKAGE_EXPIRING: _package_expiring,
    EventType.PACKAGE_TRANSFERRED: _package_transferred,
    EventType.WAITLIST_OFFERED: _waitlist_offered,
    EventType.EARNINGS_AVAILABLE: _earnings_released,
    EventType.PAYOUT_PAID: _payout_sent,
}
"""What holders of seats are told, and practitioners of their money. A moved or canceled session is told of by
the events of its seats.
"""


def _told(event: Event, who: str = "user_id") -> str:
    """The id of whom the event is about."""
    return str(event.payload[who])


def _refund_facts(refund: Refund | None, seat: Seat) -> dict[str, Fact]:
    """The refund's figures for whom it goes to; `refund_cents` is None for the holder of a given seat.

    `refund_waits` is 1 while the buyer's bank decides on the payment.
    """
    if refund is None or refund.user_id != seat.booking.user_id:
        figure = 0 if refund is None else None
        return {
            "refund_cents": figure,
            "credits_cents": 0,
            "card_cents": 0,
            "currency": None,
            "refund_waits": int(awaits_refund(seat)),
        }
    return {
        "refund_cents": refund.refund_value_cents,
        "credits_cents": refund.credits_cents,
        "card_cents": refund.card_cents,
        "currency": refund.currency,
        "refund_waits": 0,
    }


async def _given_back(refund: Refund, seat: Seat, store: Store) -> Sequence[BookingId]:
    """The seats of the same holder that a refund gives back, in its order."""
    owners = {one.booking.id: one.booking.user_id for one in await store.order_seats(refund.order_id)}
    lines = (line.booking_id for line in refund.lines)
    return [booking_id for booking_id in lines if owners.get(booking_id) == seat.booking.user_id]


async def _bought(event: Event, store: Store) -> str:
    """The name of what the event's order bought."""
    order = await store.order(OrderId(UUID(str(event.payload["order_id"]))))
    service = None if order is None or order.service_id is None else await store.service(order.service_id)
    if service is None:
        raise LookupError(f"order {event.payload['order_id']} bought no service")
    return service.name
