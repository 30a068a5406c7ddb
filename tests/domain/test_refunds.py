"""What comes back: by policy, seat by seat, in the proportion in which it was paid."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.bookings import Attendance, Seat, SeatPayment
from core.domain.cancelling import Cancellation, cancel_seat, refund
from core.domain.catalogue import DEFAULT_POLICY, CancellationTier, ServiceType
from core.domain.changes import Changes, SeatChange
from core.domain.credits import CreditChange
from core.domain.earnings import Earnings
from core.domain.errors import IllegalTransition, Invalid, NothingToRefund
from core.domain.gateway import Succeeded
from core.domain.ids import BookingId
from core.domain.ledger import EntryKind, PostingType
from core.domain.money import MAX_CENTS
from core.domain.orders import Destination, RefundLine
from core.domain.refunds import RefundQuote, quote, refund_percent
from core.domain.returning import settle_refund
from core.domain.statuses import (
    BookingStatus,
    EarningsStatus,
    OrderStatus,
    RefundStatus,
    SessionStatus,
)
from core.domain.views import OrderView, RefundView
from tests.builders import NOW, new_id
from tests.domain.amounts import MOMENTS
from tests.domain.shop import SLOT, bought, offer

HOUR = timedelta(hours=1)
ORIGINAL, CREDITS = Destination.ORIGINAL, Destination.CREDITS


def quoted(view: OrderView, now: datetime = NOW, *, in_full: bool = False) -> RefundQuote:
    """What giving up everything would return."""
    return quote(view, booking_ids=None, in_full=in_full, destination=ORIGINAL, now=now)


def given_up(
    view: OrderView,
    seats: Sequence[BookingId] | None = None,
    *,
    now: datetime = NOW,
    destination: Destination = ORIGINAL,
    in_full: bool = False,
) -> Cancellation:
    """Refund seats, all with None."""
    return refund(
        view,
        booking_ids=seats,
        in_full=in_full,
        destination=destination,
        reason="ill",
        now=now,
        new_id=new_id,
    )


@pytest.mark.parametrize(
    ("notice", "percent"),
    [
        (timedelta(hours=30), 100),
        (timedelta(hours=24), 100),
        (timedelta(hours=24, milliseconds=-1), 50),
        (timedelta(hours=10), 50),
        (timedelta(hours=6), 50),
        (timedelta(hours=6, milliseconds=-1), 0),
        (timedelta(hours=2), 0),
        (timedelta(0), 0),
        (timedelta(hours=-2), 0),
    ],
)
def test_the_default_policy_returns_all_half_or_nothing(notice: timedelta, percent: int) -> None:
    assert percent == refund_percent(DEFAULT_POLICY, start_time=SLOT, now=SLOT - notice)
    assert (
        8000 * percent // 100 == quoted(bought(offer(ServiceType.SESSION)), SLOT - notice).refund_value_cents
    )


TIERS = st.lists(
    st.builds(
        lambda hours, percent: CancellationTier(min_notice_hours=hours, refund_percent=percent),
        st.integers(0, 200),
        st.integers(0, 100),
    ),
    max_size=5,
)


@given(policy=TIERS, start=MOMENTS, earlier=st.integers(0, 10**9), later=st.integers(0, 10**9))
def test_more_notice_never_returns_less(
    policy: list[CancellationTier], start: datetime, earlier: int, later: int
) -> None:
    long, short = (timedelta(milliseconds=ms) for ms in (max(earlier, later), min(earlier, later)))

    assert refund_percent(policy, start_time=start, now=start - long) >= refund_percent(
        policy, start_time=start, now=start - short
    )


@given(policy=TIERS, now=MOMENTS)
def test_an_unscheduled_seat_returns_everything(policy: list[CancellationTier], now: datetime) -> None:
    assert 100 == refund_percent(policy, start_time=None, now=now)


def test_the_practitioner_or_the_platform_returns_everything() -> None:
    assert 8000 == quoted(bought(offer(ServiceType.SESSION)), SLOT - HOUR, in_full=True).refund_value_cents


def test_a_quote_adds_up_and_moves_nothing() -> None:
    view = bought(offer(ServiceType.COURSE, price_cents=50001), credits_used=777)
    figures = quoted(view, SLOT - 10 * HOUR)

    assert (50, 100, 100) == tuple(line.refund_percent for line in figures.lines)
    assert (8333, 16667, 16667) == tuple(line.refund_cents for line in figures.lines)
    assert 50001 == figures.refund_value_cents + figures.forfeited_cents
    assert figures.refund_value_cents == figures.credits_cents + figures.card_cents
    assert figures == given_up(view, now=SLOT - 10 * HOUR).quote


def test_what_is_not_the_orders_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        given_up(bought(offer(ServiceType.SESSION)), [BookingId(new_id())])
    assert "/booking_ids" == refused.value.pointer


def test_a_refund_of_nothing_is_refused() -> None:
    with pytest.raises(NothingToRefund):
        given_up(bought(offer(ServiceType.SESSION)), now=SLOT - HOUR)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (OrderStatus.PENDING_PAYMENT, IllegalTransition),
        (OrderStatus.CANCELED, IllegalTransition),
        (OrderStatus.REFUNDED, NothingToRefund),
    ],
)
def test_only_an_order_that_was_paid_is_refunded(status: OrderStatus, error: type[Exception]) -> None:
    view = bought(offer(ServiceType.SESSION))
    with pytest.raises(error):
        given_up(evolve(view, order=evolve(view.order, status=status)))


def changed(view: OrderView, seat: Seat) -> OrderView:
    return evolve(view, seats=(seat, *view.seats[1:]))


def test_seats_that_are_over_give_nothing_and_have_no_line() -> None:
    view = bought(offer(ServiceType.PACKAGE, price_cents=24000))
    first = view.seats[0]
    completed = Seat(
        booking=evolve(first.booking, status=BookingStatus.CONFIRMED),
        session=evolve(first.session, status=SessionStatus.COMPLETED),
    )
    canceled = evolve(first, booking=evolve(first.booking, status=BookingStatus.CANCELED))
    returned = evolve(first, booking=evolve(first.booking, payment_status=SeatPayment.REFUNDED))
    missed = evolve(first, booking=evolve(first.booking, attendance=Attendance.NO_SHOW))

    for over in (completed, canceled, returned, missed):
        assert 16000 == quoted(changed(view, over)).refund_value_cents
        assert first.booking.id not in {line.booking_id for line in quoted(changed(view, over)).lines}


def test_a_full_refund_undoes_the_purchase() -> None:
    view = bought(offer(ServiceType.SESSION), credits_used=3000)
    done = given_up(view)
    booking, session = done.seats[0].booking, done.seats[0].session
    assert done.refund is not None

    assert (OrderStatus.REFUNDED, 3000, 5000) == (
        done.order.status,
        done.order.refunded_credits_cents,
        done.order.refunded_card_cents,
    )
    assert (BookingStatus.CANCELED, SeatPayment.REFUNDED, 8000, "ill", NOW, done.refund.id) == (
        booking.status,
        booking.payment_status,
        booking.refunded_cents,
        booking.cancel_reason,
        booking.canceled_at,
        booking.refund_id,
    )
    assert SessionStatus.CANCELED is session.status
    assert (SeatChange(session_id=session.id, seats=-1),) == done.changes.seats
    back = CreditChange(user_id=view.order.user_id, currency="usd", balance_delta_cents=3000)
    assert (back,) == done.changes.credits
    (row,) = [row for row in done.changes.updates if isinstance(row, Earnings)]
    assert EarningsStatus.REVERSED is row.status
    assert (RefundStatus.PENDING, view.payments[0].id, 5000) == (
        done.refund.status,
        done.refund.payment_id,
        done.refund.card_cents,
    )


def test_the_entry_of_a_refund_says_where_the_value_went() -> None:
    done = given_up(bought(offer(ServiceType.SESSION), credits_used=2000), now=SLOT - 10 * HOUR)
    (entry,) = done.changes.entries

    assert EntryKind.REFUND is entry.kind
    assert [
        (PostingType.REVERSAL, -8000),
        (PostingType.REFUND, 1000),
        (PostingType.REFUND, 3000),
        (PostingType.FORFEIT, 4000),
    ] == [(posting.type, posting.amount_cents) for posting in entry.postings]
    assert (OrderStatus.PARTIALLY_REFUNDED, SeatPayment.PARTIALLY_REFUNDED) == (
        done.order.status,
        done.seats[0].booking.payment_status,
    )


def test_the_public_session_of_a_canceled_seat_goes_on() -> None:
    view = bought(offer(ServiceType.WORKSHOP))
    done = given_up(view)

    assert SessionStatus.SCHEDULED is done.seats[0].session.status
    assert (SeatChange(session_id=view.seats[0].session.id, seats=-1),) == done.changes.seats


def test_a_draft_seat_had_no_place_to_give_back() -> None:
    done = given_up(bought(offer(ServiceType.PACKAGE)))

    assert () == done.changes.seats
    assert {SessionStatus.CANCELED} == {seat.session.status for seat in done.seats}


def test_everything_can_come_back_as_credits_at_once() -> None:
    done = given_up(bought(offer(ServiceType.SESSION), credits_used=3000), destination=CREDITS)
    assert done.refund is not None

    assert (RefundStatus.SUCCEEDED, 8000, 0) == (
        done.refund.status,
        done.refund.credits_cents,
        done.refund.card_cents,
    )
    assert (8000, 5000) == (done.order.refunded_credits_cents, done.order.card_to_credits_cents)
    assert (8000, 0, 5000) == (
        done.quote.credits_cents,
        done.quote.card_cents,
        done.quote.card_to_credits_cents,
    )


def cancel(view: OrderView, *, now: datetime = NOW, in_full: bool = False) -> Cancellation:
    return cancel_seat(view, view.seats[0].booking.id, in_full=in_full, reason=None, now=now, new_id=new_id)


def test_a_late_cancellation_forfeits_the_value() -> None:
    done = cancel(bought(offer(ServiceType.SESSION)), now=SLOT - HOUR)
    (entry,) = done.changes.entries

    assert (None, SeatPayment.FORFEITED) == (done.refund, done.seats[0].booking.payment_status)
    assert (EntryKind.FORFEIT, [-8000, 8000]) == (
        entry.kind,
        [posting.amount_cents for posting in entry.postings],
    )
    assert (OrderStatus.PAID, 1, entry.hash) == (
        done.order.status,
        done.order.sessions_canceled,
        done.order.ledger_head,
    )


def test_a_free_seat_is_canceled_without_an_entry() -> None:
    done = cancel(bought(offer(ServiceType.SESSION, price_cents=0)))

    assert ((), None, BookingStatus.CANCELED) == (
        done.changes.entries,
        done.refund,
        done.seats[0].booking.status,
    )


def test_canceling_twice_changes_nothing() -> None:
    view = bought(offer(ServiceType.SESSION))
    done = cancel(view)

    assert Changes() == cancel(changed(evolve(view, order=done.order), done.seats[0])).changes


def test_a_completed_seat_is_not_canceled() -> None:
    view = bought(offer(ServiceType.SESSION))
    seat = view.seats[0]
    over = evolve(seat, session=evolve(seat.session, status=SessionStatus.COMPLETED))
    with pytest.raises(IllegalTransition, match="booking is completed: cannot cancel"):
        cancel(changed(view, over))


def test_a_settled_refund_stays_as_it_is() -> None:
    view = bought(offer(ServiceType.SESSION))
    done = given_up(view)
    assert done.refund is not None
    pending = RefundView(refund=done.refund, order=done.order, payment=view.payments[0])
    changes, settled = settle_refund(pending, Succeeded(ref="re_1"), now=NOW, new_id=new_id)
    again = evolve(pending, refund=settled)

    assert (RefundStatus.SUCCEEDED, "re_1") == (settled.status, settled.gateway_ref)
    assert [-8000, 8000] == [p.amount_cents for entry in changes.entries for p in entry.postings]
    assert (Changes(), settled) == settle_refund(again, Succeeded(ref="re_2"), now=NOW, new_id=new_id)


@given(value=st.integers(0, MAX_CENTS), percent=st.integers(0, 100))
def test_what_does_not_come_back_is_forfeited_to_the_unit(value: int, percent: int) -> None:
    policy = (CancellationTier(min_notice_hours=0, refund_percent=percent),)
    view = bought(offer(ServiceType.SESSION, price_cents=max(value, 50), cancellation_policy=policy))
    figures = quoted(view)
    (line,) = figures.lines

    assert (
        RefundLine(
            booking_id=line.booking_id,
            value_cents=max(value, 50),
            refund_percent=percent,
            refund_cents=max(value, 50) * percent // 100,
        )
        == line
    )
    assert max(value, 50) == figures.refund_value_cents + figures.forfeited_cents
