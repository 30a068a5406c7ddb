"""A lost dispute takes exactly what it covers, whatever was bought, delivered and refunded before."""

from datetime import timedelta

from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.bookings import Booking, SeatPayment
from core.domain.catalogue import Component, ServiceType
from core.domain.charging_back import shares
from core.domain.orders import Order, Payment
from core.domain.statuses import BookingStatus, DisputeStatus
from tests.builders import make_practitioner, make_service, new_user
from tests.domain.amounts import PAID_PRICES
from tests.domain.invariants import broken
from tests.domain.market import Market, hours
from tests.domain.shop import bought, offer
from tests.domain.test_audit import audited

WORTH = (SeatPayment.PAID, SeatPayment.FORFEITED, SeatPayment.PARTIALLY_REFUNDED)

ENDS = st.sampled_from((DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.WITHDRAWN))


@given(
    price=PAID_PRICES,
    payments=st.lists(st.sampled_from(SeatPayment), min_size=1, max_size=7),
    amount=st.integers(min_value=1, max_value=2_000_000),
)
def test_an_amount_is_shared_exactly_and_no_seat_pays_more_than_it_is_worth(
    price: int, payments: list[SeatPayment], amount: int
) -> None:
    view = bought(offer(ServiceType.PACKAGE, price_cents=price, seats=len(payments)), credits_used=0)
    seats = tuple(
        evolve(
            seat,
            booking=evolve(
                seat.booking,
                payment_status=status,
                refunded_cents=seat.booking.session_value_cents // 3
                if status is SeatPayment.PARTIALLY_REFUNDED
                else 0,
            ),
        )
        for seat, status in zip(view.seats, payments, strict=True)
    )
    worth = {
        seat.booking.id: seat.booking.session_value_cents - seat.booking.refunded_cents
        for seat in seats
        if seat.booking.payment_status in WORTH
    }

    shared = shares(evolve(view, seats=seats), amount)

    assert min(amount, sum(worth.values())) == sum(shared.values())
    assert all(0 < cents <= worth[booking] for booking, cents in shared.items())


@frozen(kw_only=True)
class Story:
    """A package with so many seats, some delivered and some refunded, and what its buyer disputes."""

    price: int
    seats: int
    credits: int
    delivered: int
    refunded: int
    paid_out: bool
    amount: int
    reports: tuple[DisputeStatus, ...]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    price, seats = draw(PAID_PRICES), draw(st.integers(min_value=1, max_value=4))
    spent = draw(st.integers(min_value=0, max_value=price - 50))
    delivered = draw(st.integers(min_value=0, max_value=seats))
    return Story(
        price=price,
        seats=seats,
        credits=spent,
        delivered=delivered,
        refunded=draw(st.integers(min_value=0, max_value=seats - delivered)),
        paid_out=draw(st.booleans()),
        amount=draw(st.integers(min_value=1, max_value=price - spent)),
        reports=draw(
            st.lists(ENDS, min_size=1, max_size=2).flatmap(
                lambda ends: st.permutations([DisputeStatus.OPEN, *ends]).map(tuple)
            )
        ),
    )


def lived(story: Story) -> tuple[Market, Order]:
    """The story up to its end, with the books held whole after each report."""
    market, buyer, who = Market(), new_user(), make_practitioner()
    part = make_service(who)
    parts = (Component(service_id=part.id, quantity=story.seats),)
    package = make_service(who, service_type=ServiceType.PACKAGE, price_cents=story.price, components=parts)
    market.offer(who, part, package)
    if story.credits:
        market.grant(buyer, story.credits)
    receipt = market.buy(buyer, package, credits_to_apply_cents=story.credits)
    assert receipt.payment is not None
    for seat in receipt.seats[: story.delivered]:
        session = market.schedule(seat.booking.id, start_time=hours(1, market.clock.now()))
        market.clock.advance(timedelta(hours=2))
        market.complete(session.id)
    if story.refunded:
        last = receipt.seats[story.seats - story.refunded :]
        market.refund(receipt.order.id, [seat.booking.id for seat in last])
    if story.paid_out and story.delivered:
        market.sweep(after=timedelta(days=3))
        if sum(row.net_amount_cents for row in market.earnings()) > 0:
            market.pay_out(who.id)
    assert [] == broken(market.books())

    (payment,) = market.books().every(Payment)
    for status in story.reports:
        market.dispute(payment, status, story.amount)
        assert [] == broken(market.books())
        assert () == audited(market.books())
    return market, market.order(receipt.order.id)


@settings(deadline=None, max_examples=60)
@given(story=stories())
def test_the_books_are_whole_after_every_report(story: Story) -> None:
    market, order = lived(story)

    end = next(status for status in story.reports if status is not DisputeStatus.OPEN)
    balances = market.balances()
    assert 0 == balances.get("disputes", 0)
    assert 0 == order.disputed_cents
    if end is not DisputeStatus.LOST:
        assert 0 == order.charged_back_cents
        return
    assert story.amount == order.charged_back_cents - balances.get("platform_losses", 0)
    assert order.returned_cents <= order.subtotal_amount_cents
    assert 0 <= order.refunded_credits_cents - order.card_to_credits_cents <= order.credits_applied_cents
    lost = [b for b in market.books().every(Booking) if b.payment_status is SeatPayment.CHARGED_BACK]
    canceled = [b for b in lost if b.status is BookingStatus.CANCELED]
    assert story.refunded + len(canceled) == order.sessions_canceled
