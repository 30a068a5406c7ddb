"""What single old rows become. Each test makes the few rows that it is about."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from attrs import evolve

from core.domain.bookings import Attendance, Booking, SeatPayment
from core.domain.catalogue import Practitioner, ServiceType, TypeRate
from core.domain.credits import CreditAccount
from core.domain.earnings import Earnings, Payout
from core.domain.ledger import JournalEntry
from core.domain.legacy.naming import NAMESPACE, new_id, user_id
from core.domain.legacy.rows import OldBooking, OldOrder, Table
from core.domain.notifications import Contact
from core.domain.orders import Order, OrderType, Payment, Refund
from core.domain.presence import RoomEvent
from core.domain.sessions import ServiceSession
from core.domain.statuses import (
    BookingStatus,
    EarningsStatus,
    OrderStatus,
    PayoutStatus,
    SessionStatus,
)
from tests.legacy.old_studio import DAY, HOUR, NOW, OldStudio
from tests.legacy.world import AT, Outcome, transformed

BEFORE = NOW - 10 * DAY


@pytest.fixture
def studio() -> OldStudio:
    return OldStudio(clients=3)


def sold(studio: OldStudio, **booking: Any) -> tuple[OldOrder, OldBooking]:
    """A direct session for 80.00 and its order, ten days ago."""
    user, service = studio.clients[0], studio.singles[0]
    used = booking.pop("used", 0)
    order = studio.order(user, service, 8000, BEFORE, credits_applied_cents=used)
    row = studio.booking(user, service, order, BEFORE, **({"price": 8000} | booking))
    if used:
        studio.grant(user, used, BEFORE - DAY)
        studio.transaction("usage", -used, order, row)
    return order, row


def clean(studio: OldStudio) -> Outcome:
    """What the rows become; all of them, and the books are clean."""
    outcome = sound(studio)
    assert {} == outcome.account.quarantined
    return outcome


def sound(studio: OldStudio) -> Outcome:
    """What the rows become; each accounted for, and the books are clean."""
    outcome = transformed(studio.rows)
    assert () == outcome.violations()
    assert outcome.account.is_complete
    return outcome


def test_a_practitioners_id_is_their_users(studio: OldStudio) -> None:
    made = {row.id for row in clean(studio).every(Practitioner)}

    assert {user_id(row.user_id) for row in studio.rows.practitioners} == made


def test_rates_are_exact_basis_points_and_old_rates_by_type_stay(studio: OldStudio) -> None:
    rows = {row.display_name: row for row in clean(studio).every(Practitioner)}

    first, second = rows["Practitioner 0"], rows["Practitioner 1"]
    assert (None, 1250) == (first.commission_bps, second.commission_bps)
    assert ((TypeRate(service_type=ServiceType.WORKSHOP, commission_bps=1800),), ()) == (
        first.type_rates,
        second.type_rates,
    )


def test_a_rate_beyond_two_decimals_is_no_rate(studio: OldStudio) -> None:
    studio.practitioner(1, user_id=studio.clients[0].id, commission_percent=Decimal("12.345"))

    assert ("practitioners_practitioner", 5, "bad_rate") in sound(studio).reasons()


def test_users_with_one_address_stay_two(studio: OldStudio) -> None:
    studio.user("user5@example.com", "Twin", "Lee", BEFORE)

    made = [row.email for row in clean(studio).every(Contact)]
    assert 2 == made.count("user5@example.com")


def test_a_second_practitioner_of_one_user_is_left_out_with_their_services(studio: OldStudio) -> None:
    twin = studio.practitioner(0)
    studio.service("session", 5000, 0, primary_practitioner_id=twin.id)

    found = sound(studio).reasons()
    assert ("practitioners_practitioner", twin.id, "practitioner_twice") in found
    assert ("services_service", 6, "practitioner_missing") in found


def test_a_package_whose_piece_is_missing_is_left_out(studio: OldStudio) -> None:
    package = studio.service("package", 40000, 0)
    bundle = studio.service("bundle", 40000, 0, metadata='{"session_count": 4}')

    found = sound(studio).reasons()
    assert ("services_service", package.id, "piece_missing") in found
    assert ("services_service", bundle.id, "piece_missing") in found


def test_a_completed_booking_is_a_confirmed_seat_in_a_completed_session(studio: OldStudio) -> None:
    _, row = sold(studio, status="completed", start_time=BEFORE + DAY)
    outcome = clean(studio)

    booking: Booking = outcome.only(Booking)
    session: ServiceSession = outcome.only(ServiceSession)
    assert new_id(Table.BOOKINGS, row.id) == booking.id
    assert (BookingStatus.CONFIRMED, SeatPayment.PAID) == (booking.status, booking.payment_status)
    assert (SessionStatus.COMPLETED, BEFORE + DAY) == (session.status, session.start_time)
    assert BEFORE + DAY + HOUR == session.actual_end_time


def test_a_delivered_seat_without_earnings_gets_them_at_its_rate(studio: OldStudio) -> None:
    sold(studio, status="completed", start_time=BEFORE + DAY)

    earnings: Earnings = clean(studio).only(Earnings)
    assert (EarningsStatus.PENDING, 8000, 1200) == (
        earnings.status,
        earnings.gross_amount_cents,
        earnings.commission_amount_cents,
    )
    assert BEFORE + DAY + HOUR + 48 * HOUR == earnings.available_after


def test_pending_earnings_of_a_seat_to_come_wait_for_its_end(studio: OldStudio) -> None:
    _, row = sold(studio, status="confirmed", start_time=NOW + DAY)
    studio.earning(row, 8000, "pending", BEFORE + 2 * DAY)

    earnings: Earnings = clean(studio).only(Earnings)
    assert EarningsStatus.PROJECTED is earnings.status
    assert NOW + DAY + HOUR + 48 * HOUR == earnings.available_after


def test_what_is_owed_stays_where_the_gross_was_not_exact(studio: OldStudio) -> None:
    """The commission takes the difference of a gross that the old system had rounded."""
    _, row = sold(studio, status="completed", start_time=BEFORE + DAY)
    studio.earning(
        row, 7999, "available", BEFORE + 3 * DAY, commission_amount_cents=1199, net_amount_cents=6800
    )

    earnings: Earnings = (outcome := clean(studio)).only(Earnings)
    assert (8000, 1200, 6800) == (
        earnings.gross_amount_cents,
        earnings.commission_amount_cents,
        earnings.net_amount_cents,
    )
    assert ("payments_earningstransaction", 1, "commission_restated") in outcome.reasons()


def test_who_earned_more_than_was_sold_is_for_somebody_to_decide(studio: OldStudio) -> None:
    order, row = sold(studio, status="completed", start_time=BEFORE + DAY)
    studio.earning(row, 20000, "available", BEFORE + 3 * DAY)

    assert {
        ("payments_earningstransaction", 1, "earned_more_than_sold"),
        ("payments_order", order.id, "earned_more_than_sold"),
        ("bookings_booking", row.id, "earned_more_than_sold"),
    } == sound(studio).reasons()


def test_a_payouts_difference_is_carried(studio: OldStudio) -> None:
    _, row = sold(studio, status="completed", start_time=BEFORE + DAY)
    payout = studio.payout(1, 7000, NOW)
    studio.earning(row, 8000, "paid", BEFORE + 3 * DAY, payout)
    outcome = clean(studio)

    made: Payout = outcome.only(Payout)
    owner = next(row for row in outcome.every(Practitioner) if row.id == made.practitioner_id)
    assert (PayoutStatus.PAID, 7000, 200) == (made.status, made.amount_cents, made.carried_cents)
    assert -200 == owner.carried_cents
    assert ("payments_practitionerpayout", payout.id, "payout_differs") in outcome.reasons()


def test_nobody_is_charged_for_paid_earnings_in_quarantine(studio: OldStudio) -> None:
    """They were paid out of nothing that these books know of: the platform's loss until it is decided."""
    _, row = sold(studio, status="completed", start_time=BEFORE + DAY)
    payout = studio.payout(1, 17000, NOW)
    studio.earning(row, 20000, "paid", BEFORE + 3 * DAY, payout, net_amount_cents=17000)
    outcome = sound(studio)

    entry = outcome.only(JournalEntry)
    assert {"payouts": 17000, "platform_losses": -17000} == {
        posting.account: posting.amount_cents for posting in entry.postings
    }
    assert {0} == {row.carried_cents for row in outcome.every(Practitioner)}


def test_an_unsettled_payout_without_a_transfer_was_never_sent(studio: OldStudio) -> None:
    _, row = sold(studio, status="completed", start_time=BEFORE + DAY)
    payout = studio.payout(1, 6800, NOW, status="pending", stripe_transfer_id=None)
    studio.earning(row, 8000, "available", BEFORE + 3 * DAY, payout)
    outcome = clean(studio)

    made: Payout = outcome.only(Payout)
    earnings: Earnings = outcome.only(Earnings)
    assert (PayoutStatus.FAILED, "not_sent_before_migration") == (made.status, made.failure_code)
    assert (EarningsStatus.AVAILABLE, None) == (earnings.status, earnings.payout_id)


def test_a_canceled_seat_that_gave_nothing_back_is_forfeited(studio: OldStudio) -> None:
    sold(studio, status="cancelled", start_time=NOW + DAY)
    outcome = clean(studio)

    booking: Booking = outcome.only(Booking)
    order: Order = outcome.only(Order)
    assert (BookingStatus.CANCELED, SeatPayment.FORFEITED) == (booking.status, booking.payment_status)
    assert (OrderStatus.PAID, 1) == (order.status, order.sessions_canceled)


def test_a_refunded_seat_gave_back_credits_and_card_as_the_rows_say(studio: OldStudio) -> None:
    order, row = sold(studio, status="cancelled", payment_status="refunded", used=2000)
    studio.transaction("refund", 2000, order, row)
    outcome = clean(studio)

    refund: Refund = outcome.only(Refund)
    account: CreditAccount = outcome.only(CreditAccount)
    assert (2000, 6000, 0) == (refund.credits_cents, refund.card_cents, refund.forfeited_cents)
    assert 2000 == account.balance_cents
    made = next(row for row in outcome.every(Order) if row.id == refund.order_id)
    assert OrderStatus.REFUNDED is made.status


def test_card_money_that_went_back_as_credits_is_told_apart(studio: OldStudio) -> None:
    order, row = sold(studio, status="cancelled")
    studio.transaction("refund", 4000, order, row)
    outcome = clean(studio)

    made: Order = outcome.only(Order)
    booking: Booking = outcome.only(Booking)
    assert (4000, 4000, 0) == (
        made.refunded_credits_cents,
        made.card_to_credits_cents,
        made.refunded_card_cents,
    )
    assert SeatPayment.PARTIALLY_REFUNDED is booking.payment_status


def test_what_a_practitioner_has_of_a_late_cancellation_they_keep(studio: OldStudio) -> None:
    _, row = sold(studio, status="cancelled", start_time=BEFORE + DAY)
    studio.earning(row, 8000, "available", BEFORE + 3 * DAY)
    outcome = clean(studio)

    order: Order = outcome.only(Order)
    earnings: Earnings = outcome.only(Earnings)
    assert order.terms.pay_practitioner_on_late_cancel
    assert (EarningsStatus.AVAILABLE, 8000) == (earnings.status, earnings.gross_amount_cents)


def test_a_refund_of_no_canceled_seat_fits_nothing(studio: OldStudio) -> None:
    order, row = sold(studio, status="confirmed", start_time=NOW + DAY)
    studio.transaction("refund", 4000, order, row)

    assert ("payments_order", order.id, "refund_does_not_fit") in sound(studio).reasons()


def test_credits_that_no_transaction_used_do_not_fit(studio: OldStudio) -> None:
    user, service = studio.clients[0], studio.singles[0]
    order = studio.order(user, service, 8000, BEFORE, credits_applied_cents=3000)
    studio.booking(user, service, order, BEFORE, price=8000)

    assert ("payments_order", order.id, "credits_differ") in sound(studio).reasons()


def test_credits_that_nobody_gave_are_not_spent(studio: OldStudio) -> None:
    user, service = studio.clients[0], studio.singles[0]
    order = studio.order(user, service, 8000, BEFORE, credits_applied_cents=3000)
    studio.booking(user, service, order, BEFORE, price=8000)
    studio.transaction("usage", -3000, order)

    assert ("payments_order", order.id, "credits_overdrawn") in sound(studio).reasons()


def test_granted_and_expired_credits_have_entries_of_their_own(studio: OldStudio) -> None:
    order, _ = sold(studio)
    for kind, cents in (("grant", 500), ("expiry", -200)):
        row = studio.transaction(kind, cents, order)
        studio.rows.transactions[-1] = evolve(row, order_id=None)

    account: CreditAccount = clean(studio).only(CreditAccount)
    assert (300, 2) == (account.balance_cents, account.ledger_seq)


def test_an_order_that_was_never_paid_is_canceled_with_its_seats(studio: OldStudio) -> None:
    user, service = studio.clients[0], studio.singles[0]
    order = studio.order(user, service, 8000, BEFORE, status="pending")
    studio.booking(
        user, service, order, BEFORE, price=8000, status="pending_payment", payment_status="pending"
    )
    outcome = clean(studio)

    made: Order = outcome.only(Order)
    booking: Booking = outcome.only(Booking)
    assert (OrderStatus.CANCELED, BookingStatus.CANCELED) == (made.status, booking.status)
    assert SeatPayment.FAILED is booking.payment_status
    assert [] == outcome.every(Payment)


@pytest.mark.parametrize("status", ["completed", "pending"])
def test_an_order_of_nothing_is_for_somebody_to_decide(studio: OldStudio, status: str) -> None:
    order = studio.order(studio.clients[0], studio.singles[0], 8000, BEFORE, status=status)

    assert {("payments_order", order.id, "order_without_bookings")} == sound(studio).reasons()


def test_a_package_is_its_parents_order(studio: OldStudio) -> None:
    parent = studio.container("package", 0)
    outcome = clean(studio)

    order = next(row for row in outcome.every(Order) if row.order_type is OrderType.PACKAGE)
    metadata = order.package_metadata
    assert metadata is not None
    assert (parent.id, AT) == (metadata.migrated_from_booking_id, metadata.migrated_at)
    seats = outcome.every(Booking)
    assert {order.id} == {row.order_id for row in seats}
    assert order.subtotal_amount_cents == sum(row.session_value_cents for row in seats)
    assert metadata.total_sessions == len(seats)
    assert new_id(Table.BOOKINGS, parent.id) not in {row.id for row in seats}


def test_who_was_in_a_used_room_attended_and_who_was_not_missed_it(studio: OldStudio) -> None:
    """Both were earned by the old system: the order's terms say so."""
    service = studio.service("workshop", 2500, 0, max_participants=5)
    session = studio.session(service, BEFORE, 60, "completed")
    came, missed, _ = studio.clients
    for user in (came, missed):
        order = studio.order(user, service, 2500, BEFORE - DAY)
        row = studio.booking(
            user, service, order, BEFORE - DAY, status="completed", price=2500, service_session_id=session.id
        )
        studio.earning(row, 2500, "available", NOW)
    studio.presence(session, came, BEFORE, BEFORE + HOUR)
    outcome = clean(studio)

    assert {
        (user_id(came.id), Attendance.ATTENDED),
        (user_id(missed.id), Attendance.NO_SHOW),
    } == {(row.user_id, row.attendance) for row in outcome.every(Booking)}
    assert 2 == len(outcome.every(RoomEvent))


def test_an_oversold_session_is_widened(studio: OldStudio) -> None:
    service = studio.service("workshop", 2500, 0, max_participants=1)
    session = studio.session(service, NOW + DAY, 60, "scheduled")
    for user in studio.clients:
        order = studio.order(user, service, 2500, BEFORE)
        studio.booking(
            user, service, order, BEFORE, status="confirmed", price=2500, service_session_id=session.id
        )
    outcome = clean(studio)

    made: ServiceSession = outcome.only(ServiceSession)
    assert (3, 3) == (made.current_participants, made.max_participants)
    assert ("services_servicesession", session.id, "session_widened") in outcome.reasons()


def test_a_second_seat_of_one_user_in_a_session_is_left_out(studio: OldStudio) -> None:
    service = studio.service("workshop", 2500, 0, max_participants=5)
    session = studio.session(service, NOW + DAY, 60, "scheduled")
    user = studio.clients[0]
    for number in range(2):
        at = BEFORE + number * HOUR
        order = studio.order(user, service, 2500, at)
        studio.booking(
            user, service, order, at, status="confirmed", price=2500, service_session_id=session.id
        )
    outcome = sound(studio)

    assert ("payments_order", 2, "seat_twice") in outcome.reasons()
    made: ServiceSession = outcome.only(ServiceSession)
    assert 1 == made.current_participants


def test_of_two_appointments_at_once_the_later_one_has_no_time_any_more(studio: OldStudio) -> None:
    sold(studio, status="confirmed", start_time=NOW + DAY)
    _, later = sold(studio, status="confirmed", start_time=NOW + DAY + HOUR / 2)
    outcome = clean(studio)

    assert ("bookings_booking", later.id, "double_booked") in outcome.reasons()
    booking = next(row for row in outcome.every(Booking) if row.id == new_id(Table.BOOKINGS, later.id))
    assert (BookingStatus.DRAFT, SeatPayment.PAID) == (booking.status, booking.payment_status)


def test_a_confirmed_booking_without_a_time_is_a_draft(studio: OldStudio) -> None:
    _, row = sold(studio, status="confirmed")
    outcome = clean(studio)

    assert BookingStatus.DRAFT is outcome.only(Booking).status
    assert ("bookings_booking", row.id, "without_time") in outcome.reasons()


def test_a_session_with_a_completed_booking_is_completed(studio: OldStudio) -> None:
    service = studio.service("workshop", 2500, 0, max_participants=5)
    session = studio.session(service, BEFORE, 60, "scheduled")
    user = studio.clients[0]
    order = studio.order(user, service, 2500, BEFORE - DAY)
    studio.booking(
        user, service, order, BEFORE - DAY, status="completed", price=2500, service_session_id=session.id
    )
    outcome = clean(studio)

    assert SessionStatus.COMPLETED is outcome.only(ServiceSession).status
    assert ("services_servicesession", session.id, "completed_by_a_seat") in outcome.reasons()


def test_a_seat_in_a_canceled_session_is_for_somebody_to_decide(studio: OldStudio) -> None:
    service = studio.service("workshop", 2500, 0, max_participants=5)
    session = studio.session(service, NOW + DAY, 60, "cancelled")
    user = studio.clients[0]
    order = studio.order(user, service, 2500, BEFORE)
    studio.booking(user, service, order, BEFORE, status="confirmed", service_session_id=session.id)

    assert ("payments_order", order.id, "seat_in_canceled_session") in sound(studio).reasons()


@pytest.mark.parametrize(
    ("minutes", "strategy"),
    [(10, "bookings_placed_by_service_and_time"), (11, "bookings_placed_in_synthetic_order")],
)
def test_an_order_is_near_within_ten_minutes(studio: OldStudio, minutes: int, strategy: str) -> None:
    user, service = studio.clients[0], studio.singles[0]
    studio.order(user, service, 0, BEFORE)
    studio.booking(user, service, None, BEFORE + timedelta(minutes=minutes), price=0)

    assert 1 == {str(word): count for word, count in sound(studio).account.tally.items()}[strategy]


def test_two_bookings_do_not_share_an_order_that_is_only_near(studio: OldStudio) -> None:
    sold(studio, status="confirmed", start_time=NOW + DAY)
    user, service = studio.clients[0], studio.singles[0]
    studio.booking(user, service, None, BEFORE, status="confirmed", start_time=NOW + 3 * DAY, price=8000)
    outcome = clean(studio)

    assert {8000} == {row.session_value_cents for row in outcome.every(Booking)}


def test_unknown_words_are_never_guessed(studio: OldStudio) -> None:
    order, row = sold(studio, status="rebooked")

    assert {
        ("payments_order", order.id, "unknown_word"),
        ("bookings_booking", row.id, "unknown_word"),
    } == sound(studio).reasons()


def test_money_of_another_currency_is_left_out(studio: OldStudio) -> None:
    order, _ = sold(studio)
    studio.rows.orders[0] = evolve(order, currency="eur")

    assert ("payments_order", order.id, "foreign_currency") in sound(studio).reasons()


def test_ids_follow_from_the_old_ones_alone() -> None:
    """Figures that must never change: clients and identity providers keep them."""
    assert uuid5(NAMESPACE, "users_user:7") == user_id(7)
    assert uuid5(NAMESPACE, "bookings_booking:7:session") == new_id(Table.BOOKINGS, 7, "session")
    assert UUID("9a8ba95e-f8bd-5190-9938-25104c8f4a77") == user_id(7)
    assert UUID("ed45dff1-3ba0-59bc-95d0-c3b356f14901") == new_id(Table.BOOKINGS, 7, "session")
