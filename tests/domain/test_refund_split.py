"""Many partial refunds never drift: whatever the order, card and credits end where they must."""

from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.bookings import Seat
from core.domain.cancelling import Cancellation, refund
from core.domain.catalogue import CancellationTier, ServiceType
from core.domain.errors import NothingToRefund
from core.domain.ids import BookingId
from core.domain.orders import Destination
from core.domain.statuses import BookingStatus, OrderStatus, SessionStatus
from core.domain.views import OrderView
from tests.builders import NOW, new_id
from tests.domain.amounts import PAID_PRICES
from tests.domain.shop import bought, offer

ORIGINAL, CREDITS = Destination.ORIGINAL, Destination.CREDITS


def package(price: int, *, seats: int, credits_used: int) -> OrderView:
    return bought(offer(ServiceType.PACKAGE, price_cents=price, seats=seats), credits_used=credits_used)


def give_up(view: OrderView, seats: list[BookingId], to: Destination) -> tuple[OrderView, Cancellation]:
    """Refund these seats in full; tells the order as it then stands."""
    done = refund(view, booking_ids=seats, in_full=True, destination=to, reason=None, now=NOW, new_id=new_id)
    after = {seat.booking.id: seat for seat in done.seats}
    return evolve(view, order=done.order, seats=tuple(after.get(s.booking.id, s) for s in view.seats)), done


def delivered(view: OrderView, count: int) -> OrderView:
    """The first so many seats are over."""
    over = tuple(
        Seat(
            booking=evolve(seat.booking, status=BookingStatus.CONFIRMED),
            session=evolve(seat.session, status=SessionStatus.COMPLETED),
        )
        for seat in view.seats[:count]
    )
    return evolve(view, seats=(*over, *view.seats[count:]))


def test_the_rest_of_40000_with_10000_credits_after_two_of_five() -> None:
    view = delivered(package(40000, seats=5, credits_used=10000), 2)
    _, done = give_up(view, [seat.booking.id for seat in view.seats], ORIGINAL)

    assert (24000, 6000, 18000) == (
        done.quote.refund_value_cents,
        done.quote.credits_cents,
        done.quote.card_cents,
    )


@st.composite
def refund_plans(draw: st.DrawFn) -> tuple[OrderView, list[tuple[list[int], Destination]]]:
    """A package paid in two ways, and its seats given up in some order, in parts, to any destinations."""
    price = draw(PAID_PRICES)
    seats = draw(st.integers(min_value=1, max_value=10))
    credits_used = draw(st.integers(min_value=0, max_value=price))
    queue = draw(st.permutations(range(seats)))
    parts: list[tuple[list[int], Destination]] = []
    while queue:
        size = draw(st.integers(min_value=1, max_value=len(queue)))
        parts.append((list(queue[:size]), draw(st.sampled_from(Destination))))
        queue = queue[size:]
    return package(price, seats=seats, credits_used=credits_used), parts


@given(plan=refund_plans())
def test_any_sequence_of_refunds_returns_exactly_what_was_paid(
    plan: tuple[OrderView, list[tuple[list[int], Destination]]],
) -> None:
    view, parts = plan
    paid = view.order
    for seats, destination in parts:
        value = sum(view.seats[index].booking.session_value_cents for index in seats)
        if value == 0:
            with pytest.raises(NothingToRefund):
                give_up(view, [view.seats[index].booking.id for index in seats], destination)
            continue
        view, done = give_up(view, [view.seats[index].booking.id for index in seats], destination)
        order = view.order
        returned = order.refunded_credits_cents - order.card_to_credits_cents
        due = Fraction(order.refunded_cents * paid.credits_applied_cents, paid.subtotal_amount_cents)

        assert value == done.quote.refund_value_cents == done.quote.credits_cents + done.quote.card_cents
        assert min(done.quote.credits_cents, done.quote.card_cents, done.quote.card_to_credits_cents) >= 0
        assert due // 1 == returned
        assert order.refunded_card_cents + order.card_to_credits_cents <= paid.total_amount_cents
        assert destination is ORIGINAL or done.quote.card_cents == 0

    order = view.order
    assert OrderStatus.REFUNDED is order.status
    assert paid.credits_applied_cents == order.refunded_credits_cents - order.card_to_credits_cents
    assert paid.total_amount_cents == order.refunded_card_cents + order.card_to_credits_cents


@given(
    price=PAID_PRICES,
    seats=st.integers(1, 10),
    credits_used=st.integers(0, 1_000_000),
    to=st.sampled_from(Destination),
)
def test_refunds_one_by_one_come_to_the_same_as_one_refund_of_all(
    price: int, seats: int, credits_used: int, to: Destination
) -> None:
    view = package(price, seats=seats, credits_used=min(price, credits_used))
    at_once, _ = give_up(view, [seat.booking.id for seat in view.seats], to)
    for seat in view.seats:
        if seat.booking.session_value_cents > 0:
            view, _ = give_up(view, [seat.booking.id], to)

    assert (at_once.order.refunded_credits_cents, at_once.order.refunded_card_cents) == (
        view.order.refunded_credits_cents,
        view.order.refunded_card_cents,
    )


@given(
    price=PAID_PRICES,
    seats=st.integers(1, 10),
    credits_used=st.integers(0, 1_000_000),
    percents=st.lists(st.integers(0, 100), min_size=10, max_size=10),
)
def test_partial_percentages_never_return_more_than_was_paid_either_way(
    price: int, seats: int, credits_used: int, percents: list[int]
) -> None:
    paid = min(price, credits_used)
    view = bought(offer(ServiceType.COURSE, price_cents=price, seats=seats), credits_used=paid)
    for seat, percent in zip(view.seats, percents, strict=False):
        tiers = (CancellationTier(min_notice_hours=0, refund_percent=percent),)
        terms = evolve(view.order.terms, cancellation_policy=tiers)
        if seat.booking.session_value_cents * percent < 100:
            continue
        done = refund(
            evolve(view, order=evolve(view.order, terms=terms)),
            booking_ids=[seat.booking.id],
            in_full=False,
            destination=ORIGINAL,
            reason=None,
            now=NOW,
            new_id=new_id,
        )
        view = evolve(view, order=done.order)

    assert view.order.refunded_credits_cents <= view.order.credits_applied_cents
    assert view.order.refunded_card_cents <= view.order.total_amount_cents
