"""A small marketplace on the in-memory adapters: one practitioner, one customer, one admin."""

from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from core.domain.actors import Actor, Role
from core.domain.bookings import Seat
from core.domain.catalogue import Component, Service, ServiceType
from core.domain.ids import ServiceId, UserId
from core.domain.ledger import user_credit
from core.domain.orders import Destination, Order, Refund
from core.domain.planning import Checkout
from core.domain.rules import Rules
from core.usecases.catalogue import (
    NewSession,
    PractitionerProfile,
    create_service,
    create_session,
    save_practitioner,
)
from core.usecases.checkout import checkout
from core.usecases.context import Ports
from core.usecases.credits import grant_credits
from core.usecases.ledger import check_ledger
from core.usecases.refund import refund_order
from core.usecases.schedule import schedule
from core.usecases.settle_payment import Receipt
from core.usecases.sweep import SweepReport, sweep
from ports.store import Store
from tests.builders import NOW, SequentialIds

VISA = "pm_card_visa"
DECLINED = "pm_card_chargeDeclined"
ASKING = "pm_card_authenticationRequired"


@frozen(kw_only=True)
class World:
    """The ports and people of one test. `store`, `gateway` and `clock` are the ports themselves."""

    store: Store = field(factory=MemoryStore)
    gateway: FakeGateway = field(factory=FakeGateway)
    clock: MovableClock = field(factory=lambda: MovableClock(NOW))
    ids: SequentialIds = field(factory=SequentialIds)
    rules: Rules = field(factory=Rules)

    @property
    def ports(self) -> Ports:
        return Ports(
            store=self.store, payments=self.gateway, clock=self.clock, ids=self.ids, rules=self.rules
        )

    def person(self, *roles: Role) -> Actor:
        """Somebody new with these roles."""
        return Actor(user_id=UserId(self.ids()), roles=frozenset(roles))

    async def seller(self) -> Actor:
        """A practitioner with a profile."""
        actor = self.person(Role.PRACTITIONER)
        profile = PractitionerProfile(id=actor.user_id, display_name="Ana Reis", timezone="Europe/Lisbon")
        await save_practitioner(profile, actor=actor, ports=self.ports)
        return actor

    async def offer(self, seller: Actor, kind: ServiceType = ServiceType.SESSION, **fields: Any) -> Service:
        """A service of the seller's: 80.00 unless said otherwise."""
        values: dict[str, Any] = {"name": "Breathing", "price_cents": 8000, "currency": "usd"} | fields
        draft = Service(
            id=ServiceId(self.ids()),
            practitioner_id=seller.user_id,
            service_type=kind,
            created_at=NOW,
            **values,
        )
        return await create_service(draft, actor=seller, ports=self.ports)

    async def offer_package(
        self, seller: Actor, *, seats: int = 5, price_cents: int = 40000, **fields: Any
    ) -> Service:
        """A package of so many one-to-one sessions."""
        single = await self.offer(seller)
        parts = (Component(service_id=single.id, quantity=seats),)
        return await self.offer(
            seller, ServiceType.PACKAGE, price_cents=price_cents, components=parts, **fields
        )

    async def offer_class(
        self, service: Service, seller: Actor, *, days: int = 7, seats: int = 10
    ) -> NewSession:
        """A public session of a workshop or course, so many days ahead."""
        command = NewSession(
            service_id=service.id, start_time=self.clock.now() + timedelta(days=days), max_participants=seats
        )
        await create_session(command, actor=seller, ports=self.ports)
        return command

    async def give_credits(self, to: Actor, amount_cents: int) -> None:
        admin = self.person(Role.ADMIN)
        await grant_credits(to.user_id, amount_cents, reason="welcome", actor=admin, ports=self.ports)

    async def buy(self, buyer: Actor, service: Service, card: str | None = VISA, **fields: Any) -> Receipt:
        command = Checkout(user_id=buyer.user_id, service_id=service.id, payment_method_id=card, **fields)
        return await checkout(command, ports=self.ports)

    async def refund(self, buyer: Actor, receipt: Receipt) -> Refund:
        """Everything that is left of the order goes back the way it came."""
        return await refund_order(
            receipt.order.id,
            actor=buyer,
            booking_ids=None,
            destination=Destination.ORIGINAL,
            reason=None,
            ports=self.ports,
        )

    async def put_on(self, buyer: Actor, seat: Seat, start_time: datetime) -> Seat:
        """The seat, scheduled."""
        return await schedule(seat.booking.id, actor=buyer, start_time=start_time, ports=self.ports)

    async def sweep_after(self, wait: timedelta = timedelta(0)) -> SweepReport:
        """Let time pass and sweep."""
        self.clock.advance(wait)
        return await sweep(ports=self.ports)

    async def balance(self, account: str) -> int:
        return sum(b.balance_cents for b in await self.store.account_balances(account))

    async def credits_of(self, actor: Actor) -> tuple[int, int]:
        """Balance and holds; the balance is held against its postings."""
        account = await self.store.credit_account(actor.user_id)
        if account is None:
            return (0, 0)
        assert account.balance_cents == await self.balance(user_credit(actor.user_id))
        return (account.balance_cents, account.held_cents)

    async def order(self, receipt: Receipt) -> Order:
        """The receipt's order as it stands now."""
        stored = await self.store.order(receipt.order.id)
        assert stored is not None
        return stored

    async def seats(self, receipt: Receipt) -> tuple[Seat, ...]:
        """The receipt's seats as they stand now."""
        return tuple(await self.store.order_seats(receipt.order.id))

    async def assert_books_balance(self) -> None:
        """Every invariant of the ledger check holds."""
        report = await check_ledger(ports=self.ports)
        assert report.violations == ()
