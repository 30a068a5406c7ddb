"""A package whose payment is disputed, and whoever has to do with it."""

from datetime import timedelta
from typing import Any

from attrs import frozen

from core.domain.actors import Actor, Role
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings
from core.domain.events import Event
from core.domain.gateway import DisputeReport
from core.domain.ids import PaymentId
from core.domain.ledger import (
    DISPUTES,
    PAYMENT_GATEWAY,
    PLATFORM_COMMISSION,
    PLATFORM_FORFEITS,
    PLATFORM_LOSSES,
    order_value,
    practitioner_account,
)
from core.domain.orders import Order
from core.domain.statuses import BookingStatus, DisputeStatus, PayoutStatus
from core.usecases.deliver import complete_session
from core.usecases.note_dispute import note_dispute
from core.usecases.payout import pay_out
from core.usecases.settle_payment import Receipt
from ports.queries import Page
from ports.store import Kind
from tests.usecases.world import World


@frozen(kw_only=True)
class Sold:
    """The package of 400.00, bought with 100.00 of credits and 300.00 by card."""

    world: World
    ana: Actor
    bea: Actor
    receipt: Receipt

    @property
    def payment_id(self) -> PaymentId:
        assert self.receipt.payment is not None
        return self.receipt.payment.id

    async def report(self, status: DisputeStatus, amount_cents: int | None = None) -> DisputeReport:
        payment = await self.world.store.payment(self.payment_id)
        assert payment is not None
        assert payment.gateway_ref is not None
        return await self.world.gateway.dispute(payment.gateway_ref, status, amount_cents)

    async def bank(self, status: DisputeStatus, amount_cents: int | None = None) -> Dispute:
        """The bank speaks, and we hear it; the books are whole afterwards."""
        noted = await note_dispute(await self.report(status, amount_cents), ports=self.world.ports)
        assert noted is not None
        await self.world.assert_books_balance()
        return noted

    async def deliver(self, count: int) -> None:
        """Deliver the next sessions."""
        drafts = [s for s in await self.world.seats(self.receipt) if s.booking.status is BookingStatus.DRAFT]
        for seat in drafts[:count]:
            self.world.clock.advance(timedelta(hours=2))
            start = self.world.clock.now() + timedelta(hours=1)
            placed = await self.world.put_on(self.bea, seat, start)
            await complete_session(placed.session.id, actor=self.ana, ports=self.world.ports)

    async def pay(self) -> tuple[int, int]:
        made = await pay_out(self.ana.user_id, actor=self.ana, ports=self.world.ports)
        assert PayoutStatus.PAID is made.status
        return made.amount_cents, made.carried_cents

    async def earnings(self) -> list[Earnings]:
        rows = (await self.world.store.earnings(Page(), practitioner_id=self.ana.user_id)).items
        return sorted(rows, key=lambda row: row.created_at)

    async def balances(self) -> dict[str, int]:
        """What is on the accounts that a dispute moves; nothing is left out but zeros."""
        accounts = {
            "value": order_value(self.receipt.order.id),
            "practitioner": practitioner_account(self.ana.user_id),
            "commission": PLATFORM_COMMISSION,
            "forfeits": PLATFORM_FORFEITS,
            "losses": PLATFORM_LOSSES,
            "gateway": PAYMENT_GATEWAY,
            "disputes": DISPUTES,
        }
        found = {name: await self.world.balance(account) for name, account in accounts.items()}
        return {name: cents for name, cents in found.items() if cents != 0}

    async def order(self) -> Order:
        return await self.world.order(self.receipt)

    async def told(self) -> list[str]:
        events = [row async for row in self.world.store.scan(Kind.EVENT) if isinstance(row, Event)]
        return [e.type for e in events if e.type.startswith("dispute.")]


async def sell_package(world: World, **fields: Any) -> Sold:
    """Ana's package of five, bought by Bea."""
    ana, bea = await world.seller(), world.person(Role.CLIENT)
    await world.give_credits(bea, 10_000)
    package = await world.offer_package(ana, **fields)
    receipt = await world.buy(bea, package, apply_credits=True)
    return Sold(world=world, ana=ana, bea=bea, receipt=receipt)
