"""An old database in memory: plain rows, grouped as the port asks for them."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field

from core.domain.legacy import words
from core.domain.legacy.rows import (
    Anomaly,
    Appointment,
    Customer,
    Meeting,
    Offer,
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
    OldTotals,
    OldTransaction,
    OldUser,
    PackageSample,
    Payee,
    Seller,
    Settlement,
    Stray,
    Table,
)


@define(kw_only=True)
class OldRows:
    """All tables, and the port on them. What nothing needs here (`anomalies` and its like) is not told."""

    name: str = "memory"
    people: list[OldUser] = field(factory=list)
    practitioners: list[OldPractitioner] = field(factory=list)
    types: list[OldServiceType] = field(factory=list)
    services: list[OldService] = field(factory=list)
    relationships: list[OldRelationship] = field(factory=list)
    sessions: list[OldSession] = field(factory=list)
    orders: list[OldOrder] = field(factory=list)
    bookings: list[OldBooking] = field(factory=list)
    transactions: list[OldTransaction] = field(factory=list)
    payouts: list[OldPayout] = field(factory=list)
    earned: list[OldEarnings] = field(factory=list)
    presences: list[OldPresence] = field(factory=list)

    def tables(self) -> Mapping[Table, Sequence[Any]]:
        """The rows by table, parents first."""
        return {
            Table.USERS: self.people,
            Table.PRACTITIONERS: self.practitioners,
            Table.SERVICE_TYPES: self.types,
            Table.SERVICES: self.services,
            Table.RELATIONSHIPS: self.relationships,
            Table.SESSIONS: self.sessions,
            Table.ORDERS: self.orders,
            Table.BOOKINGS: self.bookings,
            Table.TRANSACTIONS: self.transactions,
            Table.PAYOUTS: self.payouts,
            Table.EARNINGS: self.earned,
            Table.PRESENCES: self.presences,
        }

    async def counts(self) -> Mapping[Table, int]:
        return {table: len(rows) for table, rows in self.tables().items()}

    async def totals(self) -> OldTotals:
        return OldTotals(
            order_subtotal_cents=sum(o.subtotal_amount_cents for o in self.orders),
            order_credits_cents=sum(o.credits_applied_cents for o in self.orders),
            order_card_cents=sum(o.total_amount_cents for o in self.orders),
            transactions_cents=sum(t.amount_cents for t in self.transactions),
            earnings_gross_cents=sum(e.gross_amount_cents for e in self.earned),
            earnings_net_cents=sum(e.net_amount_cents for e in self.earned),
            payouts_cents=sum(p.amount_cents for p in self.payouts),
        )

    async def service_types(self) -> Sequence[OldServiceType]:
        return self.types

    def users_by_id(self) -> Mapping[int, OldUser]:
        return {user.id: user for user in self.people}

    def seller(self, practitioner_id: int | None) -> Seller | None:
        found = next((p for p in self.practitioners if p.id == practitioner_id), None)
        if found is None:
            return None
        first = min(p.id for p in self.practitioners if p.user_id == found.user_id)
        return Seller(practitioner=found, user=self.users_by_id().get(found.user_id), first_id=first)

    def offer(self, service_id: int, *, whole: bool = True) -> Offer | None:
        """A service with its parts, without for a part itself."""
        service = next((s for s in self.services if s.id == service_id), None)
        if service is None:
            return None
        inside = tuple(r for r in self.relationships if r.parent_service_id == service_id) if whole else ()
        named = {row.child_service_id for row in inside} | (_bundled(service) if whole else set())
        parts = (self.offer(one, whole=False) for one in sorted(named))
        return Offer(
            service=service,
            type=next((t for t in self.types if t.id == service.service_type_id), None),
            seller=self.seller(service.primary_practitioner_id),
            relationships=inside,
            parts=tuple(part for part in parts if part is not None),
        )

    def meeting(self, session: OldSession) -> Meeting:
        seats = [b for b in self.bookings if b.service_session_id == session.id and not b.is_parent]
        siblings = [
            s
            for s in self.sessions
            if s.service_id == session.service_id and s.status not in words.CANCELED and s.start_time
        ]
        siblings.sort(key=lambda s: (str(s.start_time), s.id))
        return Meeting(
            session=session,
            offer=self.offer(session.service_id),
            occupied=sum(b.status in words.SEATED for b in seats),
            completed=sum(b.status in words.DELIVERED for b in seats),
            room_used=any(p.service_session_id == session.id for p in self.presences),
            position=siblings.index(session) + 1 if session in siblings else 0,
        )

    def settlement(self, payout: OldPayout) -> Settlement:
        there = {b.id for b in self.bookings}
        taken = [
            e
            for e in self.earned
            if e.payout_id == payout.id and e.status != words.REVERSED and e.booking_id in there
        ]
        return Settlement(
            payout=payout,
            earnings_count=len(taken),
            earnings_net_cents=sum(e.net_amount_cents for e in taken),
        )

    def payee(self, practitioner: OldPractitioner) -> Payee:
        seller = self.seller(practitioner.id)
        assert seller is not None
        paid = tuple(self.settlement(p) for p in self.payouts if p.practitioner_id == practitioner.id)
        return Payee(seller=seller, settlements=paid)

    def customer(self, user: OldUser) -> Customer:
        orders = tuple(o for o in self.orders if o.user_id == user.id)
        bookings = tuple(b for b in self.bookings if b.user_id == user.id)
        own = {b.id for b in bookings}
        earnings = tuple(e for e in self.earned if e.booking_id in own)
        presences = tuple(p for p in self.presences if p.user_id == user.id)
        services = {b.service_id for b in bookings} | {o.service_id for o in orders if o.service_id}
        sellers = {b.practitioner_id for b in bookings} | {e.practitioner_id for e in earnings}
        offers = tuple(offer for one in sorted(services) if (offer := self.offer(one)))
        sellers |= {offer.service.primary_practitioner_id for offer in offers}
        met = {b.service_session_id for b in bookings} | {p.service_session_id for p in presences}
        paid = {e.payout_id for e in earnings}
        return Customer(
            user=user,
            orders=orders,
            bookings=bookings,
            transactions=tuple(t for t in self.transactions if t.user_id == user.id),
            earnings=earnings,
            presences=presences,
            offers=offers,
            meetings=tuple(self.meeting(s) for s in self.sessions if s.id in met),
            sellers=tuple(s for one in sorted(filter(None, sellers)) if (s := self.seller(one))),
            settlements=tuple(self.settlement(p) for p in self.payouts if p.id in paid),
        )

    def users_after(self, after: int) -> Iterator[OldUser]:
        return (user for user in self.people if user.id > after)

    async def users(self, *, after: int = 0) -> AsyncIterator[OldUser]:
        for user in self.users_after(after):
            yield user

    async def payees(self, *, after: int = 0) -> AsyncIterator[Payee]:
        for practitioner in self.practitioners:
            if practitioner.id > after:
                yield self.payee(practitioner)

    async def offers(self, *, after: int = 0) -> AsyncIterator[Offer]:
        for service in self.services:
            offer = self.offer(service.id)
            if service.id > after and offer is not None:
                yield offer

    async def meetings(self, *, after: int = 0) -> AsyncIterator[Meeting]:
        for session in self.sessions:
            if session.id > after:
                yield self.meeting(session)

    async def customers(self, *, after: int = 0) -> AsyncIterator[Customer]:
        for user in self.users_after(after):
            yield self.customer(user)

    async def appointments(self) -> AsyncIterator[Appointment]:
        for appointment in self.busy():
            yield appointment

    def busy(self) -> list[Appointment]:
        """Times to be kept, in the port's order."""
        individual = {
            s.id: s
            for s in self.services
            for t in self.types
            if t.id == s.service_type_id and t.code == words.INDIVIDUAL
        }
        every = {s.id: s for s in self.services}
        found = [
            Appointment(
                practitioner_id=individual[s.service_id].primary_practitioner_id or 0,
                session_id=s.id,
                booking_id=None,
                start_time=s.start_time,
                end_time=s.end_time,
                duration_minutes=individual[s.service_id].duration_minutes,
            )
            for s in self.sessions
            if s.service_id in individual and s.status in words.BUSY_SESSIONS and s.start_time is not None
        ]
        found += [
            Appointment(
                practitioner_id=b.practitioner_id or every[b.service_id].primary_practitioner_id or 0,
                session_id=None,
                booking_id=b.id,
                start_time=b.start_time,
                end_time=b.end_time,
                duration_minutes=every[b.service_id].duration_minutes,
            )
            for b in self.bookings
            if not b.is_parent
            and b.service_session_id is None
            and b.status in words.BUSY_BOOKINGS
            and b.start_time is not None
            and b.service_id in every
        ]
        return sorted(
            found,
            key=lambda a: (
                a.practitioner_id,
                a.start_time,
                a.session_id is None,
                a.session_id or a.booking_id,
            ),
        )

    async def strays(self) -> AsyncIterator[Stray]:
        strays: tuple[Stray, ...] = ()
        for stray in strays:
            yield stray

    async def anomalies(self) -> Mapping[Anomaly, int]:
        raise NotImplementedError

    async def examples(self, anomaly: Anomaly, limit: int) -> Sequence[int]:
        raise NotImplementedError

    async def sample_packages(self, limit: int) -> Sequence[PackageSample]:
        raise NotImplementedError

    async def close(self) -> None:
        pass


def _bundled(service: OldService) -> set[int]:
    """The service that a bundle's metadata names, if it is readable."""
    try:
        said = json.loads(service.metadata or "")
    except ValueError:
        return set()
    named = said.get("bundled_service_id") if isinstance(said, dict) else None
    return {named} if isinstance(named, int) else set()
