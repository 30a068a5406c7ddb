"""Buying: what one order makes of each kind of service."""

from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.bookings import Booking, SeatPayment
from core.domain.catalogue import CancellationTier, Component, OnExpiry, ServiceType, SessionPricing
from core.domain.changes import Changes, SeatChange, SlotClaim
from core.domain.credits import CreditChange
from core.domain.earnings import Earnings
from core.domain.events import EventType
from core.domain.ledger import PostingType
from core.domain.orders import Order, OrderType, Payment, payment_key
from core.domain.purchasing import BuyCredits, Purchase, purchase_credits
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import BookingStatus, EarningsStatus, OrderStatus, PaymentStatus, SessionStatus
from tests.builders import NOW, make_practitioner, make_service, new_id, new_user
from tests.domain.amounts import PRICES
from tests.domain.shop import RULES, SLOT, Offer, bought, buy, offer

R = TypeVar("R")


def inserted(changes: Changes, kind: type[R]) -> list[R]:
    return [row for row in changes.inserts if isinstance(row, kind)]


def values(made: Purchase) -> list[int]:
    return [seat.booking.session_value_cents for seat in made.seats]


def test_a_session_makes_one_seat_in_a_private_session_of_its_own() -> None:
    made = buy(offer(ServiceType.SESSION))
    (booking,), (session,) = inserted(made.changes, Booking), inserted(made.changes, ServiceSession)

    assert (OrderType.DIRECT, OrderStatus.PENDING_PAYMENT) == (made.order.order_type, made.order.status)
    assert (BookingStatus.PENDING_PAYMENT, SeatPayment.PENDING) == (booking.status, booking.payment_status)
    assert (8000, 8000, 8000) == (
        booking.session_value_cents,
        booking.price_charged_cents,
        booking.final_amount_cents,
    )
    assert (SessionType.INDIVIDUAL, SessionStatus.SCHEDULED, 1) == (
        session.session_type,
        session.status,
        session.current_participants,
    )
    assert (SLOT, SLOT + timedelta(hours=1)) == (session.start_time, session.end_time)
    claim = SlotClaim(
        practitioner_id=session.practitioner_id,
        session_id=session.id,
        start_time=SLOT,
        end_time=SLOT + timedelta(hours=1),
    )
    assert ((claim,), ()) == (made.changes.slots, made.changes.seats)
    assert made.order.package_metadata is None


def test_a_workshop_takes_one_seat_of_an_existing_session() -> None:
    what = offer(ServiceType.WORKSHOP)
    made = buy(what)

    assert (SeatChange(session_id=what.sessions[0].id, seats=1),) == made.changes.seats
    assert ([], ()) == (inserted(made.changes, ServiceSession), made.changes.slots)
    assert (OrderType.DIRECT, [8000]) == (made.order.order_type, values(made))
    assert 1 == made.seats[0].session.current_participants


def test_a_course_takes_a_seat_in_each_of_its_sessions() -> None:
    what = offer(ServiceType.COURSE, price_cents=50000)
    made = buy(what)

    assert sorted(s.id for s in what.sessions) == [change.session_id for change in made.changes.seats]
    assert {1} == {change.seats for change in made.changes.seats}
    assert [16667, 16667, 16666] == values(made)
    assert {0} == {seat.booking.price_charged_cents for seat in made.seats}
    assert {BookingStatus.PENDING_PAYMENT} == {seat.booking.status for seat in made.seats}
    metadata = made.order.package_metadata
    assert metadata is not None
    assert (OrderType.COURSE, 3, 16667, what.service.id, None) == (
        metadata.package_type,
        metadata.total_sessions,
        metadata.session_value_cents,
        metadata.course_service_id,
        metadata.package_service_id,
    )


@pytest.mark.parametrize("kind", [ServiceType.PACKAGE, ServiceType.BUNDLE])
def test_packages_and_bundles_make_draft_seats_without_a_time(kind: ServiceType) -> None:
    what = offer(kind, seats=5, price_cents=40000, validity_days=180)
    made = buy(what)
    sessions = inserted(made.changes, ServiceSession)

    assert [8000] * 5 == values(made)
    assert {(BookingStatus.DRAFT, 0, what.parts[0].id)} == {
        (seat.booking.status, seat.booking.price_charged_cents, seat.booking.service_id)
        for seat in made.seats
    }
    assert {(SessionStatus.DRAFT, None, None, 0, 1)} == {
        (s.status, s.start_time, s.end_time, s.current_participants, s.max_participants) for s in sessions
    }
    assert 5 == len({session.id for session in sessions})
    assert ((), ()) == (made.changes.seats, made.changes.slots)
    metadata = made.order.package_metadata
    assert metadata is not None
    assert (5, 0, 8000, NOW + timedelta(days=180)) == (
        metadata.total_sessions,
        metadata.sessions_completed,
        metadata.session_value_cents,
        metadata.expires_at,
    )
    packaged, bundled = metadata.package_service_id, metadata.bundle_service_id
    is_package = kind is ServiceType.PACKAGE
    assert (what.service.id, None) == ((packaged, bundled) if is_package else (bundled, packaged))
    assert (None if is_package else what.parts[0].id) == metadata.bundled_service_id


def test_a_package_of_several_services_keeps_their_order_and_weighs_them() -> None:
    who = make_practitioner()
    long, short = make_service(who, price_cents=10000), make_service(who, price_cents=5000)
    service = make_service(
        who,
        service_type=ServiceType.PACKAGE,
        price_cents=36000,
        session_pricing=SessionPricing.PROPORTIONAL,
        components=(
            Component(service_id=long.id, quantity=3),
            Component(service_id=short.id, quantity=2),
        ),
    )
    made = buy(Offer(practitioner=who, service=service, parts=(short, long)))

    assert [long.id] * 3 + [short.id] * 2 == [seat.booking.service_id for seat in made.seats]
    assert [9000, 9000, 9000, 4500, 4500] == values(made)
    assert 9000 == made.order.session_value_cents


KINDS = st.sampled_from(ServiceType)


@given(kind=KINDS, price=PRICES, seats=st.integers(1, 20), balance=st.integers(0, 2_000_000), data=st.data())
def test_every_purchase_adds_up(
    kind: ServiceType, price: int, seats: int, balance: int, data: st.DataObject
) -> None:
    wish = data.draw(st.none() | st.integers(0, price), label="wish")
    made = buy(
        offer(kind, price_cents=price, seats=seats),
        balance=balance,
        apply_credits=True,
        credits_to_apply_cents=wish,
    )
    order = made.order

    assert price == order.subtotal_amount_cents == order.credits_applied_cents + order.total_amount_cents
    assert price == sum(values(made))
    assert order.total_sessions == len(made.seats) == order.sessions_remaining
    assert values(made)[0] == order.session_value_cents
    assert order.credits_applied_cents <= balance
    assert (order.total_amount_cents == 0) == (made.payment is None) == (made.charge is None)
    assert [0] * len(made.changes.entries) == [
        sum(posting.amount_cents for posting in entry.postings) for entry in made.changes.entries
    ]


def test_credits_are_held_while_a_card_is_charged() -> None:
    made = buy(offer(ServiceType.PACKAGE, price_cents=40000), balance=10000, apply_credits=True)
    held = CreditChange(user_id=made.order.user_id, currency="usd", held_delta_cents=10000)

    assert (held,) == made.changes.credits
    assert ((), ()) == (made.changes.entries, made.changes.events)
    assert NOW + timedelta(minutes=15) == made.order.hold_expires_at
    (payment,) = inserted(made.changes, Payment)
    assert (PaymentStatus.CREATED, 30000, payment_key(made.order.id)) == (
        payment.status,
        payment.amount_cents,
        payment.idempotency_key,
    )
    assert made.charge is not None
    assert (30000, "usd", "pm_card_visa", payment.idempotency_key) == (
        made.charge.amount_cents,
        made.charge.currency,
        made.charge.payment_method_id,
        made.charge.idempotency_key,
    )
    assert str(made.order.id) == made.charge.metadata["order_id"]


def test_what_needs_no_card_is_paid_at_once() -> None:
    made = buy(offer(ServiceType.SESSION), balance=9000, apply_credits=True, payment_method_id=None)
    (entry,), (booking,) = made.changes.entries, inserted(made.changes, Booking)
    usage = next(p for p in entry.postings if p.type is PostingType.USAGE)

    assert (OrderStatus.PAID, None, None) == (made.order.status, made.payment, made.order.hold_expires_at)
    assert (entry.seq, entry.hash) == (made.order.ledger_seq, made.order.ledger_head)
    assert (CreditChange(user_id=made.order.user_id, currency="usd", balance_delta_cents=-8000),) == (
        made.changes.credits
    )
    assert (BookingStatus.CONFIRMED, SeatPayment.PAID, usage.id) == (
        booking.status,
        booking.payment_status,
        booking.credit_usage_transaction_id,
    )
    assert (-8000, booking.id) == (usage.amount_cents, usage.booking_id)
    assert [EventType.ORDER_PAID, EventType.BOOKING_CONFIRMED] == [e.type for e in made.changes.events]
    assert {1} == {getattr(row, "version", None) for row in made.changes.inserts}


@pytest.mark.parametrize("kind", [ServiceType.PACKAGE, ServiceType.BUNDLE, ServiceType.COURSE])
def test_credits_of_an_order_of_many_seats_stay_at_the_order(kind: ServiceType) -> None:
    made = buy(offer(kind), balance=8000, apply_credits=True)

    assert {None} == {seat.booking.credit_usage_transaction_id for seat in made.seats}
    assert {None} == {p.booking_id for entry in made.changes.entries for p in entry.postings}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ServiceType.SESSION, 1),
        (ServiceType.WORKSHOP, 1),
        (ServiceType.COURSE, 3),
        (ServiceType.PACKAGE, 0),
        (ServiceType.BUNDLE, 0),
    ],
)
def test_seats_with_a_time_project_their_earnings_at_once(kind: ServiceType, expected: int) -> None:
    view = bought(offer(kind))

    assert expected == len(view.earnings)
    for seat, row in zip(view.seats, view.earnings, strict=False):
        assert seat.session.end_time is not None
        assert (EarningsStatus.PROJECTED, seat.session.end_time + timedelta(hours=48)) == (
            row.status,
            row.available_after,
        )
        assert seat.booking.session_value_cents == row.gross_amount_cents


@pytest.mark.parametrize("kind", ServiceType)
def test_a_free_order_is_paid_without_ledger_payment_or_earnings(kind: ServiceType) -> None:
    made = buy(offer(kind, price_cents=0), balance=500, apply_credits=True, payment_method_id=None)

    assert (OrderStatus.PAID, None) == (made.order.status, made.payment)
    assert ((), ()) == (made.changes.entries, made.changes.credits)
    assert [] == inserted(made.changes, Earnings)
    assert {SeatPayment.PAID} == {seat.booking.payment_status for seat in made.seats}


def test_terms_and_snapshots_are_frozen_at_purchase() -> None:
    policy = (CancellationTier(min_notice_hours=48, refund_percent=90),)
    what = offer(
        ServiceType.SESSION,
        cancellation_policy=policy,
        pay_practitioner_on_no_show=True,
        complimentary_earnings_cents=5,
        on_expiry=OnExpiry.CREDITS,
    )
    made = buy(what, rules=Rules(earnings_hold_hours=72, commission_bps=1234), client_notes="knees")
    booking, terms = made.seats[0].booking, made.order.terms

    assert (policy, True, 5, OnExpiry.CREDITS, 72) == (
        terms.cancellation_policy,
        terms.pay_practitioner_on_no_show,
        terms.complimentary_earnings_cents,
        terms.on_expiry,
        terms.earnings_hold_hours,
    )
    assert (1234, "Breathing", "An hour of it.", "Ana Reis", "knees") == (
        booking.commission_bps,
        booking.service_name_snapshot,
        booking.service_description_snapshot,
        booking.practitioner_name_snapshot,
        booking.client_notes,
    )


def test_credits_are_bought_by_card_alone() -> None:
    command = BuyCredits(user_id=new_user(), amount_cents=5000, payment_method_id="pm_card_visa")
    made = purchase_credits(command, rules=RULES, now=NOW, new_id=new_id)

    assert [Order, Payment] == [type(row) for row in made.changes.inserts]
    assert (OrderType.CREDIT, 5000, 0, 5000) == (
        made.order.order_type,
        made.order.subtotal_amount_cents,
        made.order.credits_applied_cents,
        made.order.total_amount_cents,
    )
    assert ((), (), ()) == (made.seats, made.changes.credits, made.changes.entries)


def test_every_row_has_an_id_of_its_own() -> None:
    made = buy(offer(ServiceType.PACKAGE, seats=20))
    seats = {seat.booking.id for seat in made.seats} | {seat.session.id for seat in made.seats}

    assert 40 == len(seats)
