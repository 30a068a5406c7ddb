"""A whole marketplace in memory, at one moment that a test turns: real decisions, a store of dicts, a
gateway that moves no money. Every call is done when it returns.
"""

from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve

from adapters.memory.clock import MovableClock
from adapters.memory.payments import FakeGateway
from adapters.memory.store import MemoryStore
from core.domain.actors import Actor, Role
from core.domain.catalogue import Practitioner, Service
from core.domain.changes import Changes, Record
from core.domain.credits import CreditAccount
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.gateway import ChargeOutcome
from core.domain.ids import BookingId, OrderId, PaymentId, PayoutId, RefundId, SessionId, UserId
from core.domain.ledger import JournalEntry, account_family
from core.domain.orders import Destination, Order, Payment, Refund
from core.domain.planning import Checkout
from core.domain.purchasing import BuyCredits, charge_request
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession
from core.domain.statuses import DisputeStatus
from core.domain.time import instant
from core.domain.transferring import Transferred
from core.usecases import (
    cancel_order,
    checkout,
    deliver,
    payout,
    refund,
    schedule,
    settle_payment,
    settle_refund,
    sweep,
    transfer,
)
from core.usecases.context import Ports
from core.usecases.credits import grant_credits
from core.usecases.note_dispute import note_dispute
from core.usecases.note_room_event import note_room_event
from core.usecases.settle_payment import Receipt
from core.usecases.sweep import SweepReport
from ports.rooms import RoomReport
from tests.builders import NOW, SequentialIds, contents
from tests.domain.invariants import Books

T = TypeVar("T")

ADMIN = Actor(user_id=UserId(SequentialIds(1 << 70)()), roles=frozenset(Role))


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that waits for nobody: it only ever gives way."""
    while True:
        try:
            work.send(None)
        except StopIteration as done:
            result: T = done.value
            return result


def client(user_id: UserId) -> Actor:
    """Somebody who buys."""
    return Actor(user_id=user_id, roles=frozenset({Role.CLIENT}))


def seller(practitioner: Practitioner) -> Actor:
    """The practitioner at work."""
    return Actor(user_id=practitioner.id, roles=frozenset({Role.PRACTITIONER}))


class Market:
    """One deployment."""

    def __init__(self, rules: Rules | None = None, *, now: datetime = NOW) -> None:
        self.store = MemoryStore()
        self.gateway = FakeGateway()
        self.clock = MovableClock(now)
        self.ports = Ports(
            store=self.store,
            payments=self.gateway,
            clock=self.clock,
            ids=SequentialIds(1 << 64),
            rules=Rules() if rules is None else rules,
        )

    def offer(self, *rows: Record) -> None:
        """Put practitioners, services and sessions into the catalogue."""
        finished(self.store.commit(Changes(inserts=rows)))

    def buy(self, user_id: UserId, service: Service, **fields: Any) -> Receipt:
        """Check out, by credit card unless another `payment_method_id` is given."""
        command = Checkout(
            user_id=user_id, service_id=service.id, **({"payment_method_id": "pm_card_visa"} | fields)
        )
        return finished(checkout.checkout(command, ports=self.ports))

    def buy_credits(self, user_id: UserId, amount: int, card: str = "pm_card_visa") -> Receipt:
        command = BuyCredits(user_id=user_id, amount_cents=amount, payment_method_id=card)
        return finished(checkout.buy_credits(command, ports=self.ports))

    def grant(self, user_id: UserId, amount: int) -> CreditAccount:
        work = grant_credits(user_id, amount, reason="welcome", actor=ADMIN, ports=self.ports)
        return finished(work)

    def schedule(
        self,
        booking_id: BookingId,
        *,
        start_time: datetime | None = None,
        session_id: SessionId | None = None,
    ) -> ServiceSession:
        """Schedule a seat on its holder's behalf."""
        work = schedule.schedule(
            booking_id, actor=ADMIN, start_time=start_time, session_id=session_id, ports=self.ports
        )
        return finished(work).session

    def start(self, session_id: SessionId) -> ServiceSession:
        return finished(deliver.start_session(session_id, actor=ADMIN, ports=self.ports))

    def complete(self, session_id: SessionId) -> ServiceSession:
        return finished(deliver.complete_session(session_id, actor=ADMIN, ports=self.ports))

    def hear(self, report: RoomReport) -> ServiceSession:
        """The room service speaks."""
        return finished(note_room_event(report, actor=None, ports=self.ports))

    def cancel(self, booking_id: BookingId, actor: Actor) -> Refund | None:
        work = refund.cancel_booking(booking_id, actor=actor, reason=None, ports=self.ports)
        return finished(work).refund

    def cancel_order(self, order_id: OrderId, actor: Actor) -> Order:
        work = cancel_order.cancel_order(
            order_id, actor=actor, destination=Destination.ORIGINAL, reason=None, ports=self.ports
        )
        return finished(work).order

    def refund(
        self,
        order_id: OrderId,
        booking_ids: list[BookingId] | None = None,
        *,
        actor: Actor = ADMIN,
        destination: Destination = Destination.ORIGINAL,
    ) -> Refund:
        """Refund seats, all with None; in full unless their buyer asks."""
        work = refund.refund_order(
            order_id,
            actor=actor,
            booking_ids=booking_ids,
            destination=destination,
            reason=None,
            ports=self.ports,
        )
        return finished(work)

    def transfer(
        self, order_id: OrderId, to: UserId, booking_ids: list[BookingId] | None = None
    ) -> Transferred:
        """Give seats away on their buyer's behalf, all that the buyer holds with None."""
        work = transfer.transfer_package(
            order_id, to=to, booking_ids=booking_ids, actor=ADMIN, ports=self.ports
        )
        return finished(work)

    def settle(self, payment_id: PaymentId, outcome: ChargeOutcome) -> Receipt:
        """The gateway's word on a payment arrives, as a webhook brings it."""
        return finished(settle_payment.settle_payment(payment_id, outcome, ports=self.ports))

    def dispute(
        self, payment: Payment, status: DisputeStatus, amount_cents: int | None = None
    ) -> Dispute | None:
        """The buyer's bank speaks of a payment."""
        report = finished(self.gateway.dispute(payment.gateway_ref or "", status, amount_cents))
        return finished(note_dispute(evolve(report, status=status), ports=self.ports))

    def bank_speaks(
        self, payment: Payment, status: DisputeStatus, amount_cents: int | None = None
    ) -> Dispute | None:
        """The same, but a bank that has decided stays with it, and that is what is told."""
        report = finished(self.gateway.dispute(payment.gateway_ref or "", status, amount_cents))
        return finished(note_dispute(report, ports=self.ports))

    def charge_arrives_late(self, receipt: Receipt) -> ChargeOutcome:
        """A charge that was given up for lost reaches the gateway after all."""
        if receipt.payment is None:
            raise ValueError("nothing was to be charged")
        return finished(self.gateway.charge(charge_request(receipt.payment)))

    def pay_out(self, practitioner_id: UserId) -> Payout:
        return finished(payout.pay_out(practitioner_id, actor=ADMIN, ports=self.ports))

    def take_payout_back(self, paid: Payout, cents: int) -> None:
        """Somebody takes so much of a payout back at the gateway, or what is left; nobody tells."""
        sent = self.gateway.transfers(payout_id=str(paid.id))[0]
        left = self.gateway.transferred_cents(payout_id=str(paid.id))
        if left > 0:
            self.gateway.take_back(sent.ref, min(cents, left))

    def repair_payout(self, payout_id: PayoutId) -> Payout:
        return finished(payout.repair_payout(payout_id, ports=self.ports))

    def send_refund_back(self, done: Refund) -> Refund:
        """The customer's bank sends a refund back, and the gateway tells, if the line is good."""
        with suppress(KeyError):  # it was sent back before, and nobody has told yet
            self.gateway.take_back(done.gateway_ref or "")
        return finished(settle_refund.repair_refund(done.id, ports=self.ports))

    def retry_refund(self, refund_id: RefundId) -> Refund:
        return finished(settle_refund.retry_refund(refund_id, actor=ADMIN, ports=self.ports))

    def sweep(self, after: timedelta = timedelta(0)) -> SweepReport:
        """Turn the clock, then do everything that time moves."""
        self.clock.advance(after)
        return finished(sweep.sweep(ports=self.ports))

    def books(self) -> Books:
        """Everything that is stored."""
        return Books(rows={type(rows[0]): rows for rows in finished(contents(self.store)).values() if rows})

    def order(self, order_id: OrderId) -> Order:
        view = finished(self.store.load_order(order_id))
        if view is None:
            raise KeyError(order_id)
        return view.order

    def account(self, user_id: UserId) -> CreditAccount:
        account = finished(self.store.credit_account(user_id))
        return CreditAccount(user_id=user_id, currency="usd") if account is None else account

    def entries(self) -> list[JournalEntry]:
        return self.books().every(JournalEntry)

    def earnings(self) -> list[Earnings]:
        return self.books().every(Earnings)

    def balances(self) -> dict[str, int]:
        """The balance of each account family that does not stand at 0."""
        sums: dict[str, int] = {}
        for entry in self.entries():
            for posting in entry.postings:
                family = account_family(posting.account)
                sums[family] = sums.get(family, 0) + posting.amount_cents
        return {family: balance for family, balance in sums.items() if balance != 0}


def hours(count: int, since: datetime = NOW) -> datetime:
    """So many hours later."""
    return instant(since + timedelta(hours=count))
