"""A package runs out: warned in time, then canceled where no time was given, as its terms say."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.bookings import Seat, SeatPayment
from core.domain.cancelling import cancel_seat
from core.domain.catalogue import OnExpiry, ServiceType
from core.domain.changes import Changes
from core.domain.errors import PackageExpired
from core.domain.events import Event, EventType
from core.domain.expiring import Look, look
from core.domain.ids import UserId
from core.domain.ledger import EntryKind, account_family
from core.domain.orders import Destination, next_look
from core.domain.refunds import quote
from core.domain.statuses import BookingStatus, OrderStatus, RefundStatus, SessionStatus
from core.domain.views import OrderView
from tests.builders import NOW, new_id, new_user
from tests.domain.amounts import MOMENTS
from tests.domain.shop import SLOT, bought, offer

DAY, TICK = timedelta(days=1), timedelta(milliseconds=1)
ENDS = NOW + 30 * DAY


def package(*, seats: int = 5, days: int = 30, credits_used: int = 10_000, **fields: Any) -> OrderView:
    """A paid package of 40000, valid for so many days."""
    kind = offer(ServiceType.PACKAGE, seats=seats, price_cents=40_000, validity_days=days, **fields)
    return bought(kind, credits_used=credits_used)


def looked(view: OrderView, now: datetime) -> Look:
    return look(view, now=now, new_id=new_id)


def after(view: OrderView, done: Look) -> OrderView:
    """The view as the look left it."""
    rows: dict[object, Any] = {row.id: row for row in done.changes.updates if hasattr(row, "id")}
    seats = tuple(
        evolve(
            seat,
            booking=rows.get(seat.booking.id, seat.booking),
            session=rows.get(seat.session.id, seat.session),
        )
        for seat in view.seats
    )
    return evolve(view, order=done.order, seats=seats)


def told(done: Look, kind: EventType) -> list[Event]:
    return [event for event in done.changes.events if event.type is kind]


@pytest.mark.parametrize(
    ("days", "first"),
    [(30, ENDS - 14 * DAY), (14, NOW + 13 * DAY), (7, NOW + 6 * DAY), (1, NOW + DAY), (0, NOW)],
)
def test_the_first_look_is_at_the_first_moment_still_to_come(days: int, first: datetime) -> None:
    assert first == next_look(NOW + days * DAY, NOW)


def test_a_paid_package_is_looked_at_and_an_unlimited_one_never() -> None:
    assert ENDS - 14 * DAY == package().order.expiry_due_at
    assert bought(offer(ServiceType.PACKAGE)).order.expiry_due_at is None


@given(ends=MOMENTS, now=MOMENTS)
def test_every_look_is_later_than_the_last_until_the_end(ends: datetime, now: datetime) -> None:
    due = next_look(ends, now)

    assert due > now or due == ends
    assert due in (ends - 14 * DAY, ends - DAY, ends)


@pytest.mark.parametrize(
    ("now", "days_left", "due"),
    [
        (ENDS - 14 * DAY, 14, ENDS - DAY),
        (ENDS - 10 * DAY - TICK, 11, ENDS - DAY),
        (ENDS - DAY - TICK, 2, ENDS - DAY),
        (ENDS - DAY, 1, ENDS),
        (ENDS - TICK, 1, ENDS),
    ],
)
def test_one_warning_is_sent_however_late_the_sweep(now: datetime, days_left: int, due: datetime) -> None:
    view = package()

    done = looked(view, now)

    (warning,) = done.changes.events
    assert (EventType.PACKAGE_EXPIRING, view.order.id) == (warning.type, warning.subject_id)
    assert warning.payload == {
        "user_id": str(view.order.user_id),
        "order_id": str(view.order.id),
        "expires_at": ENDS.isoformat(timespec="milliseconds"),
        "days_left": days_left,
        "sessions": 5,
    }
    assert Changes(updates=(done.order,), events=(warning,)) == done.changes
    assert evolve(view.order, expiry_due_at=due, version=view.order.version + 1) == done.order
    assert (1, 0) == (done.warnings, done.expired)


def test_each_holder_is_told_of_their_own_sessions() -> None:
    view, friend = package(), new_user()
    view = evolve(view, seats=(*view.seats[:3], _given(view, 3, friend), _given(view, 4, friend)))

    done = looked(view, ENDS - DAY)

    assert {str(view.order.user_id): 3, str(friend): 2} == {
        event.payload["user_id"]: event.payload["sessions"] for event in done.changes.events
    }


def _given(view: OrderView, number: int, user: UserId) -> Seat:
    seat = view.seats[number]
    return evolve(seat, booking=evolve(seat.booking, user_id=user))


def test_nobody_is_told_when_every_session_has_its_time() -> None:
    view = _scheduled(package(seats=2), 2)

    done = looked(view, ENDS - 14 * DAY)

    assert ((), 0, ENDS - DAY) == (done.changes.events, done.warnings, done.order.expiry_due_at)


def _scheduled(view: OrderView, count: int) -> OrderView:
    """The view with its first seats scheduled."""
    seats = tuple(
        evolve(
            seat,
            booking=evolve(seat.booking, status=BookingStatus.CONFIRMED),
            session=evolve(
                seat.session,
                status=SessionStatus.SCHEDULED,
                start_time=SLOT,
                end_time=SLOT + timedelta(hours=1),
                current_participants=1,
            ),
        )
        for seat in view.seats[:count]
    )
    return evolve(view, seats=(*seats, *view.seats[count:]))


def test_nothing_is_done_before_its_time_or_twice() -> None:
    view = package()
    assert Changes() == looked(view, ENDS - 14 * DAY - TICK).changes

    gone = after(view, looked(view, ENDS))
    assert Changes() == looked(gone, ENDS + DAY).changes


def test_what_got_no_time_is_forfeited_at_the_very_millisecond() -> None:
    view = _scheduled(package(), 2)
    assert 0 == looked(view, ENDS - TICK).expired

    done = looked(view, ENDS)

    (entry,) = done.changes.entries
    assert EntryKind.EXPIRY is entry.kind
    assert {"order_value": -24_000, "platform_forfeits": 24_000} == {
        account_family(posting.account): posting.amount_cents for posting in entry.postings
    }
    assert ((), None) == (done.changes.inserts, done.refund)
    assert (OrderStatus.PAID, 3, 3, 2, None) == (
        done.order.status,
        done.order.sessions_canceled,
        done.order.sessions_expired,
        done.order.sessions_remaining,
        done.order.expiry_due_at,
    )
    gone = after(view, done)
    assert view.seats[:2] == gone.seats[:2]
    for seat in gone.seats[2:]:
        assert (BookingStatus.CANCELED, SeatPayment.FORFEITED, "expired", ENDS) == (
            seat.booking.status,
            seat.booking.payment_status,
            seat.booking.cancel_reason,
            seat.booking.canceled_at,
        )
        assert SessionStatus.CANCELED is seat.session.status
    (event,) = told(done, EventType.PACKAGE_EXPIRED)
    assert (3, 24_000, 0) == tuple(event.payload[k] for k in ("sessions", "forfeited_cents", "credits_cents"))
    assert 3 == len(told(done, EventType.BOOKING_CANCELED))


def test_or_returned_as_credits_in_the_proportion_in_which_it_was_paid() -> None:
    view = _scheduled(package(on_expiry=OnExpiry.CREDITS), 2)

    done = looked(view, ENDS)

    (entry,) = done.changes.entries
    assert EntryKind.REFUND is entry.kind
    assert {"order_value": -24_000, "user_credit": 24_000} == {
        account_family(posting.account): posting.amount_cents for posting in entry.postings
    }
    (change,) = done.changes.credits
    assert (view.order.user_id, 24_000) == (change.user_id, change.balance_delta_cents)
    made = done.refund
    assert made is not None
    assert (made,) == done.changes.inserts
    assert (RefundStatus.SUCCEEDED, Destination.CREDITS, "expired", 24_000, 0, 0) == (
        made.status,
        made.destination,
        made.reason,
        made.credits_cents,
        made.card_cents,
        made.forfeited_cents,
    )
    assert (OrderStatus.PARTIALLY_REFUNDED, 24_000, 18_000) == (
        done.order.status,
        done.order.refunded_credits_cents,
        done.order.card_to_credits_cents,
    )


def test_a_package_of_which_nothing_was_used_is_refunded_whole() -> None:
    done = looked(package(on_expiry=OnExpiry.CREDITS), ENDS)

    assert (OrderStatus.REFUNDED, 40_000, 30_000, 0) == (
        done.order.status,
        done.order.refunded_credits_cents,
        done.order.card_to_credits_cents,
        done.order.sessions_remaining,
    )


def test_a_free_package_expires_without_an_entry() -> None:
    free = bought(offer(ServiceType.PACKAGE, seats=2, price_cents=0, validity_days=30))

    done = looked(free, ENDS)

    assert ((), 2) == (done.changes.entries, done.expired)


@given(
    seats=st.integers(1, 9),
    scheduled=st.integers(0, 9),
    price=st.integers(900, 10**9),
    percent_credits=st.integers(0, 100),
    on_expiry=st.sampled_from(OnExpiry),
)
def test_every_cent_of_what_ran_out_is_forfeited_or_returned(
    seats: int, scheduled: int, price: int, percent_credits: int, on_expiry: OnExpiry
) -> None:
    kind = offer(ServiceType.PACKAGE, seats=seats, price_cents=price, validity_days=30, on_expiry=on_expiry)
    view = _scheduled(bought(kind, credits_used=price * percent_credits // 100), min(scheduled, seats))
    value = sum(seat.booking.session_value_cents for seat in view.seats[scheduled:])

    done = looked(view, ENDS)

    returned = value if on_expiry is OnExpiry.CREDITS else 0
    order = done.order
    assert returned == order.refunded_credits_cents
    assert 0 <= order.card_to_credits_cents <= order.total_amount_cents
    assert 0 <= returned - order.card_to_credits_cents <= order.credits_applied_cents
    kept = sum(
        p.amount_cents for e in done.changes.entries for p in e.postings if p.account == "platform_forfeits"
    )
    assert value - returned == kept


@pytest.mark.parametrize("status", [OrderStatus.CANCELED, OrderStatus.REFUNDED, OrderStatus.PENDING_PAYMENT])
def test_only_an_order_with_something_left_expires(status: OrderStatus) -> None:
    view = package()
    view = evolve(view, order=evolve(view.order, status=status))

    done = looked(view, ENDS)

    expected = evolve(view.order, expiry_due_at=None, version=view.order.version + 1)
    assert Changes(updates=(expected,)) == done.changes


def test_a_holder_gets_nothing_back_for_what_has_run_out_before_the_sweep_comes() -> None:
    view = _scheduled(package(), 2)
    held = quote(view, booking_ids=None, in_full=False, destination=Destination.ORIGINAL, now=ENDS - TICK)
    late = quote(view, booking_ids=None, in_full=False, destination=Destination.ORIGINAL, now=ENDS)
    platform = quote(view, booking_ids=None, in_full=True, destination=Destination.ORIGINAL, now=ENDS)

    assert (5, 2, 5) == tuple(len(figures.lines) for figures in (held, late, platform))
    with pytest.raises(PackageExpired):
        cancel_seat(view, view.seats[2].booking.id, in_full=False, reason=None, now=ENDS, new_id=new_id)
