"""Answers of the gateway: lost, late, doubled, and contradicting what was decided without them."""

from datetime import timedelta

import pytest

from adapters.memory.payments import Fault, MovementStatus, Operation
from core.domain.bookings import Booking
from core.domain.catalogue import Component, Service, ServiceType
from core.domain.gateway import (
    Absent,
    Canceled,
    ChargeOutcome,
    Declined,
    Processing,
    RequiresAction,
    Succeeded,
    Unknown,
)
from core.domain.ids import UserId
from core.domain.orders import Order
from core.domain.sessions import ServiceSession
from core.domain.statuses import (
    BookingStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
    SessionStatus,
)
from core.usecases.settle_payment import Receipt
from tests.builders import make_practitioner, make_service, make_session, new_user
from tests.domain.invariants import broken
from tests.domain.market import Market, finished, hours

ASKING = "pm_card_authenticationRequired"
DECLINED = "pm_card_chargeDeclined"


class Shop:
    """A market with one workshop of one seat, a session, and a buyer with 1000 credits."""

    def __init__(self) -> None:
        self.market, self.buyer = Market(), new_user()
        self.who = make_practitioner()
        self.workshop = make_service(self.who, service_type=ServiceType.WORKSHOP, price_cents=4000)
        self.place = make_session(self.workshop, max_participants=1)
        self.session = make_service(self.who)
        self.market.offer(self.who, self.workshop, self.place, self.session)
        self.market.grant(self.buyer, 1000)

    def buy(self, buyer: UserId | None = None, card: str = "pm_card_visa") -> Receipt:
        """A seat of the workshop, credits first."""
        return self.market.buy(
            self.buyer if buyer is None else buyer,
            self.workshop,
            session_id=self.place.id,
            apply_credits=True,
            payment_method_id=card,
        )

    def buy_then_lapse(self, service: Service | None = None, **fields: object) -> Receipt:
        """Buy while the charge gets lost on its way, and wait until the hold has run out."""
        self.market.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
        receipt = (
            self.buy()
            if service is None
            else self.market.buy(self.buyer, service, apply_credits=True, **fields)
        )
        assert receipt.payment is not None
        assert PaymentStatus.UNKNOWN is receipt.payment.status
        self.market.sweep(after=timedelta(minutes=16))
        assert OrderStatus.CANCELED is self.market.order(receipt.order.id).status
        assert 1000 == self.market.account(self.buyer).spendable_cents
        return receipt

    def charge_arrives(self, receipt: Receipt) -> Receipt:
        """The lost charge succeeds after all, and the gateway says so."""
        assert receipt.payment is not None
        outcome = self.market.charge_arrives_late(receipt)
        return self.market.settle(receipt.payment.id, outcome)

    def stored(self, session: ServiceSession) -> ServiceSession:
        """The session as it now stands."""
        found = finished(self.market.store.session(session.id))
        assert found is not None
        return found


def test_an_unpaid_order_holds_its_seat_and_credits_until_it_lapses() -> None:
    shop = Shop()
    receipt = shop.buy(card=ASKING)

    assert 1 == shop.stored(shop.place).current_participants
    assert (1000, 0) == (
        shop.market.account(shop.buyer).balance_cents,
        shop.market.account(shop.buyer).spendable_cents,
    )
    shop.market.sweep(after=timedelta(minutes=15))

    assert OrderStatus.CANCELED is shop.market.order(receipt.order.id).status
    assert 0 == shop.stored(shop.place).current_participants
    assert 1000 == shop.market.account(shop.buyer).spendable_cents
    assert [] == shop.market.entries()[1:]
    assert [] == broken(shop.market.books())


def test_a_declined_card_leaves_a_canceled_order_and_nothing_held() -> None:
    shop = Shop()
    receipt = shop.buy(card=DECLINED)

    assert receipt.payment is not None
    assert (OrderStatus.CANCELED, PaymentStatus.FAILED, "card_declined") == (
        receipt.order.status,
        receipt.payment.status,
        receipt.payment.failure_code,
    )
    assert BookingStatus.CANCELED is receipt.seats[0].booking.status
    assert 0 == shop.stored(shop.place).current_participants
    assert 1000 == shop.market.account(shop.buyer).spendable_cents
    assert [] == broken(shop.market.books())


def test_a_late_payment_wins_its_seat_and_credits_back() -> None:
    shop = Shop()
    late = shop.charge_arrives(shop.buy_then_lapse())

    assert (OrderStatus.PAID, BookingStatus.CONFIRMED) == (late.order.status, late.seats[0].booking.status)
    assert 1 == shop.stored(shop.place).current_participants
    assert 0 == shop.market.account(shop.buyer).balance_cents
    assert [EarningsStatus.PROJECTED] == [e.status for e in shop.market.earnings()]
    assert [] == broken(shop.market.books())


def test_a_late_payment_wins_its_private_time_back() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse(shop.session, start_time=hours(50))
    assert SessionStatus.CANCELED is shop.stored(lost.seats[0].session).status

    late = shop.charge_arrives(lost)

    session = shop.stored(late.seats[0].session)
    assert (SessionStatus.SCHEDULED, 1) == (session.status, session.current_participants)
    assert OrderStatus.PAID is late.order.status
    assert [] == broken(shop.market.books())


def test_a_late_payment_brings_the_draft_seats_of_a_package_back() -> None:
    shop = Shop()
    package = make_service(
        shop.who,
        service_type=ServiceType.PACKAGE,
        price_cents=24000,
        components=(Component(service_id=shop.session.id, quantity=3),),
    )
    shop.market.offer(package)
    late = shop.charge_arrives(shop.buy_then_lapse(package))

    assert [BookingStatus.DRAFT] * 3 == [seat.booking.status for seat in late.seats]
    assert (0, 3) == (late.order.sessions_canceled, late.order.sessions_remaining)
    shop.market.schedule(late.seats[0].booking.id, start_time=hours(50))
    assert [] == broken(shop.market.books())


def test_a_late_payment_without_a_seat_is_refunded_in_full() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse()
    shop.buy(new_user())

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 3000) == (late.order.status, late.order.refunded_card_cents)
    assert 3000 == shop.market.gateway.refunded_cents(order_id=str(late.order.id))
    assert 1000 == shop.market.account(shop.buyer).spendable_cents
    assert "refunds_payable" not in shop.market.balances()
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_a_time_that_is_taken_is_refunded_in_full() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse(shop.session, start_time=hours(50))
    shop.market.buy(new_user(), shop.session, start_time=hours(50))

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 7000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


def test_a_late_payment_whose_credits_are_spent_is_refunded_in_full() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse()
    shop.market.buy(shop.buyer, shop.session, apply_credits=True, start_time=hours(50))

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 3000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_a_seat_that_its_buyer_bought_again_is_refunded_in_full() -> None:
    shop = Shop()
    shop.place = make_session(shop.workshop, max_participants=2)
    shop.market.offer(shop.place)
    lost = shop.buy_then_lapse()
    shop.buy()
    shop.market.grant(shop.buyer, 1000)

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 3000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_a_session_that_has_begun_is_refunded_in_full() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse(shop.session, start_time=hours(1))
    shop.market.clock.advance(timedelta(hours=1))

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 7000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


ANSWERS: list[ChargeOutcome] = [
    Succeeded(ref="pi_1"),
    Declined(ref="pi_1", code="card_declined", message="no"),
    RequiresAction(ref="pi_1", client_secret="s"),
    Processing(ref="pi_1"),
    Canceled(ref="pi_1"),
    Absent(),
    Unknown(reason="no answer"),
]


def told(receipt: Receipt) -> tuple[Order, list[Booking]]:
    """What a settled payment came to."""
    return receipt.order, [seat.booking for seat in receipt.seats]


@pytest.mark.parametrize("second", ANSWERS, ids=lambda answer: type(answer).__name__)
@pytest.mark.parametrize("first", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_no_answer_is_booked_twice_and_only_success_overrules_a_final_one(
    first: ChargeOutcome, second: ChargeOutcome
) -> None:
    shop = Shop()
    shop.market.gateway.script(Operation.CHARGE, Fault.PROCESSING)
    receipt = shop.buy()
    assert receipt.payment is not None

    once = shop.market.settle(receipt.payment.id, first)
    again = shop.market.settle(receipt.payment.id, first)
    entries = len(shop.market.entries())
    then = shop.market.settle(receipt.payment.id, second)

    assert told(once) == told(again)
    assert [] == broken(shop.market.books())
    if isinstance(second, Succeeded):
        assert OrderStatus.PAID is then.order.status
    elif isinstance(first, Succeeded | Declined | Canceled | Absent):
        assert (told(once), entries) == (told(then), len(shop.market.entries()))


def test_a_lost_answer_is_found_out_by_the_sweep() -> None:
    shop = Shop()
    shop.market.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    receipt = shop.buy()
    assert OrderStatus.PENDING_PAYMENT is receipt.order.status

    report = shop.market.sweep(after=timedelta(seconds=15))

    assert (1, ()) == (report.payments_settled, report.failures)
    assert OrderStatus.PAID is shop.market.order(receipt.order.id).status
    assert [] == broken(shop.market.books())


def test_an_undecided_payment_outlives_its_hold() -> None:
    shop = Shop()
    shop.market.gateway.script(Operation.CHARGE, Fault.PROCESSING)
    receipt = shop.buy()
    shop.market.sweep(after=timedelta(hours=1))
    assert OrderStatus.PENDING_PAYMENT is shop.market.order(receipt.order.id).status

    (charge,) = shop.market.gateway.charges()
    shop.market.gateway.finish(charge.ref, MovementStatus.SUCCEEDED)
    shop.market.sweep()

    assert OrderStatus.PAID is shop.market.order(receipt.order.id).status
    assert [] == broken(shop.market.books())


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.PROCESSING])
def test_a_refund_without_an_answer_stays_payable_until_the_sweep_knows(fault: Fault) -> None:
    shop = Shop()
    receipt = shop.buy()
    shop.market.gateway.script(Operation.REFUND, fault)

    refund = shop.market.refund(receipt.order.id)

    assert RefundStatus.PENDING is refund.status
    assert 3000 == shop.market.balances()["refunds_payable"]
    for movement in shop.market.gateway.refunds():
        if movement.status is MovementStatus.PROCESSING:
            shop.market.gateway.finish(movement.ref, MovementStatus.SUCCEEDED)
    shop.market.sweep(after=timedelta(seconds=15))

    assert {"platform_promotions": -1000, "user_credit": 1000} == shop.market.balances()
    assert 3000 == shop.market.gateway.refunded_cents()
    assert [] == broken(shop.market.books())


def test_a_refused_refund_stays_payable_for_somebody_to_look_at() -> None:
    shop = Shop()
    receipt = shop.buy()
    shop.market.gateway.script(Operation.REFUND, Fault.DECLINED)

    refund = shop.market.refund(receipt.order.id)

    assert (RefundStatus.FAILED, "refund_failed") == (refund.status, refund.failure_code)
    assert 3000 == shop.market.balances()["refunds_payable"]
    assert [] == broken(shop.market.books())
