"""Answers of the gateway: lost, late, doubled, and contradicting what was decided without them."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.payments import Fault, MovementStatus, Operation
from core.domain.availability import Availability, WeeklyHours
from core.domain.bookings import Booking
from core.domain.catalogue import Component, Service, ServiceType
from core.domain.changes import Changes
from core.domain.errors import IllegalTransition
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
from core.usecases.call_off import cancel_session
from core.usecases.settle_payment import Receipt
from tests.builders import make_practitioner, make_service, make_session, new_user
from tests.domain.invariants import broken
from tests.domain.market import ADMIN, Market, client, finished, hours, seller

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

    def offer_package(self) -> Service:
        """Three of the sessions for 24000."""
        package = make_service(
            self.who,
            service_type=ServiceType.PACKAGE,
            price_cents=24000,
            components=(Component(service_id=self.session.id, quantity=3),),
        )
        self.market.offer(package)
        return package

    def buy_without_answer(self, service: Service | None = None, **fields: object) -> Receipt:
        """Buy while the charge gets lost on its way."""
        self.market.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
        receipt = (
            self.buy()
            if service is None
            else self.market.buy(self.buyer, service, apply_credits=True, **fields)
        )
        assert receipt.payment is not None
        assert PaymentStatus.UNKNOWN is receipt.payment.status
        return receipt

    def buy_then_lapse(self, service: Service | None = None, **fields: object) -> Receipt:
        """The same, and wait until the hold has run out."""
        receipt = self.buy_without_answer(service, **fields)
        self.market.sweep(after=timedelta(minutes=16))
        assert OrderStatus.CANCELED is self.market.order(receipt.order.id).status
        assert 1000 == self.market.account(self.buyer).spendable_cents
        return receipt

    def charge_arrives(self, receipt: Receipt) -> Receipt:
        """The lost charge succeeds after all, and the gateway says so."""
        assert receipt.payment is not None
        outcome = self.market.charge_arrives_late(receipt)
        return self.market.settle(receipt.payment.id, outcome)

    def works(self, *, until_minute: int = 24 * 60, **rules: Any) -> None:
        """The practitioner keeps hours from now on: every day, all day unless told otherwise."""
        weekly = tuple(WeeklyHours(weekday=day, start_minute=0, end_minute=until_minute) for day in range(7))
        hours = Availability(timezone="UTC", weekly=weekly, step_minutes=5, **rules)
        self.who = evolve(self.who, availability=hours, version=self.who.version + 1)
        finished(self.market.store.commit(Changes(updates=(self.who,))))

    def call_off(self, session: ServiceSession) -> ServiceSession:
        """The practitioner calls the session off."""
        work = cancel_session(session.id, actor=seller(self.who), reason=None, ports=self.market.ports)
        return finished(work)

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
    late = shop.charge_arrives(shop.buy_then_lapse(shop.offer_package()))

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


def test_a_late_payment_wins_a_time_that_is_still_offered() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse(shop.session, start_time=hours(50))
    shop.works(buffer_minutes=30, min_notice_minutes=72 * 60)

    late = shop.charge_arrives(lost)

    assert OrderStatus.PAID is late.order.status
    assert [] == broken(shop.market.books())


def test_a_late_payment_does_not_win_a_time_in_the_buffer_of_another_session() -> None:
    shop = Shop()
    shop.works(buffer_minutes=30)
    lost = shop.buy_then_lapse(shop.session, start_time=hours(50))
    beside = lost.seats[0].session.end_time
    assert beside is not None
    shop.market.buy(new_user(), shop.session, start_time=beside + timedelta(minutes=30))
    shop.works(buffer_minutes=60)

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 7000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


def test_a_late_payment_does_not_win_a_time_that_is_no_longer_offered() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse(shop.session, start_time=hours(50))
    shop.works(until_minute=5)

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 7000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_a_session_that_was_called_off_after_its_lapse_is_refunded_in_full() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse(shop.session, start_time=hours(50))
    private = lost.seats[0].session
    assert not shop.stored(private).called_off
    shop.call_off(private)
    marked = shop.stored(private)
    assert marked.called_off
    assert marked == shop.call_off(private)

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 7000) == (late.order.status, late.order.refunded_card_cents)
    assert SessionStatus.CANCELED is shop.stored(private).status
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_a_session_that_was_called_off_while_it_waited_is_refunded_in_full() -> None:
    shop = Shop()
    asked = shop.market.buy(
        shop.buyer, shop.session, start_time=hours(50), payment_method_id=ASKING, apply_credits=True
    )
    assert asked.payment is not None
    shop.call_off(asked.seats[0].session)

    late = shop.market.settle(asked.payment.id, Succeeded(ref="pi_1"))

    assert (OrderStatus.CANCELED, 7000) == (late.order.status, late.order.refunded_card_cents)
    assert SessionStatus.CANCELED is shop.stored(asked.seats[0].session).status
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_a_package_of_which_a_session_was_called_off_is_refunded_in_full() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse(shop.offer_package())
    shop.call_off(lost.seats[1].session)

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 23000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


@pytest.mark.parametrize("who", ["its buyer", "its practitioner", "an admin"])
def test_a_late_payment_for_a_seat_that_somebody_canceled_is_refunded_in_full(who: str) -> None:
    shop = Shop()
    unpaid = shop.buy_without_answer()
    actor = {"its buyer": client(shop.buyer), "its practitioner": seller(shop.who), "an admin": ADMIN}[who]
    shop.market.cancel(unpaid.seats[0].booking.id, actor)
    assert OrderStatus.CANCELED is shop.market.order(unpaid.order.id).status

    for _ in range(2):
        late = shop.charge_arrives(unpaid)

        assert (OrderStatus.CANCELED, 3000) == (late.order.status, late.order.refunded_card_cents)
    assert 0 == shop.stored(shop.place).current_participants
    assert 1000 == shop.market.account(shop.buyer).spendable_cents
    assert 3000 == shop.market.gateway.refunded_cents()
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_an_order_that_was_canceled_as_a_whole_is_refunded_in_full() -> None:
    shop = Shop()
    unpaid = shop.buy_without_answer(shop.offer_package())
    shop.market.cancel_order(unpaid.order.id, client(shop.buyer))

    late = shop.charge_arrives(unpaid)

    assert (OrderStatus.CANCELED, 23000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_credits_that_were_canceled_is_refunded_in_full() -> None:
    shop = Shop()
    shop.market.gateway.script(Operation.CHARGE, Fault.LOST_BEFORE)
    unpaid = shop.market.buy_credits(shop.buyer, 5000)
    shop.market.cancel_order(unpaid.order.id, client(shop.buyer))

    late = shop.charge_arrives(unpaid)

    assert (OrderStatus.CANCELED, 5000) == (late.order.status, late.order.refunded_card_cents)
    assert 1000 == shop.market.account(shop.buyer).balance_cents
    assert [] == broken(shop.market.books())


@pytest.mark.parametrize("whole", [True, False])
def test_a_late_payment_for_an_order_that_was_canceled_after_its_lapse_is_refunded_in_full(
    whole: bool,
) -> None:
    shop = Shop()
    lost = shop.buy_then_lapse()
    for _ in range(2):
        if whole:
            shop.market.cancel_order(lost.order.id, client(shop.buyer))
        else:
            shop.market.cancel(lost.seats[0].booking.id, client(shop.buyer))

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 3000) == (late.order.status, late.order.refunded_card_cents)
    assert [] == broken(shop.market.books())


def test_a_charge_that_was_made_before_somebody_canceled_pays_the_order() -> None:
    shop = Shop()
    shop.market.gateway.script(Operation.CHARGE, Fault.LOST_AFTER)
    unpaid = shop.buy()

    with pytest.raises(IllegalTransition):
        shop.market.cancel(unpaid.seats[0].booking.id, client(shop.buyer))

    assert OrderStatus.PAID is shop.market.order(unpaid.order.id).status
    assert [] == broken(shop.market.books())


def test_a_late_payment_for_a_workshop_that_was_called_off_is_refunded_in_full() -> None:
    shop = Shop()
    lost = shop.buy_then_lapse()
    shop.call_off(shop.place)

    late = shop.charge_arrives(lost)

    assert (OrderStatus.CANCELED, 3000) == (late.order.status, late.order.refunded_card_cents)
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
