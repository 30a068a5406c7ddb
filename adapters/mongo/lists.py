"""Lists and details: each one indexed query."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from adapters.mongo.connection import Connection
from adapters.mongo.documents import Document
from adapters.mongo.indexes import FOR_REVIEW, OCCUPIED, OCCUPYING_INDIVIDUAL, one_of
from adapters.mongo.lookups import WITH_SESSION, Stage, in_order_of, to_seat
from adapters.mongo.pages import ASCENDING, after, both, only, order_by, page_of
from core.domain.bookings import Booking, Seat
from core.domain.catalogue import Practitioner, Service, ServiceStatus, ServiceType, Visibility
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.ids import BookingId, OrderId, PaymentId, RefundId, ServiceId, SessionId, UserId
from core.domain.notifications import Contact
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, EarningsStatus, OrderStatus, SessionStatus
from ports.queries import BookingState, Items, Page

Listed = TypeVar("Listed", Service, Order, Earnings, Payout, Dispute)

OLDEST_FIRST: Final = order_by("created_at", ASCENDING)
OVER: Final = (SessionStatus.COMPLETED, SessionStatus.CANCELED)


class Lists:
    """The part of `ports.queries.Queries` that reads records as they are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def practitioner(self, practitioner_id: UserId) -> Practitioner | None:
        return await self._connection.get(Practitioner, practitioner_id)

    async def practitioners_with_account(self, stripe_account_id: str) -> Sequence[Practitioner]:
        """Those who named this account at the gateway."""
        return await self._connection.find(Practitioner, {"stripe_account_id": stripe_account_id})

    async def service(self, service_id: ServiceId) -> Service | None:
        return await self._connection.get(Service, service_id)

    async def services_by_id(self, ids: Sequence[ServiceId]) -> Sequence[Service]:
        """Those of them that exist, in the order of the ids."""
        found = await self._connection.find(Service, {"_id": {"$in": list(ids)}})
        return in_order_of(ids, {service.id: service for service in found})

    async def services(
        self, page: Page, *, service_type: ServiceType | None = None, practitioner_id: UserId | None = None
    ) -> Items[Service]:
        """Active public services, newest first; with `practitioner_id` that practitioner's."""
        listed = only(
            status=ServiceStatus.ACTIVE,
            visibility=Visibility.PUBLIC,
            service_type=service_type,
            practitioner_id=practitioner_id,
        )
        return await self._newest(Service, listed, page)

    async def contact(self, user_id: UserId) -> Contact | None:
        return await self._connection.get(Contact, user_id)

    async def session(self, session_id: SessionId) -> ServiceSession | None:
        return await self._connection.get(ServiceSession, session_id)

    async def sessions(
        self,
        page: Page,
        *,
        service_id: ServiceId | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Items[ServiceSession]:
        """Public sessions that have a time and start in [start, end), oldest first by start."""
        times: Document = {"$type": "date"}
        if start is not None:
            times["$gte"] = start
        if end is not None:
            times["$lt"] = end
        where = only(visibility=Visibility.PUBLIC, service_id=service_id, start_time=times)
        found = await self._connection.find(
            ServiceSession,
            both(where, after(page, "start_time", ASCENDING)),
            sort=order_by("start_time", ASCENDING),
            limit=page.limit + 1,
        )
        return page_of(found, page, lambda session: (session.start_time, session.id))

    async def sessions_for_review(
        self, page: Page, *, practitioner_id: UserId | None
    ) -> Items[ServiceSession]:
        """Sessions that need a review, oldest first by start; everybody's with None."""
        found = await self._connection.find(
            ServiceSession,
            both(FOR_REVIEW | only(practitioner_id=practitioner_id), after(page, "start_time", ASCENDING)),
            sort=order_by("start_time", ASCENDING),
            limit=page.limit + 1,
        )
        return page_of(found, page, lambda session: (session.start_time, session.id))

    async def busy(
        self, practitioner_id: UserId, *, start: datetime, end: datetime
    ) -> Sequence[ServiceSession]:
        """The individual sessions that keep the practitioner busy in [start, end), in any order."""
        where: Document = OCCUPYING_INDIVIDUAL | {
            "practitioner_id": practitioner_id,
            "start_time": {"$lt": end},
            "end_time": {"$gt": start},
        }
        return await self._connection.find(ServiceSession, where)

    async def order(self, order_id: OrderId) -> Order | None:
        return await self._connection.get(Order, order_id)

    async def orders(
        self,
        page: Page,
        *,
        user_id: UserId | None,
        order_type: OrderType | None = None,
        status: OrderStatus | None = None,
    ) -> Items[Order]:
        """A user's orders, newest first; everybody's with None."""
        return await self._newest(Order, only(user_id=user_id, order_type=order_type, status=status), page)

    async def order_seats(self, order_id: OrderId) -> Sequence[Seat]:
        """All seats of an order, oldest first."""
        ordered = {"$sort": dict(OLDEST_FIRST)}
        return await self._seats([{"$match": {"order_id": order_id}}, ordered, *WITH_SESSION])

    async def order_payments(self, order_id: OrderId) -> Sequence[Payment]:
        """All payments of an order, oldest first."""
        return await self._connection.find(Payment, {"order_id": order_id}, sort=OLDEST_FIRST)

    async def seat(self, booking_id: BookingId) -> Seat | None:
        found = await self._seats([{"$match": {"_id": booking_id}}, *WITH_SESSION])
        return found[0] if found else None

    async def seats(
        self,
        page: Page,
        *,
        user_id: UserId,
        now: datetime,
        state: BookingState | None = None,
        order_id: OrderId | None = None,
        session_id: SessionId | None = None,
    ) -> Items[Seat]:
        """A user's seats, newest booking first."""
        bookings, sessions = _in_state(state, now)
        mine = only(user_id=user_id, order_id=order_id, session_id=session_id) | bookings
        limit: Stage = {"$limit": page.limit + 1}
        pipeline: list[Stage] = [
            {"$match": both(mine, after(page, "created_at"))},
            {"$sort": dict(order_by("created_at"))},
            # Without a condition on sessions, only those of this page are looked up.
            *((*WITH_SESSION, {"$match": sessions}, limit) if sessions else (limit, *WITH_SESSION)),
        ]
        found = await self._seats(pipeline)
        return page_of(found, page, lambda seat: (seat.booking.created_at, seat.booking.id))

    async def payment(self, payment_id: PaymentId) -> Payment | None:
        return await self._connection.get(Payment, payment_id)

    async def refund(self, refund_id: RefundId) -> Refund | None:
        return await self._connection.get(Refund, refund_id)

    async def refunds(self, order_id: OrderId) -> Sequence[Refund]:
        """An order's refunds, oldest first."""
        return await self._connection.find(Refund, {"order_id": order_id}, sort=OLDEST_FIRST)

    async def credit_account(self, user_id: UserId) -> CreditAccount | None:
        return await self._connection.get(CreditAccount, user_id)

    async def earnings(
        self, page: Page, *, practitioner_id: UserId | None, status: EarningsStatus | None = None
    ) -> Items[Earnings]:
        """A practitioner's earnings, newest first; everybody's with None."""
        return await self._newest(Earnings, only(practitioner_id=practitioner_id, status=status), page)

    async def payouts(self, page: Page, *, practitioner_id: UserId | None) -> Items[Payout]:
        """A practitioner's payouts, newest first; everybody's with None."""
        return await self._newest(Payout, only(practitioner_id=practitioner_id), page)

    async def _newest(self, kind: type[Listed], where: Document, page: Page) -> Items[Listed]:
        """A page of records by creation, newest first."""
        found = await self._connection.find(
            kind,
            both(where, after(page, "created_at")),
            sort=order_by("created_at"),
            limit=page.limit + 1,
        )
        return page_of(found, page, _created)

    async def _seats(self, pipeline: Sequence[Stage]) -> list[Seat]:
        return [to_seat(document) for document in await self._connection.aggregate(Booking, pipeline)]


def _created(row: Any) -> tuple[datetime, UUID]:
    return row.created_at, row.id


def _in_state(state: BookingState | None, now: datetime) -> tuple[Document, Document]:
    """What a state asks of the booking, and of its session."""
    match state:
        case None:
            return {}, {}
        case BookingState.UNSCHEDULED:
            return {"status": BookingStatus.DRAFT}, {}
        case BookingState.CANCELED:
            return {"status": BookingStatus.CANCELED}, {}
        case BookingState.UPCOMING:
            running = {"session.status": {"$nin": list(OVER)}, "session.end_time": {"$gt": now}}
            return {"status": one_of(OCCUPIED)}, running
        case BookingState.PAST:
            completed = {"session.status": SessionStatus.COMPLETED}
            return {"status": one_of(OCCUPIED)}, {"$or": [completed, {"session.end_time": {"$lte": now}}]}
