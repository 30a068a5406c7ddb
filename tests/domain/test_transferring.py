"""Seats of a package change hands; its money does not."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.bookings import Seat, SeatPayment
from core.domain.cancelling import cancel_seat
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes
from core.domain.errors import (
    DomainError,
    IllegalTransition,
    Invalid,
    NothingToTransfer,
    NotTransferable,
    PackageExpired,
)
from core.domain.events import EventType
from core.domain.ids import BookingId, UserId
from core.domain.orders import Destination
from core.domain.refunds import quote
from core.domain.statuses import BookingStatus, OrderStatus, SessionStatus
from core.domain.transferring import Transferred, held_by, transfer
from core.domain.views import OrderView
from tests.builders import NOW, new_id, new_user
from tests.domain.shop import SLOT, bought, offer

TICK = timedelta(milliseconds=1)
FRIEND = new_user()


def package(kind: ServiceType = ServiceType.PACKAGE, seats: int = 4) -> OrderView:
    """A paid order of so many seats, valid for 30 days."""
    return bought(offer(kind, seats=seats, price_cents=40_000, validity_days=30), credits_used=10_000)


def given_to(view: OrderView, *seats: Seat, to: UserId = FRIEND, now: datetime = NOW) -> Transferred:
    """Give these seats away, all that remain with none named."""
    named = [seat.booking.id for seat in seats] or None
    return transfer(view, to=to, booking_ids=named, now=now, new_id=new_id)


def put(view: OrderView, number: int, session: SessionStatus, status: BookingStatus) -> OrderView:
    """The view with one of its seats in a session at SLOT."""
    seat = view.seats[number]
    moved = Seat(
        booking=evolve(seat.booking, status=status),
        session=evolve(seat.session, status=session, start_time=SLOT, end_time=SLOT + timedelta(hours=1)),
    )
    return evolve(view, seats=(*view.seats[:number], moved, *view.seats[number + 1 :]))


@pytest.mark.parametrize("kind", [ServiceType.PACKAGE, ServiceType.BUNDLE])
def test_all_that_remains_changes_hands_and_nothing_else_changes(kind: ServiceType) -> None:
    view = package(kind)

    done = given_to(view)

    expected = tuple(
        evolve(seat.booking, user_id=FRIEND, version=seat.booking.version + 1) for seat in view.seats
    )
    assert expected == tuple(seat.booking for seat in done.seats)
    assert [seat.session for seat in view.seats] == [seat.session for seat in done.seats]
    (told,) = done.changes.events
    assert Changes(updates=expected, events=(told,)) == done.changes
    assert (EventType.PACKAGE_TRANSFERRED, view.order.id) == (told.type, told.subject_id)
    assert told.payload == {
        "order_id": str(view.order.id),
        "from_user_id": str(view.order.user_id),
        "to_user_id": str(FRIEND),
        "seats": 4,
    }


def test_some_seats_can_be_given_and_the_others_stay() -> None:
    view = package()

    done = given_to(view, view.seats[1], view.seats[3])

    assert [view.seats[1].booking.id, view.seats[3].booking.id] == [seat.booking.id for seat in done.seats]


CONFIRMED, CANCELED = BookingStatus.CONFIRMED, BookingStatus.CANCELED


@pytest.mark.parametrize(
    ("session", "status", "now", "remains"),
    [
        (SessionStatus.SCHEDULED, CONFIRMED, SLOT - TICK, True),
        (SessionStatus.SCHEDULED, CONFIRMED, SLOT, False),
        (SessionStatus.IN_PROGRESS, CONFIRMED, SLOT - TICK, False),
        (SessionStatus.COMPLETED, CONFIRMED, NOW, False),
        (SessionStatus.CANCELED, CANCELED, NOW, False),
        (SessionStatus.SCHEDULED, CANCELED, NOW, False),
    ],
)
def test_a_scheduled_seat_remains_until_its_session_begins(
    session: SessionStatus, status: BookingStatus, now: datetime, *, remains: bool
) -> None:
    view = put(package(), 0, session, status)

    everything = given_to(view, now=now)

    assert remains == (view.seats[0].booking.id in {seat.booking.id for seat in everything.seats})
    if not remains:
        with pytest.raises(NothingToTransfer):
            given_to(view, view.seats[0], view.seats[1], now=now)


def test_a_seat_that_is_not_paid_does_not_change_hands() -> None:
    view = package(seats=1)
    (seat,) = view.seats
    unpaid = evolve(seat, booking=evolve(seat.booking, payment_status=SeatPayment.REFUNDED))

    with pytest.raises(NothingToTransfer):
        given_to(evolve(view, seats=(unpaid,)))


@pytest.mark.parametrize("kind", [ServiceType.SESSION, ServiceType.WORKSHOP, ServiceType.COURSE])
def test_only_packages_and_bundles_change_hands(kind: ServiceType) -> None:
    with pytest.raises(NotTransferable):
        given_to(bought(offer(kind)))


@pytest.mark.parametrize("status", [OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELED, OrderStatus.REFUNDED])
def test_only_a_paid_order_changes_hands(status: OrderStatus) -> None:
    view = package()
    with pytest.raises(IllegalTransition):
        given_to(evolve(view, order=evolve(view.order, status=status)))


@pytest.mark.parametrize(
    ("now", "error"), [(NOW + timedelta(days=30) - TICK, None), (NOW + timedelta(days=30), PackageExpired)]
)
def test_a_package_changes_hands_until_it_expires(now: datetime, error: type[DomainError] | None) -> None:
    view = package()
    if error is None:
        assert 4 == len(given_to(view, now=now).seats)
    else:
        with pytest.raises(error):
            given_to(view, now=now)


def test_a_second_transfer_finds_nothing_left() -> None:
    view = package()
    gone = evolve(view, seats=given_to(view).seats)

    with pytest.raises(NothingToTransfer):
        given_to(held_by(gone, view.order.user_id), to=new_user())
    with pytest.raises(NothingToTransfer):
        given_to(gone)
    with pytest.raises(Invalid) as refused:
        given_to(gone, gone.seats[0])
    assert "/user_id" == refused.value.pointer


def test_what_somebody_else_holds_is_not_there_to_give() -> None:
    view = package()
    gone = evolve(view, seats=(*given_to(view, view.seats[0]).seats, *view.seats[1:]))

    with pytest.raises(Invalid) as refused:
        given_to(held_by(gone, view.order.user_id), gone.seats[0], to=new_user())
    assert "/booking_ids" == refused.value.pointer
    with pytest.raises(Invalid):
        transfer(gone, to=FRIEND, booking_ids=[BookingId(new_id())], now=NOW, new_id=new_id)


def test_each_former_holder_is_told_of() -> None:
    view, other = package(), new_user()
    mixed = evolve(view, seats=(*given_to(view, view.seats[0]).seats, *view.seats[1:]))

    done = given_to(mixed, *mixed.seats, to=other)

    assert {str(FRIEND): 1, str(view.order.user_id): 3} == {
        told.payload["from_user_id"]: told.payload["seats"] for told in done.changes.events
    }


@given(given_away=st.sets(st.integers(0, 3)), canceled=st.integers(0, 3))
def test_whoever_holds_a_seat_its_refund_is_the_buyers(given_away: set[int], canceled: int) -> None:
    view = package()
    buyer = view.order.user_id
    moved = {seat.booking.id: seat for seat in given_to(view, *[view.seats[n] for n in given_away]).seats}
    if given_away:
        view = evolve(view, seats=tuple(moved.get(seat.booking.id, seat) for seat in view.seats))

    figures = quote(
        held_by(view, buyer), booking_ids=None, in_full=False, destination=Destination.ORIGINAL, now=NOW
    )
    assert 4 - len(given_away) == len(figures.lines)

    seat = view.seats[canceled]
    done = cancel_seat(view, seat.booking.id, in_full=False, reason=None, now=NOW, new_id=new_id)
    assert done.refund is not None
    assert (buyer, 10_000, 2500, 7500) == (
        done.refund.user_id,
        done.refund.refund_value_cents,
        done.refund.credits_cents,
        done.refund.card_cents,
    )
    assert {buyer} == {change.user_id for change in done.changes.credits}
    assert (canceled in given_away) == (done.seats[0].booking.user_id == FRIEND)
