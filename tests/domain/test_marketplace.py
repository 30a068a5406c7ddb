"""A marketplace that anything may happen to: after every step the seven invariants hold."""

from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.memory.payments import Fault, MovementStatus, Operation
from core.domain.analytics import PACKAGE_TYPES
from core.domain.audit import Violation
from core.domain.bookings import Booking, SeatPayment
from core.domain.catalogue import Component, OnExpiry, Practitioner, Service, ServiceType, SessionPricing
from core.domain.disputes import Dispute
from core.domain.earnings import Earnings, Payout
from core.domain.errors import Conflict, Invalid, NothingToRefund, PayoutUnderWay
from core.domain.gateway import NEVER_ARRIVED, Succeeded
from core.domain.orders import Destination, Order, Payment, Refund
from core.domain.presence import RoomEventKind
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import (
    BookingStatus,
    DisputeStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    SessionStatus,
)
from core.usecases.ledger import check_ledger
from core.usecases.reconcile import reconcile
from core.usecases.settle_payment import Receipt
from ports.rooms import RoomReport
from ports.store import StoredRecord
from tests.builders import make_practitioner, make_service, make_session, new_user
from tests.domain.amounts import PAID_PRICES, RATES
from tests.domain.invariants import broken
from tests.domain.market import ADMIN, Market, client, finished, hours, seller

OPEN_MOVEMENTS = (MovementStatus.REQUIRES_ACTION, MovementStatus.PROCESSING)

R = TypeVar("R", bound=StoredRecord)

NUMBERS = st.integers(min_value=0, max_value=99)
"""Chooses among what there is, whatever there is: the remainder counts."""
SLOTS = st.integers(min_value=1, max_value=12)
"""Hours from now; few, so that sessions get into each other's way."""
PRICES = st.sampled_from([50, 99, 4000, 8000, 40000, 50000, 0]) | PAID_PRICES
AMOUNTS = st.sampled_from([50, 1000, 3980, 10000]) | st.integers(min_value=50, max_value=100_000)
WISHES = st.sampled_from([100_000, 0, None]) | st.integers(min_value=0, max_value=100_000)
CARDS = st.sampled_from(["pm_card_visa"] * 4 + ["pm_card_authenticationRequired", "pm_card_chargeDeclined"])
FAULTS = st.sampled_from([Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.PROCESSING, Fault.DECLINED])
CALLS = st.sampled_from([Operation.CHARGE, Operation.REFUND, Operation.TRANSFER])
FIRST_ORDERS = st.lists(st.tuples(NUMBERS, st.permutations(range(6)), WISHES), min_size=3, max_size=3)


class Marketplace(RuleBasedStateMachine):
    """Customers, practitioners, the platform, the gateway and the clock, all at once."""

    def __init__(self) -> None:
        super().__init__()
        self.market = Market()
        self.buyers = [new_user() for _ in range(3)]
        self.sellers: list[Practitioner] = []
        self.services: list[Service] = []
        self.receipts: list[Receipt] = []
        self.look()

    def every(self, kind: type[R], *statuses: StrEnum) -> list[R]:
        """The rows of a kind, or those in one of the statuses."""
        rows = self.books.every(kind)
        return [row for row in rows if not statuses or getattr(row, "status", None) in statuses]

    def look(self) -> None:
        """Read everything that is stored now; the rules choose from what was seen last."""
        self.books = self.market.books()

    @initialize(
        prices=st.lists(PRICES, min_size=5, max_size=5), rate=RATES, orders=FIRST_ORDERS, late=st.booleans()
    )
    def open(
        self, prices: list[int], rate: int, orders: list[tuple[int, list[int], int | None]], late: bool
    ) -> None:
        """A service of each kind is on sale, and three customers have bought of them."""
        self.offer(prices, rate, late=late)
        for buyer, (balance, kinds, wish) in zip(self.buyers, orders, strict=True):
            self.market.grant(buyer, 1 + balance * 100)
            for slot, kind in enumerate(kinds[:3], start=1):
                who = self.buyers.index(buyer)
                self.buy(who=who, what=kind, where=slot, slot=slot, wish=wish, card="pm_card_visa")

    def offer(self, prices: list[int], rate: int, *, late: bool) -> None:
        who, other = make_practitioner(commission_bps=rate), make_practitioner()
        session = make_service(who, price_cents=prices[0])
        gift = make_service(other, price_cents=0, complimentary_earnings_cents=2500)
        workshop = make_service(who, service_type=ServiceType.WORKSHOP, price_cents=prices[1])
        course = make_service(
            other,
            service_type=ServiceType.COURSE,
            price_cents=prices[2],
            pay_practitioner_on_late_cancel=True,
            allow_late_entry=late,
        )
        package = make_service(
            who,
            service_type=ServiceType.PACKAGE,
            price_cents=prices[3],
            session_pricing=SessionPricing.PROPORTIONAL,
            pay_practitioner_on_late_cancel=True,
            validity_days=5,
            on_expiry=OnExpiry.CREDITS,
            components=(
                Component(service_id=session.id, quantity=2),
                Component(service_id=workshop.id, quantity=1),
            ),
        )
        bundle = make_service(
            who,
            service_type=ServiceType.BUNDLE,
            price_cents=prices[4],
            bundled_service_id=session.id,
            session_count=3,
            validity_days=3,
        )
        places = [make_session(workshop, max_participants=2, start_time=hours(n)) for n in (12, 40)]
        classes = [make_session(course, max_participants=2, start_time=hours(n)) for n in (9, 20, 60)]
        self.sellers = [who, other]
        self.services = [package, bundle, workshop, course, session, gift]
        self.market.offer(*self.sellers, session, gift, workshop, course, package, bundle)
        self.market.offer(*places, *classes)
        self.look()

    @rule(who=NUMBERS, amount=AMOUNTS, card=CARDS, bought=st.booleans())
    def more_credits(self, who: int, amount: int, card: str, bought: bool) -> None:
        if bought:
            self.receipts.append(self.market.buy_credits(self.buyers[who % 3], amount, card))
        else:
            self.market.grant(self.buyers[who % 3], amount)

    @rule(call=CALLS, fault=FAULTS)
    def something_will_go_wrong(self, call: Operation, fault: Fault) -> None:
        self.market.gateway.script(call, fault)

    @rule(who=NUMBERS, what=NUMBERS, where=NUMBERS, slot=SLOTS, wish=WISHES, card=CARDS)
    def buy(self, *, who: int, what: int, where: int, slot: int, wish: int | None, card: str) -> None:
        service = self.services[what % 6]
        places = self.places(self.services[2])
        start_time, session_id = None, None
        if service.service_type is ServiceType.SESSION:
            start_time = hours(slot, self.market.clock.now())
        if service.service_type is ServiceType.WORKSHOP:
            session_id = places[where % len(places)].id
        with suppress(Conflict):
            receipt = self.market.buy(
                self.buyers[who % 3],
                service,
                credits_to_apply_cents=wish,
                payment_method_id=card,
                start_time=start_time,
                session_id=session_id,
            )
            self.receipts.append(receipt)

    def places(self, workshop: Service) -> list[ServiceSession]:
        return [
            session
            for session in self.every(ServiceSession)
            if session.service_id == workshop.id and session.session_type is SessionType.WORKSHOP
        ]

    def drafts(self) -> list[Booking]:
        return [b for b in self.every(Booking, BookingStatus.DRAFT) if b.payment_status is SeatPayment.PAID]

    @precondition(lambda self: self.drafts() != [])
    @rule(which=NUMBERS, slot=SLOTS, public=st.booleans())
    def schedule(self, which: int, slot: int, public: bool) -> None:
        booking = self.drafts()[which % len(self.drafts())]
        now = self.market.clock.now()
        places = self.places(self.services[2]) if booking.service_id == self.services[2].id else []
        open_places = [place for place in places if place.start_time is not None and place.start_time > now]
        with suppress(Conflict):
            if public and open_places:
                self.market.schedule(booking.id, session_id=open_places[slot % len(open_places)].id)
            else:
                self.market.schedule(booking.id, start_time=hours(slot, now))

    def timed(self) -> list[ServiceSession]:
        return self.every(ServiceSession, SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS)

    @precondition(lambda self: self.timed() != [])
    @rule(which=NUMBERS, begin=st.booleans())
    def take_place(self, which: int, begin: bool) -> None:
        session = self.timed()[which % len(self.timed())]
        with suppress(Conflict):
            if begin:
                self.market.start(session.id)
            else:
                self.market.complete(session.id)

    @precondition(lambda self: self.timed() != [])
    @rule(which=NUMBERS, who=NUMBERS, kind=st.sampled_from(RoomEventKind), minutes=st.integers(-20, 80))
    def the_room_speaks(self, which: int, who: int, kind: RoomEventKind, minutes: int) -> None:
        """A customer or the practitioner comes or goes; what was told once may be told again."""
        session = self.timed()[which % len(self.timed())]
        if session.start_time is None:
            return
        self.market.hear(
            RoomReport(
                id=f"EV_{which}_{who}_{kind}_{minutes}",
                session_id=session.id,
                user_id=[*self.buyers, session.practitioner_id][who % 4],
                kind=kind,
                occurred_at=session.start_time + timedelta(minutes=minutes),
            )
        )

    def live(self) -> list[Booking]:
        return self.every(
            Booking, BookingStatus.DRAFT, BookingStatus.CONFIRMED, BookingStatus.PENDING_PAYMENT
        )

    @precondition(lambda self: self.live() != [])
    @rule(which=NUMBERS, by_buyer=st.booleans())
    def cancel(self, which: int, by_buyer: bool) -> None:
        booking = self.live()[which % len(self.live())]
        who = next(s for s in self.sellers if s.id == booking.practitioner_id)
        with suppress(Conflict):
            self.market.cancel(booking.id, client(booking.user_id) if by_buyer else seller(who))

    def refundable(self) -> list[Order]:
        return self.every(Order, OrderStatus.PAID, OrderStatus.PARTIALLY_REFUNDED)

    @precondition(lambda self: self.refundable() != [])
    @rule(which=NUMBERS, some=st.none() | NUMBERS, admin=st.booleans(), to=st.sampled_from(Destination))
    def refund(self, which: int, some: int | None, admin: bool, to: Destination) -> None:
        order = self.refundable()[which % len(self.refundable())]
        held = {b.id for b in self.every(Booking) if admin or b.user_id == order.user_id}
        seats = [b.id for b in self.every(Booking) if b.order_id == order.id and b.id in held]
        wanted = None if some is None else [seat for n, seat in enumerate(seats) if some >> n & 1]
        actor = ADMIN if admin else client(order.user_id)
        with suppress(Conflict):
            self.market.refund(order.id, wanted, actor=actor, destination=to)

    def packages(self) -> list[Order]:
        return [order for order in self.refundable() if order.order_type in PACKAGE_TYPES]

    @precondition(lambda self: self.packages() != [])
    @rule(which=NUMBERS, some=st.none() | NUMBERS, to=NUMBERS)
    def give_away(self, which: int, some: int | None, to: int) -> None:
        order = self.packages()[which % len(self.packages())]
        seats = [b.id for b in self.live() if b.order_id == order.id]
        wanted = None if some is None else [seat for n, seat in enumerate(seats) if some >> n & 1]
        with suppress(Conflict, Invalid):
            self.market.transfer(order.id, self.buyers[to % 3], wanted)

    def charged(self) -> list[Receipt]:
        return [receipt for receipt in self.receipts if receipt.payment is not None]

    @precondition(lambda self: self.charged() != [])
    @rule(which=NUMBERS)
    def the_gateway_speaks(self, which: int) -> None:
        """A lost charge arrives, the customer confirms, the bank decides, or success is told again."""
        receipt = self.charged()[which % len(self.charged())]
        if receipt.payment is None:
            return
        self.market.charge_arrives_late(receipt)
        (charge,) = self.market.gateway.charges(payment_id=str(receipt.payment.id))
        if charge.status in OPEN_MOVEMENTS:
            charge = self.market.gateway.finish(charge.ref, MovementStatus.SUCCEEDED)
        if charge.status is MovementStatus.SUCCEEDED:
            self.market.settle(receipt.payment.id, Succeeded(ref=charge.ref))

    def paid(self) -> list[Payment]:
        return self.every(Payment, PaymentStatus.SUCCEEDED)

    @precondition(lambda self: self.paid() != [])
    @rule(which=NUMBERS, status=st.sampled_from(DisputeStatus), part=st.integers(1, 100))
    def a_bank_speaks(self, which: int, status: DisputeStatus, part: int) -> None:
        """A dispute about all or a part of a payment is opened, decided, or told again."""
        payment = self.paid()[which % len(self.paid())]
        with suppress(PayoutUnderWay):
            self.market.bank_speaks(payment, status, max(1, payment.amount_cents * part // 100))

    def banks_decide(self) -> None:
        """Whatever is open ends for us, and whatever ended is told again."""
        disputed = {dispute.target for dispute in self.market.gateway.disputes()}
        for payment in self.paid():
            if payment.gateway_ref in disputed:
                with suppress(PayoutUnderWay):
                    self.market.bank_speaks(payment, DisputeStatus.WON)

    def available(self) -> list[Earnings]:
        return self.every(Earnings, EarningsStatus.AVAILABLE)

    @precondition(lambda self: self.available() != [])
    @rule()
    def pay_out(self) -> None:
        with suppress(Conflict):
            self.market.pay_out(self.available()[0].practitioner_id)

    @precondition(lambda self: self.every(Payout, PayoutStatus.PAID) != [])
    @rule(cents=st.sampled_from([1, 1000, 10**6]), told=st.integers(0, 2))
    def take_a_payout_back(self, cents: int, told: int) -> None:
        """It is heard of once, twice, or only in the end."""
        paid = self.every(Payout, PayoutStatus.PAID)[0]
        self.market.take_payout_back(paid, cents)
        for _ in range(told):
            self.market.repair_payout(paid.id)

    def given_back(self) -> list[Refund]:
        return [refund for refund in self.every(Refund, RefundStatus.SUCCEEDED) if refund.card_cents]

    @precondition(lambda self: self.given_back() != [])
    @rule()
    def send_a_refund_back(self) -> None:
        self.market.send_refund_back(self.given_back()[0])

    @precondition(lambda self: self.every(Refund, RefundStatus.FAILED) != [])
    @rule()
    def retry_a_refund(self) -> None:
        with suppress(Conflict):
            self.market.retry_refund(self.every(Refund, RefundStatus.FAILED)[0].id)

    @rule(minutes=st.sampled_from([1, 16, 60, 60 * 9, 60 * 24, 60 * 49]))
    def time_passes(self, minutes: int) -> None:
        """The sweep fails at nothing but sessions with a seat whose payment is undecided."""
        report = self.market.sweep(after=timedelta(minutes=minutes))
        assert {"sessions"} >= {failure.kind for failure in report.failures}

    @invariant()
    def the_books_are_whole(self) -> None:
        self.look()
        assert [] == broken(self.books)

    @invariant()
    def the_audit_agrees(self) -> None:
        none: tuple[Violation, ...] = ()
        assert none == finished(check_ledger(ports=self.market.ports)).violations

    def teardown(self) -> None:
        """With the faults gone and time enough, everything comes to rest and no money is left over."""
        if not self.services:
            return
        self.come_to_rest()
        self.give_everything_back()
        self.come_to_rest()
        self.the_books_are_whole()
        self.the_audit_agrees()
        self.the_gateway_agrees()

    def come_to_rest(self) -> None:
        gateway = self.market.gateway
        for _ in range(12):  # faults may still wait for their call
            for movement in [*gateway.charges(), *gateway.refunds(), *gateway.transfers()]:
                if movement.status in OPEN_MOVEMENTS:
                    gateway.finish(movement.ref, MovementStatus.SUCCEEDED)
            self.market.sweep(after=timedelta(days=4))
            self.look()
            self.banks_decide()
            for session in self.timed():
                if session.needs_review:
                    self.market.complete(session.id)

        assert () == finished(reconcile(ports=self.market.ports)).left
        self.look()
        undecided = (PaymentStatus.CREATED, PaymentStatus.UNKNOWN, PaymentStatus.PROCESSING)
        assert [] == self.every(Payment, *undecided)
        assert [] == self.every(Order, OrderStatus.PENDING_PAYMENT)
        assert [] == self.every(Refund, RefundStatus.PENDING)
        assert [] == self.every(Dispute, DisputeStatus.OPEN)
        assert [] == self.every(Payout, PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)
        assert [] == self.timed()

    def give_everything_back(self) -> None:
        for order in self.refundable():
            with suppress(NothingToRefund):
                self.market.refund(order.id)

    def the_gateway_agrees(self) -> None:
        """Nothing is undelivered any more; what the ledger says of the gateway, the gateway says too."""
        balances = self.market.balances()
        gateway = self.market.gateway
        last_tries = {refund.idempotency_key for refund in self.every(Refund)}
        refused = [
            refund
            for refund in gateway.refunds()
            if refund.status is MovementStatus.DECLINED and refund.idempotency_key in last_tries
        ]
        # The gateway never heard of these, and their keys were too old to be sent again.
        failed = self.every(Refund, RefundStatus.FAILED)
        unheard = [refund for refund in failed if refund.failure_code == NEVER_ARRIVED.code]
        lost = sum(
            each.amount_cents for each in gateway.disputes() if each.status is MovementStatus.SUCCEEDED
        )
        taken = gateway.charged_cents() - gateway.refunded_cents() - lost

        assert (0, 0) == (balances.get("order_value", 0), balances.get("disputes", 0))
        assert taken == -balances.get("payment_gateway", 0)
        assert gateway.transferred_cents() == balances.get("payouts", 0)
        payable = sum(refund.amount_cents for refund in refused) + sum(
            refund.card_cents for refund in unheard
        )
        assert payable == balances.get("refunds_payable", 0)


# Fifty stories of at most 25 steps each: a few seconds.
TestMarketplace = Marketplace.TestCase
TestMarketplace.settings = settings(
    max_examples=50,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
