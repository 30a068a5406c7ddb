"""The story of money: at each step of a purchase every entry sums to zero and the books are whole."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.catalogue import Component, Practitioner, Service, ServiceType
from core.domain.money import allocate, commission_of
from core.domain.statuses import EarningsStatus, OrderStatus, PayoutStatus, RefundStatus
from core.usecases.settle_payment import Receipt
from tests.builders import make_practitioner, make_service, new_user
from tests.domain.amounts import PAID_PRICES, RATES
from tests.domain.invariants import broken
from tests.domain.market import Market, client, hours


def make_package(who: Practitioner, price: int, seats: int) -> tuple[Service, Service]:
    """A package of so many equal sessions, and the service inside it."""
    part = make_service(who)
    offer = make_service(
        who,
        service_type=ServiceType.PACKAGE,
        price_cents=price,
        components=(Component(service_id=part.id, quantity=seats),),
    )
    return part, offer


def deliver(market: Market, receipt: Receipt, count: int) -> None:
    """Schedule the first so many seats, an hour each, and let them take place."""
    for number, seat in enumerate(receipt.seats[:count]):
        start = market.clock.now() + timedelta(hours=1)
        session = market.schedule(seat.booking.id, start_time=start)
        market.clock.advance(timedelta(hours=2))
        market.complete(session.id)
        assert number + 1 == market.order(receipt.order.id).sessions_completed
        assert [] == broken(market.books())


def test_a_package_of_five_for_400_dollars_from_purchase_to_payout() -> None:
    market, buyer, who = Market(), new_user(), make_practitioner()
    part, offer = make_package(who, 40000, 5)
    market.offer(who, part, offer)
    market.grant(buyer, 10000)

    receipt = market.buy(buyer, offer, apply_credits=True)

    assert (10000, 30000) == (receipt.order.credits_applied_cents, receipt.order.total_amount_cents)
    promised = {"order_value": 40000, "payment_gateway": -30000, "platform_promotions": -10000}
    assert promised == market.balances()
    assert [] == market.earnings()

    deliver(market, receipt, 5)

    earned = {
        (e.gross_amount_cents, e.commission_amount_cents, e.net_amount_cents) for e in market.earnings()
    }
    assert {(8000, 1200, 6800)} == earned
    kept = {"payment_gateway": -30000, "platform_promotions": -10000, "platform_commission": 6000}
    assert kept | {"practitioner": 34000} == market.balances()

    market.sweep(after=timedelta(hours=48))
    paid = market.pay_out(who.id)

    assert (34000, PayoutStatus.PAID) == (paid.amount_cents, paid.status)
    assert kept | {"payouts": 34000} == market.balances()
    assert {EarningsStatus.PAID} == {e.status for e in market.earnings()}
    assert [] == broken(market.books())


def test_the_rest_of_a_package_is_refunded_in_the_proportion_it_was_paid() -> None:
    market, buyer, who = Market(), new_user(), make_practitioner()
    part, offer = make_package(who, 40000, 5)
    market.offer(who, part, offer)
    market.grant(buyer, 10000)
    receipt = market.buy(buyer, offer, apply_credits=True)
    deliver(market, receipt, 2)

    refund = market.refund(receipt.order.id, actor=client(buyer))

    assert (24000, 6000, 18000) == (refund.refund_value_cents, refund.credits_cents, refund.card_cents)
    assert RefundStatus.SUCCEEDED is refund.status
    assert 6000 == market.account(buyer).balance_cents
    assert OrderStatus.PARTIALLY_REFUNDED is market.order(receipt.order.id).status
    assert [] == broken(market.books())


@given(
    price=PAID_PRICES,
    seats=st.integers(min_value=1, max_value=8),
    balance=st.integers(min_value=0, max_value=1_000_000),
    rate=RATES,
    data=st.data(),
)
def test_purchase_delivery_refund_and_payout_leave_nothing_over(
    price: int, seats: int, balance: int, rate: int, data: st.DataObject
) -> None:
    delivered = data.draw(st.integers(min_value=0, max_value=seats), label="delivered")
    market, buyer, who = Market(), new_user(), make_practitioner(commission_bps=rate)
    part, offer = make_package(who, price, seats)
    market.offer(who, part, offer)
    if balance:
        market.grant(buyer, balance)

    receipt = market.buy(buyer, offer, apply_credits=True)
    deliver(market, receipt, delivered)
    if sum(allocate(price, [1] * seats)[delivered:]) > 0:
        market.refund(receipt.order.id)
    market.sweep(after=timedelta(hours=48))
    net = [value - commission_of(value, rate) for value in allocate(price, [1] * seats)[:delivered]]
    paid = [market.pay_out(who.id).amount_cents] if sum(net) > 0 else []

    assert [sum(net)] * bool(sum(net)) == paid
    assert {"order_value", "practitioner", "refunds_payable"}.isdisjoint(market.balances())
    assert [] == broken(market.books())


def test_credits_bought_by_card_are_spent_like_any_other() -> None:
    market, buyer, who = Market(), new_user(), make_practitioner()
    market.offer(who, offer := make_service(who, price_cents=10000))

    bought = market.buy_credits(buyer, 10000)
    assert {"user_credit": 10000, "payment_gateway": -10000} == market.balances()
    spent = market.buy(buyer, offer, apply_credits=True, start_time=hours(50), payment_method_id=None)

    assert (OrderStatus.PAID, OrderStatus.PAID) == (bought.order.status, spent.order.status)
    assert spent.payment is None
    assert {"order_value": 10000, "payment_gateway": -10000} == market.balances()
    assert [] == broken(market.books())


@pytest.mark.parametrize("kind", [ServiceType.SESSION, ServiceType.PACKAGE])
def test_a_free_order_is_paid_at_once_and_leaves_no_trace_in_the_ledger(kind: ServiceType) -> None:
    market, buyer, who = Market(), new_user(), make_practitioner()
    part, package = make_package(who, 0, 2)
    free = make_service(who, price_cents=0)
    market.offer(who, part, package, free)
    individual = kind is ServiceType.SESSION

    receipt = market.buy(
        buyer,
        free if individual else package,
        start_time=hours(30) if individual else None,
        payment_method_id=None,
    )
    if individual:
        market.complete(receipt.seats[0].session.id)

    assert (OrderStatus.PAID, None) == (receipt.order.status, receipt.payment)
    assert [] == market.entries()
    assert [] == market.earnings()
    assert [] == broken(market.books())


def test_a_free_session_can_be_paid_to_its_practitioner_by_the_platform() -> None:
    market, buyer, who = Market(), new_user(), make_practitioner()
    market.offer(who, offer := make_service(who, price_cents=0, complimentary_earnings_cents=2500))
    receipt = market.buy(buyer, offer, start_time=hours(30))

    market.complete(receipt.seats[0].session.id)

    (earned,) = market.earnings()
    assert (2500, 0, 2500) == (
        earned.gross_amount_cents,
        earned.commission_amount_cents,
        earned.net_amount_cents,
    )
    assert {"platform_promotions": -2500, "practitioner": 2500} == market.balances()
    assert [] == broken(market.books())
