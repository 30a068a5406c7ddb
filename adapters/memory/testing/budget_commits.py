"""Commits of every shape against the busy marketplace."""

from datetime import timedelta

from attrs import evolve

from adapters.memory.testing.budget_scenes import MANY, SEATS, Busy, bought
from adapters.memory.testing.builders import (
    make_booking,
    make_dispute,
    make_earnings,
    make_order,
    make_payment,
    make_payout,
    make_placeholder,
    make_refund,
)
from adapters.memory.testing.ids import NOW, new_id
from adapters.memory.testing.journal import (
    make_credit_change,
    make_entries,
    make_event,
    make_idempotency,
    make_posting,
)
from adapters.memory.testing.rooms import make_room_event
from core.domain.bookings import Attendance
from core.domain.changes import Changes, SeatChange, SlotClaim
from core.domain.ledger import (
    PAYOUTS,
    ChainOwner,
    EntryKind,
    HeadMove,
    practitioner_account,
    practitioner_chain,
)
from core.domain.lines import advance
from core.domain.orders import OrderType
from core.domain.rules import Rules
from core.domain.statuses import (
    BookingStatus,
    DisputeStatus,
    EarningsStatus,
    OrderStatus,
    PaymentStatus,
    SessionStatus,
)
from core.domain.views import LineView


def commit_shapes(busy: Busy) -> dict[str, Changes]:
    """Changes as the use cases make them, by name."""
    return {
        "a package checkout of five seats": _package_checkout(busy),
        "a course checkout of five seats": _course_checkout(busy),
        "a confirmation of five seats": _confirmation(busy),
        "a scheduled seat": _scheduled(busy),
        "a called off session of five seats": _called_off(busy),
        "a completed session of five seats": _completed(busy),
        "a lost dispute about five seats": _lost_dispute(busy),
        "an event in a room": Changes(room_events=(make_room_event(busy.workshop_session),)),
        "a line in which five are offered seats": _line(busy),
        "a release of fifty earnings": Changes(
            updates=tuple(evolve(e, status=EarningsStatus.AVAILABLE, version=2) for e in busy.earned),
            events=tuple(make_event(earned.id) for earned in busy.earned),
        ),
        "a payout of fifty earnings": _payout(busy),
    }


def _line(busy: Busy) -> Changes:
    line = LineView(session=busy.workshop_session, entries=busy.line)
    return advance(line, rules=Rules(), now=NOW, new_id=new_id).changes


def _package_checkout(busy: Busy) -> Changes:
    order = make_order(
        busy.package, user_id=busy.user, order_type=OrderType.PACKAGE, credits_applied_cents=10_000
    )
    sessions = [make_placeholder(busy.service) for _ in range(SEATS)]
    seats = [make_booking(order, session, session_value_cents=8000) for session in sessions]
    return Changes(
        inserts=(order, *sessions, *seats, make_payment(order), make_idempotency(key=str(order.id))),
        credits=(make_credit_change(busy.user, -10_000),),
        entries=(bought(order),),
        events=(make_event(order.id), *(make_event(seat.id) for seat in seats)),
    )


def _course_checkout(busy: Busy) -> Changes:
    order = make_order(busy.course, order_type=OrderType.COURSE)
    seats = [make_booking(order, lesson, session_value_cents=1600) for lesson in busy.course_sessions]
    earned = [make_earnings(seat, status=EarningsStatus.PROJECTED) for seat in seats]
    return Changes(
        inserts=(order, *seats, *earned, make_idempotency(key=str(order.id))),
        seats=tuple(SeatChange(session_id=lesson.id, seats=1) for lesson in busy.course_sessions),
        entries=(bought(order),),
        events=tuple(make_event(seat.id) for seat in seats),
    )


def _confirmation(busy: Busy) -> Changes:
    answered = make_idempotency(status_code=201, body="{}", version=2, key="k-1")
    paid = evolve(busy.order, status=OrderStatus.PAID, hold_expires_at=None, version=2)
    return Changes(
        updates=(
            answered,
            paid,
            *(evolve(seat, client_notes="confirmed", version=2) for seat in busy.seats),
            evolve(busy.payment, status=PaymentStatus.SUCCEEDED, version=2),
        ),
        inserts=tuple(make_earnings(seat, status=EarningsStatus.PROJECTED) for seat in busy.seats),
        credits=(make_credit_change(busy.user, -10_000, held=-10_000),),
        entries=(bought(busy.order),),
        events=tuple(make_event(seat.id) for seat in busy.seats),
    )


def _scheduled(busy: Busy) -> Changes:
    start = NOW + timedelta(days=300)
    end = start + timedelta(hours=1)
    session = evolve(
        busy.placeholders[0],
        status=SessionStatus.SCHEDULED,
        start_time=start,
        end_time=end,
        version=2,
    )
    claim = SlotClaim(
        practitioner_id=busy.practitioner.id, session_id=session.id, start_time=start, end_time=end
    )
    return Changes(
        updates=(session, evolve(busy.seat, status=BookingStatus.CONFIRMED, version=2)),
        slots=(claim,),
        events=(make_event(session.id),),
    )


def _called_off(busy: Busy) -> Changes:
    """Five orders at once, each with a refund of its own."""
    meeting = evolve(busy.workshop_session, status=SessionStatus.CANCELED, version=2)
    orders, seats = busy.visitors, busy.visits
    return Changes(
        inserts=tuple(make_refund(order) for order in orders),
        updates=(
            meeting,
            *(evolve(order, status=OrderStatus.REFUNDED, version=2) for order in orders),
            *(evolve(seat, status=BookingStatus.CANCELED, version=2) for seat in seats),
        ),
        seats=(SeatChange(session_id=meeting.id, seats=-SEATS),),
        credits=(make_credit_change(busy.user, 100),),
        events=tuple(make_event(seat.id) for seat in seats),
    )


def _completed(busy: Busy) -> Changes:
    """Five orders at once, each with a seat that somebody came to."""
    meeting = evolve(busy.workshop_session, status=SessionStatus.COMPLETED, version=2)
    orders, seats = busy.visitors, busy.visits
    return Changes(
        inserts=tuple(make_earnings(seat) for seat in seats),
        updates=(
            meeting,
            *(evolve(order, sessions_completed=1, version=2) for order in orders),
            *(evolve(seat, attendance=Attendance.ATTENDED, version=2) for seat in seats),
        ),
        events=(make_event(meeting.id),),
    )


def _lost_dispute(busy: Busy) -> Changes:
    """An order of five seats that are called off, with frozen earnings and a practitioner who owes some."""
    return Changes(
        inserts=(make_dispute(busy.payment, status=DisputeStatus.LOST, closed_at=NOW),),
        updates=(
            evolve(busy.order, charged_back_cents=1000, version=2),
            *(evolve(seat, status=BookingStatus.CANCELED, version=2) for seat in busy.seats),
            *(evolve(place, status=SessionStatus.CANCELED, version=2) for place in busy.placeholders),
            *(evolve(earned, frozen=True, version=2) for earned in busy.earned),
            evolve(busy.practitioner, carried_cents=-1000, version=2),
        ),
        credits=(make_credit_change(busy.user, 100),),
        entries=(bought(busy.order),),
        events=tuple(make_event(seat.id) for seat in busy.seats),
    )


def _payout(busy: Busy) -> Changes:
    payout = make_payout(busy.practitioner, amount_cents=1000, earnings_count=MANY)
    (entry,) = make_entries(
        practitioner_chain(busy.practitioner.id, 0, ""),
        [make_posting(practitioner_account(busy.practitioner.id), -1000), make_posting(PAYOUTS, 1000)],
        kind=EntryKind.PAYOUT,
    )
    head = HeadMove(
        owner=ChainOwner.PRACTITIONER,
        owner_id=busy.practitioner.id,
        currency="usd",
        from_seq=0,
        to_seq=1,
        head=entry.hash,
    )
    return Changes(
        inserts=(payout,),
        updates=tuple(evolve(earned, payout_id=payout.id, version=2) for earned in busy.earned),
        heads=(head,),
        entries=(entry,),
        events=(make_event(payout.id),),
    )
