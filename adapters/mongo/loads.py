"""The declared loads: what each decision has to know, in one command where one will do.

An aggregation over one collection with its lookups is one snapshot; where lists may be long, two
or three commands share the snapshot of a session instead.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from attrs import evolve

from adapters.mongo.documents import Document, request_key
from adapters.mongo.indexes import OCCUPIED, one_of
from adapters.mongo.lookups import (
    WITH_SESSION,
    Stage,
    busy,
    first_of,
    offered,
    related,
    single,
)
from adapters.mongo.views import (
    cancellation_view,
    checkout_view,
    delivery_view,
    order_view,
    payout_view,
    refund_view,
    schedule_view,
)
from adapters.mongo.waitlist import Waitlists
from core.domain.bookings import Booking
from core.domain.catalogue import Practitioner, Service, ServiceType
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
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
from core.domain.orders import Order, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, EarningsStatus, SessionStatus
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

OLDEST_FIRST: Final = (("created_at", 1), ("_id", 1))
AS_IT_HAPPENED: Final = (("occurred_at", 1), ("_id", 1))
BY_CREATION: Final[Stage] = {"$sort": dict(OLDEST_FIRST)}
BY_START: Final[Stage] = {"$sort": {"start_time": 1, "_id": 1}}

WITH_EVERYTHING: Final[Sequence[Stage]] = (
    related(Booking, by="_id", to="order_id", into="seats", then=(BY_CREATION, *WITH_SESSION)),
    related(Payment, by="_id", to="order_id", into="payments", then=(BY_CREATION,)),
    related(Earnings, by="seats._id", to="booking_id", into="earnings"),
)
"""Turn orders into views of them."""


class Loads(Waitlists):
    """The loads of `ports.store.Store`."""

    async def load_checkout(
        self,
        service_id: ServiceId,
        user_id: UserId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> CheckoutView | None:
        """What buying the service takes; None when the service does not exist."""
        pipeline: list[Stage] = [
            {"$match": {"_id": service_id}},
            {"$set": {"course": _if_type(ServiceType.COURSE, "$_id")}},
            {"$set": {"agenda": _if_type(ServiceType.SESSION, "$practitioner_id")}},
            related(Practitioner, by="practitioner_id", into="practitioner"),
            single(CreditAccount, key=user_id, into="account"),
            related(Service, by="components.service_id", into="components_of"),
            related(Service, by="bundled_service_id", into="bundled"),
            related(
                ServiceSession,
                by="course",
                to="service_id",
                into="course_sessions",
                then=({"$match": {"status": {"$ne": SessionStatus.CANCELED.value}}}, BY_START),
            ),
        ]
        if session_id is not None:
            pipeline.append(single(ServiceSession, key=session_id, into="chosen", service_id=service_id))
            pipeline.append(offered(session_id, user_id))
        if start_time is not None:
            pipeline.append(busy(by="agenda", start=start_time, minutes="$duration_minutes"))
        found = await self._connection.aggregate(Service, pipeline)
        return checkout_view(found[0], user_id) if found else None

    async def load_payment(self, payment_id: PaymentId) -> OrderView | None:
        """The order that a payment is for, with everything of it."""
        pipeline = [
            {"$match": {"_id": payment_id}},
            related(Order, by="order_id", into="order"),
            {"$replaceWith": {"$first": "$order"}},
            *WITH_EVERYTHING,
        ]
        found = await self._connection.aggregate(Payment, pipeline)
        return order_view(found[0]) if found else None

    async def load_order(self, order_id: OrderId) -> OrderView | None:
        """An order with everything of it."""
        pipeline = [{"$match": {"_id": order_id}}, *WITH_EVERYTHING]
        found = await self._connection.aggregate(Order, pipeline)
        return order_view(found[0]) if found else None

    async def load_schedule(
        self,
        booking_id: BookingId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> ScheduleView | None:
        """What scheduling a seat takes."""
        pipeline: list[Stage] = [
            {"$match": {"_id": booking_id}},
            *WITH_SESSION,
            related(Order, by="order_id", into="order"),
            related(Service, by="service_id", into="service"),
            related(Practitioner, by="practitioner_id", into="practitioner"),
            related(Earnings, by="_id", to="booking_id", into="earnings"),
        ]
        if start_time is not None:
            minutes = "$session.duration_minutes"
            pipeline.append(
                busy(by="practitioner_id", start=start_time, minutes=minutes, apart_from="$session_id")
            )
        if session_id is not None:
            pipeline.append(single(ServiceSession, key=session_id, into="target"))
            pipeline.append(offered(session_id, by="user_id"))
        found = await self._connection.aggregate(Booking, pipeline)
        return schedule_view(found[0]) if found else None

    async def load_delivery(self, session_id: SessionId) -> DeliveryView | None:
        """A session with its occupied seats, their orders and earnings, and its room's events."""
        pipeline = [
            {"$match": {"session_id": session_id, "status": one_of(OCCUPIED)}},
            BY_CREATION,
            related(Order, by="order_id", into="order"),
            first_of("order"),
            related(Earnings, by="_id", to="booking_id", into="earnings"),
        ]
        async with self._connection.one_snapshot() as snapshot:
            session = await self._connection.get(ServiceSession, session_id, session=snapshot)
            if session is None:
                return None
            found = await self._connection.aggregate(Booking, pipeline, session=snapshot)
            told = await self._connection.find(
                RoomEvent, {"session_id": session_id}, sort=AS_IT_HAPPENED, session=snapshot
            )
        return evolve(delivery_view(session, found), room_events=tuple(told))

    async def load_cancellation(self, session_id: SessionId) -> CancellationView | None:
        """A session with its live seats, their orders with payments, and the seats' earnings."""
        pipeline = [
            {"$match": {"session_id": session_id, "status": {"$ne": BookingStatus.CANCELED.value}}},
            BY_CREATION,
            related(Order, by="order_id", into="order"),
            first_of("order"),
            related(Payment, by="order_id", to="order_id", into="payments", then=(BY_CREATION,)),
            related(Earnings, by="_id", to="booking_id", into="earnings"),
        ]
        async with self._connection.one_snapshot() as snapshot:
            session = await self._connection.get(ServiceSession, session_id, session=snapshot)
            if session is None:
                return None
            found = await self._connection.aggregate(Booking, pipeline, session=snapshot)
        return cancellation_view(session, found)

    async def load_refund(self, refund_id: RefundId) -> RefundView | None:
        """A refund under way, with its order and the payment it goes back to."""
        pipeline = [
            {"$match": {"_id": refund_id}},
            related(Order, by="order_id", into="order"),
            related(Payment, by="payment_id", into="payment"),
        ]
        found = await self._connection.aggregate(Refund, pipeline)
        return refund_view(found[0]) if found else None

    async def load_payable(self, practitioner_id: UserId) -> PayoutView | None:
        """The practitioner's earnings that are available, not frozen and in no payout, oldest first."""
        payable = {
            "practitioner_id": practitioner_id,
            "status": EarningsStatus.AVAILABLE.value,
            "payout_id": None,
            "frozen": False,
        }
        async with self._connection.one_snapshot() as snapshot:
            practitioner = await self._connection.get(Practitioner, practitioner_id, session=snapshot)
            if practitioner is None:
                return None
            earnings = await self._connection.find(Earnings, payable, sort=OLDEST_FIRST, session=snapshot)
        return PayoutView(practitioner=practitioner, earnings=tuple(earnings))

    async def load_payout(self, payout_id: PayoutId) -> PayoutSettlementView | None:
        """A payout under way, with the earnings it took."""
        pipeline = [
            {"$match": {"_id": payout_id}},
            related(Practitioner, by="practitioner_id", into="practitioner"),
        ]
        async with self._connection.one_snapshot() as snapshot:
            found = await self._connection.aggregate(Payout, pipeline, session=snapshot)
            if not found:
                return None
            earnings = await self._connection.find(
                Earnings, {"payout_id": payout_id}, sort=OLDEST_FIRST, session=snapshot
            )
        return payout_view(found[0], earnings)

    async def load_earnings(self, ids: Sequence[EarningsId]) -> Sequence[Earnings]:
        """The earnings with these ids, in any order."""
        return await self._connection.find(Earnings, {"_id": {"$in": list(ids)}})

    async def find_idempotency(self, actor: str, key: str) -> IdempotencyRecord | None:
        """What is known about a caller's key."""
        return await self._connection.get(IdempotencyRecord, request_key(actor, key))


def _if_type(service_type: ServiceType, field: str) -> Document:
    """The field for services of this type; null, which leads nowhere, for others."""
    return {"$cond": [{"$eq": ["$service_type", service_type.value]}, field, None]}
