"""Sessions take place: they start, they complete once, each delivered seat is earned once."""

from datetime import timedelta
from typing import Any, TypeVar

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.bookings import Attendance, Booking, Seat
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes
from core.domain.delivery import complete, start
from core.domain.earnings import Earnings
from core.domain.errors import Conflict, IllegalTransition
from core.domain.events import EventType
from core.domain.ledger import EntryKind, account_family
from core.domain.money import commission_of
from core.domain.orders import Order
from core.domain.sessions import ServiceSession
from core.domain.statuses import BookingStatus, EarningsStatus, SessionStatus
from core.domain.views import DeliveryView, OrderView
from tests.builders import NOW, make_practitioner, make_service, make_session, new_id
from tests.domain.amounts import PAID_PRICES, RATES
from tests.domain.shop import SLOT, bought, offer

R = TypeVar("R")
DONE = SLOT + timedelta(minutes=63)


def taking_place(order: OrderView, **booking: Any) -> DeliveryView:
    """The session of an order's first seat, the seat changed as given; scheduled if it was a draft."""
    seat = order.seats[0]
    session = evolve(
        seat.session,
        status=SessionStatus.SCHEDULED,
        start_time=SLOT,
        end_time=SLOT + timedelta(hours=1),
        current_participants=1,
    )
    confirmed = evolve(seat.booking, **({"status": BookingStatus.CONFIRMED} | booking))
    earnings = tuple(row for row in order.earnings if row.booking_id == confirmed.id)
    return DeliveryView(
        session=session,
        seats=(Seat(booking=confirmed, session=session),),
        orders=(order.order,),
        earnings=earnings,
    )


def only(changes: Changes, kind: type[R]) -> R:
    """The one row of a kind that was written."""
    (row,) = [row for row in (*changes.inserts, *changes.updates) if isinstance(row, kind)]
    return row


def moved(changes: Changes) -> dict[str, int]:
    """What one entry moved, by account family."""
    (entry,) = changes.entries
    return {account_family(posting.account): posting.amount_cents for posting in entry.postings}


def test_a_package_seat_is_earned_when_it_is_delivered() -> None:
    order = bought(offer(ServiceType.PACKAGE, seats=5, price_cents=40000))
    changes = complete(taking_place(order), now=DONE, new_id=new_id).changes
    row = only(changes, Earnings)

    assert row in changes.inserts
    assert (8000, 1500, 1200, 6800) == (
        row.gross_amount_cents,
        row.commission_bps,
        row.commission_amount_cents,
        row.net_amount_cents,
    )
    assert (EarningsStatus.PENDING, DONE + timedelta(hours=48)) == (row.status, row.available_after)
    assert {"order_value": -8000, "practitioner": 6800, "platform_commission": 1200} == moved(changes)
    counted = only(changes, Order)
    assert (1, 4, changes.entries[0].hash) == (
        counted.sessions_completed,
        counted.sessions_remaining,
        counted.ledger_head,
    )


@pytest.mark.parametrize("kind", [ServiceType.SESSION, ServiceType.WORKSHOP, ServiceType.COURSE])
def test_projected_earnings_become_pending_and_keep_their_date(kind: ServiceType) -> None:
    view = taking_place(bought(offer(kind)))
    changes = complete(view, now=DONE, new_id=new_id).changes
    row = only(changes, Earnings)

    assert (row.id, view.earnings[0].available_after) == (view.earnings[0].id, row.available_after)
    assert row in changes.updates
    assert EarningsStatus.PENDING is row.status


@given(price=PAID_PRICES, seats=st.integers(1, 12), rate=RATES)
def test_each_seat_earns_its_own_value_less_commission(price: int, seats: int, rate: int) -> None:
    what = offer(ServiceType.COURSE, price_cents=price, seats=seats)
    order = bought(evolve(what, practitioner=evolve(what.practitioner, commission_bps=rate)))

    for seat, row in zip(
        [s for s in order.seats if s.booking.session_value_cents], order.earnings, strict=True
    ):
        gross = seat.booking.session_value_cents
        assert (gross, commission_of(gross, rate), gross - commission_of(gross, rate)) == (
            row.gross_amount_cents,
            row.commission_amount_cents,
            row.net_amount_cents,
        )
    assert price == sum(row.gross_amount_cents for row in order.earnings)


def group(count: int) -> DeliveryView:
    """A workshop with seats of so many orders."""
    what = offer(ServiceType.WORKSHOP)
    orders = [bought(what) for _ in range(count)]
    return DeliveryView(
        session=what.sessions[0],
        seats=tuple(Seat(booking=o.seats[0].booking, session=what.sessions[0]) for o in orders),
        orders=tuple(o.order for o in orders),
        earnings=tuple(row for o in orders for row in o.earnings),
    )


def test_a_workshop_pays_for_each_of_its_seats() -> None:
    view = group(7)
    changes = complete(view, now=DONE, new_id=new_id).changes

    assert 7 == len(changes.entries) == len({entry.chain for entry in changes.entries})
    assert [1] * 7 == [row.sessions_completed for row in changes.updates if isinstance(row, Order)]
    assert {order.version + 1 for order in view.orders} == {
        row.version for row in changes.updates if isinstance(row, Order)
    }
    assert 7 == len([row for row in changes.updates if isinstance(row, Earnings)])


def test_a_session_that_nobody_booked_completes_too() -> None:
    changes = complete(group(0), now=DONE, new_id=new_id).changes

    assert [ServiceSession] == [type(row) for row in changes.updates]
    assert ((), ()) == (changes.entries, changes.inserts)


def test_completion_tells_when_it_began_and_ended() -> None:
    view = taking_place(bought(offer(ServiceType.SESSION)))
    begun = start(view, now=SLOT + timedelta(minutes=2), new_id=new_id)
    ended = complete(evolve(view, session=begun.session), now=DONE, new_id=new_id).session

    assert (SessionStatus.COMPLETED, SLOT + timedelta(minutes=2), DONE) == (
        ended.status,
        ended.actual_start_time,
        ended.actual_end_time,
    )
    assert SLOT == complete(view, now=DONE, new_id=new_id).session.actual_start_time
    assert [EventType.SESSION_STARTED] == [event.type for event in begun.changes.events]


def test_a_second_start_or_completion_changes_nothing() -> None:
    view = taking_place(bought(offer(ServiceType.SESSION)))
    begun = evolve(view, session=start(view, now=SLOT, new_id=new_id).session)
    ended = evolve(view, session=complete(view, now=DONE, new_id=new_id).session)

    assert Changes() == start(begun, now=DONE, new_id=new_id).changes
    assert Changes() == complete(ended, now=DONE, new_id=new_id).changes


@pytest.mark.parametrize("decide", [start, complete])
@pytest.mark.parametrize("status", [SessionStatus.DRAFT, SessionStatus.CANCELED])
def test_only_a_scheduled_session_takes_place(decide: Any, status: SessionStatus) -> None:
    view = taking_place(bought(offer(ServiceType.SESSION)))
    with pytest.raises(IllegalTransition):
        decide(evolve(view, session=evolve(view.session, status=status)), now=DONE, new_id=new_id)


def test_a_completed_session_is_not_started() -> None:
    view = taking_place(bought(offer(ServiceType.SESSION)))
    with pytest.raises(IllegalTransition):
        start(
            evolve(view, session=evolve(view.session, status=SessionStatus.COMPLETED)),
            now=DONE,
            new_id=new_id,
        )


def test_a_session_without_a_time_does_not_complete() -> None:
    session = make_session(make_service(), start_time=None, status=SessionStatus.SCHEDULED)
    view = DeliveryView(session=session, seats=(), orders=(), earnings=())
    with pytest.raises(IllegalTransition):
        complete(view, now=DONE, new_id=new_id)


def test_a_session_waits_for_payments_that_are_undecided() -> None:
    view = taking_place(bought(offer(ServiceType.SESSION)), status=BookingStatus.PENDING_PAYMENT)
    with pytest.raises(Conflict, match="payment"):
        complete(view, now=DONE, new_id=new_id)


@pytest.mark.parametrize("kind", [ServiceType.SESSION, ServiceType.PACKAGE])
def test_a_missed_session_is_used_up_and_its_value_forfeited(kind: ServiceType) -> None:
    view = taking_place(bought(offer(kind, price_cents=24000)), attendance=Attendance.NO_SHOW)
    changes = complete(view, now=DONE, new_id=new_id).changes
    value = view.seats[0].booking.session_value_cents
    rows = [row for row in (*changes.inserts, *changes.updates) if isinstance(row, Earnings)]

    assert {"order_value": -value, "platform_forfeits": value} == moved(changes)
    assert EntryKind.NO_SHOW is changes.entries[0].kind
    assert [EarningsStatus.REVERSED] * len(view.earnings) == [row.status for row in rows]
    assert 1 == only(changes, Order).sessions_completed


def test_a_missed_session_is_paid_where_the_terms_say_so() -> None:
    order = bought(offer(ServiceType.SESSION, pay_practitioner_on_no_show=True))
    changes = complete(taking_place(order, attendance=Attendance.NO_SHOW), now=DONE, new_id=new_id).changes

    assert {"order_value": -8000, "practitioner": 6800, "platform_commission": 1200} == moved(changes)
    assert EarningsStatus.PENDING is only(changes, Earnings).status


@pytest.mark.parametrize("kind", [ServiceType.SESSION, ServiceType.PACKAGE])
def test_a_free_seat_earns_nothing(kind: ServiceType) -> None:
    changes = complete(taking_place(bought(offer(kind, price_cents=0))), now=DONE, new_id=new_id).changes

    assert ((), ()) == (changes.entries, changes.inserts)
    assert 1 == only(changes, Order).sessions_completed


@pytest.mark.parametrize("kind", [ServiceType.SESSION, ServiceType.PACKAGE])
def test_a_free_seat_earns_the_complimentary_amount_from_promotions(kind: ServiceType) -> None:
    order = bought(offer(kind, price_cents=0, complimentary_earnings_cents=2500))
    changes = complete(taking_place(order), now=DONE, new_id=new_id).changes
    row = only(changes, Earnings)

    assert {"platform_promotions": -2500, "practitioner": 2500} == moved(changes)
    assert (2500, 0, 2500) == (row.gross_amount_cents, row.commission_amount_cents, row.net_amount_cents)
    assert EntryKind.COMPLIMENTARY is changes.entries[0].kind


def test_a_missed_free_seat_earns_nothing_even_where_it_is_complimentary() -> None:
    order = bought(offer(ServiceType.SESSION, price_cents=0, complimentary_earnings_cents=2500))
    changes = complete(taking_place(order, attendance=Attendance.NO_SHOW), now=DONE, new_id=new_id).changes

    assert () == changes.entries
    assert EarningsStatus.REVERSED is only(changes, Earnings).status


def test_an_edit_of_the_service_changes_no_past_order() -> None:
    who = make_practitioner(commission_bps=1000)
    what = evolve(offer(ServiceType.SESSION), practitioner=who)
    order = bought(what)
    changes = complete(taking_place(order), now=DONE, new_id=new_id).changes

    assert 1000 == only(changes, Earnings).commission_bps
    assert [] == [row for row in changes.updates if isinstance(row, Booking)]
    assert NOW == order.order.created_at
