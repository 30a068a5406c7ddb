"""The declared loads of the memory store: each reads without a pause, so it is one snapshot."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from adapters.memory.tables import OCCUPIED
from adapters.memory.waitlist import MemoryWaitlist
from core.domain.bookings import Seat
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings
from core.domain.idempotency import IdempotencyRecord
from core.domain.ids import (
    BookingId,
    EarningsId,
    OrderId,
    PaymentId,
    PayoutId,
    RefundId,
    ServiceId,
    SessionId,
    UserId,
)
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, SessionStatus, WaitlistStatus
from core.domain.views import (
    CancellationView,
    CheckoutView,
    DeliveryView,
    OrderView,
    PayoutSettlementView,
    PayoutView,
    RefundView,
    ScheduleView,
)
from core.domain.waitlist import WaitlistEntry


class MemoryLoads(MemoryWaitlist):
    """What each decision has to know, as `ports.store.Store` declares it."""

    async def load_checkout(
        self,
        service_id: ServiceId,
        user_id: UserId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> CheckoutView | None:
        """What buying the service takes; None when the service does not exist."""
        await self._turn()
        tables = self._tables
        service = tables.services.get(service_id)
        practitioner = None if service is None else tables.practitioners.get(service.practitioner_id)
        if service is None or practitioner is None:
            return None

        account = tables.accounts.get(user_id)
        individual = service.service_type is ServiceType.SESSION
        return CheckoutView(
            service=service,
            practitioner=practitioner,
            parts=tuple(self._services(part.service_id for part in service.parts)),
            account=CreditAccount(user_id=user_id, currency=service.currency) if account is None else account,
            sessions=self._sessions_to_buy(service, session_id),
            busy=self._busy(practitioner, start_time, service.duration_minutes) if individual else (),
            offer=self._offer(session_id, user_id),
        )

    async def load_payment(self, payment_id: PaymentId) -> OrderView | None:
        """The order that a payment is for, with everything of it."""
        await self._turn()
        payment = self._tables.payments.get(payment_id)
        return None if payment is None else self._order_view(payment.order_id)

    async def load_order(self, order_id: OrderId) -> OrderView | None:
        """An order with everything of it."""
        await self._turn()
        return self._order_view(order_id)

    async def load_schedule(
        self,
        booking_id: BookingId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> ScheduleView | None:
        """What scheduling a seat takes."""
        await self._turn()
        tables = self._tables
        booking = tables.bookings.get(booking_id)
        if booking is None:
            return None

        seat = self._seat(booking)
        practitioner = tables.practitioners.rows[booking.practitioner_id.int]
        busy = self._busy(practitioner, start_time, seat.session.duration_minutes)
        return ScheduleView(
            seat=seat,
            order=tables.orders.rows[booking.order_id.int],
            service=tables.services.rows[booking.service_id.int],
            practitioner=practitioner,
            busy=tuple(session for session in busy if session.id != booking.session_id),
            target=None if session_id is None else tables.sessions.get(session_id),
            earnings=next(iter(self._earnings_of((booking_id,))), None),
            offer=self._offer(session_id, booking.user_id),
        )

    async def load_delivery(self, session_id: SessionId) -> DeliveryView | None:
        """A session with its occupied seats, their orders and earnings, and its room's events."""
        await self._turn()
        tables = self._tables
        session = tables.sessions.get(session_id)
        if session is None:
            return None

        everybody = tables.bookings.at(tables.sessions_bookings.ascending(session_id.int))
        bookings = [booking for booking in everybody if booking.status in OCCUPIED]
        orders = dict.fromkeys(booking.order_id.int for booking in bookings)
        return DeliveryView(
            session=session,
            seats=tuple(Seat(booking=booking, session=session) for booking in bookings),
            orders=tuple(tables.orders.rows[key] for key in orders),
            earnings=self._earnings_of(booking.id for booking in bookings),
            room_events=tuple(tables.room_events.at(tables.rooms_events.ascending(session_id.int))),
        )

    async def load_cancellation(self, session_id: SessionId) -> CancellationView | None:
        """A session with its live seats, their orders with payments, and the seats' earnings."""
        await self._turn()
        tables = self._tables
        session = tables.sessions.get(session_id)
        if session is None:
            return None

        everybody = tables.bookings.at(tables.sessions_bookings.ascending(session_id.int))
        bookings = [booking for booking in everybody if booking.status is not BookingStatus.CANCELED]
        orders = tuple(dict.fromkeys(booking.order_id for booking in bookings))
        return CancellationView(
            session=session,
            seats=tuple(Seat(booking=booking, session=session) for booking in bookings),
            orders=tuple(tables.orders.rows[order_id.int] for order_id in orders),
            payments=tuple(row for order_id in orders for row in self._order_payments(order_id)),
            earnings=self._earnings_of(booking.id for booking in bookings),
        )

    async def load_refund(self, refund_id: RefundId) -> RefundView | None:
        """A refund under way, with its order and payment."""
        await self._turn()
        tables = self._tables
        refund = tables.refunds.get(refund_id)
        if refund is None:
            return None
        return RefundView(
            refund=refund,
            order=tables.orders.rows[refund.order_id.int],
            payment=None if refund.payment_id is None else tables.payments.rows[refund.payment_id.int],
        )

    async def load_payable(self, practitioner_id: UserId) -> PayoutView | None:
        """The practitioner's earnings that are available and in no payout, oldest first."""
        await self._turn()
        tables = self._tables
        practitioner = tables.practitioners.get(practitioner_id)
        if practitioner is None:
            return None
        keys = tables.payable_earnings.ascending(practitioner_id.int)
        return PayoutView(practitioner=practitioner, earnings=tuple(tables.earnings.at(keys)))

    async def load_payout(self, payout_id: PayoutId) -> PayoutSettlementView | None:
        """A payout under way, with the earnings it took."""
        await self._turn()
        tables = self._tables
        payout = tables.payouts.get(payout_id)
        if payout is None:
            return None
        keys = tables.payouts_earnings.ascending(payout_id.int)
        return PayoutSettlementView(
            payout=payout,
            practitioner=tables.practitioners.rows[payout.practitioner_id.int],
            earnings=tuple(tables.earnings.at(keys)),
        )

    async def load_earnings(self, ids: Sequence[EarningsId]) -> Sequence[Earnings]:
        """The earnings with these ids, in any order."""
        await self._turn()
        rows = self._tables.earnings.rows
        return [rows[key.int] for key in ids if key.int in rows]

    async def find_idempotency(self, actor: str, key: str) -> IdempotencyRecord | None:
        """What is known about a caller's key."""
        await self._turn()
        return self._tables.requests.rows.get((actor, key))

    def _offer(self, session_id: SessionId | None, user_id: UserId) -> WaitlistEntry | None:
        place = None if session_id is None else self._live_place(session_id, user_id)
        return place if place is not None and place.status is WaitlistStatus.OFFERED else None

    def _order_view(self, order_id: OrderId) -> OrderView | None:
        order = self._tables.orders.get(order_id)
        if order is None:
            return None
        seats = tuple(self._order_seats(order_id))
        return OrderView(
            order=order,
            seats=seats,
            payments=tuple(self._order_payments(order_id)),
            earnings=self._earnings_of(seat.booking.id for seat in seats),
        )

    def _earnings_of(self, bookings: Iterable[BookingId]) -> tuple[Earnings, ...]:
        tables = self._tables
        found = (tables.earnings_of_booking.owners.get(key.int) for key in bookings)
        return tuple(tables.earnings.rows[key] for key in found if key is not None)

    def _busy(
        self, practitioner: Practitioner, start: datetime | None, minutes: int
    ) -> tuple[ServiceSession, ...]:
        """The practitioner's sessions in the way of one that would start then, buffers included."""
        if start is None:
            return ()
        availability = practitioner.availability
        buffer = timedelta(minutes=0 if availability is None else availability.buffer_minutes)
        end = start + timedelta(minutes=minutes)
        return self._busy_between(practitioner.id, start - buffer, end + buffer)

    def _sessions_to_buy(self, service: Service, session_id: SessionId | None) -> tuple[ServiceSession, ...]:
        tables = self._tables
        if service.service_type is ServiceType.WORKSHOP and session_id is not None:
            chosen = tables.sessions.get(session_id)
            return () if chosen is None or chosen.service_id != service.id else (chosen,)
        if service.service_type is ServiceType.COURSE:
            rows = tables.sessions.at(tables.course_sessions.ascending(service.id.int))
            return tuple(sorted((s for s in rows if s.status is not SessionStatus.CANCELED), key=_by_start))
        return ()


def _by_start(session: ServiceSession) -> tuple[bool, datetime, int]:
    start = session.start_time
    return (start is None, session.created_at if start is None else start, session.id.int)
