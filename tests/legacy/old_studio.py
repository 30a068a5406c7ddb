"""A studio as the old system kept it: packages and bundles with parent bookings, workshops, courses, direct
bookings, credits, payouts. Deterministic for a seed; `broken` adds what real data has.

The last appointments are a while after `NOW`, the first ones months before.
"""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve

from core.domain.legacy.rows import (
    OldBooking,
    OldEarnings,
    OldOrder,
    OldPayout,
    OldPractitioner,
    OldPresence,
    OldRelationship,
    OldService,
    OldServiceType,
    OldSession,
    OldTransaction,
    OldUser,
)
from tests.legacy.old_rows import OldRows

NOW = datetime(2025, 11, 14, 10, tzinfo=UTC)
PRICES = (8000, 10000, 5000, 6500, 7999)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CODES = ("session", "workshop", "course", "package", "bundle")
RATES = (None, Decimal("12.50"), Decimal("20.00"))
ZONES = ("Europe/Madrid", "America/New_York", "UTC")


def old_studio(
    *,
    packages: int = 15,
    bundles: int = 8,
    direct: int = 40,
    workshops: int = 4,
    courses: int = 3,
    clients: int = 26,
    practitioners: int = 4,
    seed: int = 1,
    broken: bool = False,
) -> OldRows:
    """The whole database."""
    studio = OldStudio(clients=clients, practitioners=practitioners, seed=seed)
    for number in range(packages):
        studio.container("package", number)
    for number in range(bundles):
        studio.container("bundle", number)
    for number in range(workshops):
        studio.workshop(number)
    for number in range(courses):
        studio.course(number)
    for number in range(direct):
        studio.direct(number)
    if broken:
        studio.break_it()
    return studio.rows


class OldStudio:
    """Makes rows, each with the next id of its table."""

    def __init__(self, *, clients: int = 26, practitioners: int = 4, seed: int = 1) -> None:
        self.rows = OldRows()
        self.chance = random.Random(seed)
        for number in range(1, clients + practitioners + 1):
            surname = "O'Hara" if number % 7 == 0 else "Lee"
            self.user(f"user{number}@example.com", f"U{number}", surname, NOW - (400 - number % 400) * DAY)
        for number in range(practitioners):
            self.practitioner(number)
        for code in CODES:
            rate = Decimal("18.00") if code == "workshop" else Decimal("15.00")
            one = OldServiceType(
                id=len(self.rows.types) + 1, code=code, name=code.title(), commission_percent=rate
            )
            self.rows.types.append(one)
        self.clients = self.rows.people[practitioners:]
        self.singles = [
            self.service("session", PRICES[number % 5], number % practitioners)
            for number in range(max(5, practitioners))
        ]

    def user(self, email: str, first: str, last: str, joined: datetime) -> OldUser:
        made = OldUser(
            id=len(self.rows.people) + 1, email=email, first_name=first, last_name=last, date_joined=joined
        )
        self.rows.people.append(made)
        return made

    def practitioner(self, number: int, **other: Any) -> OldPractitioner:
        fields: dict[str, Any] = {
            "id": len(self.rows.practitioners) + 1,
            "user_id": self.rows.people[number].id,
            "display_name": f"Practitioner {number}",
            "commission_percent": RATES[number % 3],
            "timezone": ZONES[number % 3],
            "stripe_account_id": f"acct_{number}" if number % 2 else None,
        }
        made = OldPractitioner(**(fields | other))
        self.rows.practitioners.append(made)
        return made

    def service(self, code: str, price: int, practitioner: int, **other: Any) -> OldService:
        number = len(self.rows.services) + 1
        fields: dict[str, Any] = {
            "id": number,
            "service_type_id": CODES.index(code) + 1,
            "primary_practitioner_id": self.rows.practitioners[practitioner].id,
            "name": f"{code.title()} {number}",
            "description": None if price % 2 else "About it",
            "price_cents": price,
            "duration_minutes": 60,
            "max_participants": 1,
            "validity_days": None,
            "metadata": None,
            "is_active": True,
            "created_at": NOW - 300 * DAY,
        }
        made = OldService(**(fields | other))
        self.rows.services.append(made)
        return made

    def order(
        self, user: OldUser, service: OldService | None, price: int, at: datetime, **other: Any
    ) -> OldOrder:
        number = len(self.rows.orders) + 1
        used = other.pop("credits_applied_cents", 0)
        fields: dict[str, Any] = {
            "id": number,
            "user_id": user.id,
            "service_id": None if service is None else service.id,
            "order_type": "direct" if service else "credit",
            "status": "completed",
            "subtotal_amount_cents": price,
            "credits_applied_cents": used,
            "total_amount_cents": price - used,
            "currency": "usd",
            "stripe_payment_intent_id": f"pi_{number}" if price > used else None,
            "package_metadata": None,
            "created_at": at,
        }
        made = OldOrder(**(fields | other))
        self.rows.orders.append(made)
        return made

    def transaction(
        self,
        kind: str,
        cents: int,
        order: OldOrder,
        booking: OldBooking | None = None,
    ) -> OldTransaction:
        """A movement of the order's user's credits, at the time of the order."""
        made = OldTransaction(
            id=len(self.rows.transactions) + 1,
            user_id=order.user_id,
            order_id=order.id,
            booking_id=None if booking is None else booking.id,
            transaction_type=kind,
            amount_cents=cents,
            description=kind,
            created_at=order.created_at,
        )
        self.rows.transactions.append(made)
        return made

    def booking(
        self, user: OldUser, service: OldService, order: OldOrder | None, at: datetime, **other: Any
    ) -> OldBooking:
        """A paid draft unless told otherwise; with a `start_time` it lasts an hour."""
        start, status = other.get("start_time"), other.get("status", "draft")
        price = other.pop("price", 0)
        seller = next(p for p in self.rows.practitioners if p.id == service.primary_practitioner_id)
        fields: dict[str, Any] = {
            "id": len(self.rows.bookings) + 1,
            "user_id": user.id,
            "service_id": service.id,
            "practitioner_id": seller.id,
            "order_id": None if order is None else order.id,
            "parent_booking_id": None,
            "service_session_id": None,
            "payment_transaction_id": None,
            "is_package_purchase": False,
            "is_bundle_purchase": False,
            "status": status,
            "payment_status": "paid",
            "start_time": start,
            "end_time": None if start is None else start + HOUR,
            "timezone": seller.timezone,
            "price_charged_cents": price,
            "discount_amount_cents": 0,
            "final_amount_cents": price,
            "service_name_snapshot": service.name,
            "service_description_snapshot": service.description or "",
            "practitioner_name_snapshot": seller.display_name,
            "client_notes": "",
            "completed_at": start + HOUR if status == "completed" and start is not None else None,
            "canceled_at": at if status == "cancelled" else None,
            "expires_at": None,
            "created_at": at,
        }
        made = OldBooking(**(fields | other))
        self.rows.bookings.append(made)
        return made

    def earning(
        self,
        booking: OldBooking,
        gross: int,
        status: str,
        after: datetime,
        payout: OldPayout | None = None,
        **other: Any,
    ) -> OldEarnings:
        seller = next(p for p in self.rows.practitioners if p.id == booking.practitioner_id)
        rate = seller.commission_percent or Decimal("15.00")
        fee = gross * int(rate * 100) // 10000
        fields: dict[str, Any] = {
            "id": len(self.rows.earned) + 1,
            "practitioner_id": seller.id,
            "booking_id": booking.id,
            "gross_amount_cents": gross,
            "commission_percent": rate,
            "commission_amount_cents": fee,
            "net_amount_cents": gross - fee,
            "status": status,
            "available_after": after,
            "payout_id": None if payout is None else payout.id,
            "description": "",
            "created_at": booking.created_at,
        }
        made = OldEarnings(**(fields | other))
        self.rows.earned.append(made)
        return made

    def payout(self, practitioner_id: int, cents: int, at: datetime, **other: Any) -> OldPayout:
        number = len(self.rows.payouts) + 1
        fields: dict[str, Any] = {
            "id": number,
            "practitioner_id": practitioner_id,
            "amount_cents": cents,
            "status": "paid",
            "stripe_transfer_id": f"tr_{number}",
            "created_at": at,
        }
        made = OldPayout(**(fields | other))
        self.rows.payouts.append(made)
        return made

    def session(
        self, service: OldService, start: datetime, minutes: int, status: str, **other: Any
    ) -> OldSession:
        end = start + timedelta(minutes=minutes)
        over = status == "completed"
        fields: dict[str, Any] = {
            "id": len(self.rows.sessions) + 1,
            "service_id": service.id,
            "session_type": None,
            "visibility": None,
            "start_time": start,
            "end_time": end,
            "timezone": "UTC",
            "max_participants": service.max_participants,
            "current_participants": 0,
            "sequence_number": None,
            "status": status,
            "actual_start_time": start if over else None,
            "actual_end_time": end if over else None,
        }
        made = OldSession(**(fields | other))
        self.rows.sessions.append(made)
        return made

    def grant(self, user: OldUser, cents: int, at: datetime) -> None:
        """Credits bought."""
        order = self.order(user, None, cents, at)
        self.transaction("purchase", cents, order)

    def container(self, kind: str, number: int, *, without: str | None = None) -> OldBooking:
        """A package or bundle with its parent, `without` its order or its children."""
        chance = self.chance
        user = chance.choice(self.clients)
        at = NOW - timedelta(days=chance.randint(1, 120), minutes=chance.randint(0, 999))
        single = self.singles[number % len(self.singles)]
        count, price = chance.choice(((5, 40000), (10, 80000), (3, 50000), (4, 29999)))
        used = chance.choice((0, 0, 10000))
        service = self._container_service(kind, price, single, count)
        if used:
            self.grant(user, used, at - DAY)
        order = (
            None if without == "order" else self.order(user, service, price, at, credits_applied_cents=used)
        )
        parent = self.booking(
            user,
            service,
            order,
            at,
            status="confirmed",
            price=price,
            expires_at=at + 180 * DAY if service.validity_days else None,
            **{f"is_{kind}_purchase": True},
        )
        if order is not None:
            self.transaction("purchase", price, order)
        if order is not None and used:
            self.transaction("usage", -used, order)
        for k in range(0 if without == "children" else count):
            self._child(single, order, parent, k, later=number // 60 * HOUR)
        return parent

    def _container_service(self, kind: str, price: int, single: OldService, count: int) -> OldService:
        practitioner = (single.primary_practitioner_id or 1) - 1
        if kind == "bundle":
            said = json.dumps({"session_count": count, "bundled_service_id": single.id})
            return self.service("bundle", price, practitioner, metadata=said)
        service = self.service("package", price, practitioner, validity_days=self.chance.choice((None, 180)))
        inside = OldRelationship(
            id=len(self.rows.relationships) + 1,
            parent_service_id=service.id,
            child_service_id=single.id,
            quantity=count,
        )
        self.rows.relationships.append(inside)
        return service

    def _child(
        self, single: OldService, order: OldOrder | None, parent: OldBooking, k: int, *, later: timedelta
    ) -> None:
        roll, at = self.chance.random(), parent.created_at
        start, status = None, "draft"
        if roll < 0.35 and at + (k + 1) * DAY + 2 * HOUR <= NOW:
            start, status = at + (k + 1) * DAY + HOUR, "completed"
        elif 0.35 <= roll < 0.55:
            start, status = NOW + (k + 1) * DAY + 3 * HOUR + later, "confirmed"
        named = order if self.chance.random() < 0.8 else None
        user = self.rows.people[parent.user_id - 1]
        self.booking(user, single, named, at, start_time=start, status=status, parent_booking_id=parent.id)

    def workshop(self, number: int) -> OldSession:
        """Six people in a workshop of twelve; two thirds of those who came are known to have come."""
        service = self.service("workshop", 2500, number % len(self.rows.practitioners), max_participants=12)
        start = NOW + self.chance.randint(-30, 30) * DAY + number * HOUR
        over = start < NOW
        session = self.session(
            service, start, 120, "completed" if over else "scheduled", current_participants=6
        )
        for user in self.chance.sample(self.clients, 6):
            order = self.order(user, service, 2500, NOW - 40 * DAY)
            booking = self.booking(
                user,
                service,
                order,
                NOW - 40 * DAY,
                start_time=start,
                status="completed" if over else "confirmed",
                price=2500,
                service_session_id=session.id,
            )
            self.earning(booking, 2500, "available" if over else "pending", NOW - 38 * DAY)
            if over and user.id % 3:
                self.presence(session, user, start, start + timedelta(minutes=55))
        return session

    def presence(self, session: OldSession, user: OldUser, joined: datetime, left: datetime | None) -> None:
        made = OldPresence(
            id=len(self.rows.presences) + 1,
            service_session_id=session.id,
            user_id=user.id,
            joined_at=joined,
            left_at=left,
            duration_seconds=None if left is None else (left - joined) // timedelta(seconds=1),
        )
        self.rows.presences.append(made)

    def course(self, number: int) -> None:
        """Eight weeks, two of them over, three people who bought all of it."""
        service = self.service("course", 20000, number % len(self.rows.practitioners), max_participants=10)
        start = NOW - 14 * DAY
        classes = [
            self.session(
                service,
                start + timedelta(weeks=week),
                90,
                "completed" if week < 2 else "scheduled",
                current_participants=3,
                sequence_number=week + 1,
                actual_start_time=None,
                actual_end_time=None,
            )
            for week in range(8)
        ]
        for user in self.chance.sample(self.clients, 3):
            at = start - 5 * DAY
            order = self.order(user, service, 20000, at)
            for one in classes:
                self.booking(
                    user,
                    service,
                    order,
                    at,
                    start_time=one.start_time,
                    status="completed" if one.status == "completed" else "confirmed",
                    service_session_id=one.id,
                )

    def direct(self, number: int) -> None:
        """A single session; every third booking does not know its order."""
        chance = self.chance
        user, service = chance.choice(self.clients), chance.choice(self.singles)
        at = NOW - chance.randint(1, 60) * DAY - timedelta(minutes=number % 720)
        start = at + chance.randint(1, 40) * DAY
        past = start < NOW
        ends = ("completed", "completed", "completed", "cancelled")
        status = chance.choice(ends if past else ("confirmed",) * 4 + ("cancelled", "scheduled"))
        used, price = chance.choice((0, 0, 2000)), service.price_cents
        if used:
            self.grant(user, used, at - DAY)
        order = self.order(user, service, price, at, credits_applied_cents=used)
        named = order if number % 3 else None
        booking = self.booking(user, service, named, at, start_time=start, status=status, price=price)
        if named is None and not used:
            self.transaction("purchase", price, order, booking)
        if used:
            self.transaction("usage", -used, order, booking)
        if status != "cancelled":
            self._earn(booking, price, paid=bool(past and number % 2))

    def _earn(self, booking: OldBooking, price: int, *, paid: bool) -> None:
        """Paid earnings were paid at 15 percent, whatever their rate: what a payout carries."""
        assert booking.start_time is not None
        after = booking.created_at + 48 * HOUR
        if not paid:
            self.earning(booking, price, "pending", after)
            return
        went_out = price - price * 15 // 100
        payout = self.payout(booking.practitioner_id or 1, went_out, booking.start_time + 3 * DAY)
        self.earning(booking, price, "paid", after, payout)

    def break_it(self) -> None:
        """What real data has: a package without an order, a bundle without children, children of no package,
        bookings that only service and time can place and that nothing can, one address for two users, and a
        workshop stored twice.
        """
        first, second, third = self.clients[:3]
        self.container("package", 1, without="order")
        self.container("bundle", 2, without="children")
        order = self.order(first, self.singles[0], 8000, NOW)
        plain = self.booking(
            first, self.singles[0], order, NOW, start_time=NOW + 5 * DAY, status="confirmed", price=8000
        )
        for _ in range(2):
            self.booking(first, self.singles[0], None, NOW, parent_booking_id=plain.id)
        self.order(second, self.singles[1], 10000, NOW - 9 * DAY)
        self.booking(
            second,
            self.singles[1],
            None,
            NOW - 9 * DAY + timedelta(minutes=6),
            start_time=NOW + 2 * DAY,
            status="confirmed",
            price=10000,
        )
        self.booking(
            third,
            self.singles[2],
            None,
            NOW - 33 * DAY,
            start_time=NOW - 20 * DAY,
            status="completed",
            price=5000,
        )
        self.user("user9@example.com", "Twin", "Lee", NOW)
        if self.rows.sessions:
            self.rows.sessions.append(evolve(self.rows.sessions[0], id=len(self.rows.sessions) + 1))
