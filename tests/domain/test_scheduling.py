"""Giving a paid seat its time: free, to come, before the package expires, within the seats there are."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from core.domain.bookings import Seat, SeatPayment
from core.domain.catalogue import Component, ServiceType
from core.domain.changes import SeatChange, SlotClaim
from core.domain.errors import (
    DomainError,
    IllegalTransition,
    Invalid,
    NotFound,
    PackageExpired,
    SessionFull,
    SessionOverlap,
)
from core.domain.events import EventType
from core.domain.scheduling import Scheduled, schedule
from core.domain.sessions import ServiceSession, overlaps
from core.domain.statuses import BookingStatus, SessionStatus
from core.domain.views import ScheduleView
from tests.builders import NOW, make_practitioner, make_service, make_session, new_id
from tests.domain.amounts import MOMENTS, SPANS
from tests.domain.shop import SLOT, Offer, bought, offer

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
EXPIRY = NOW + timedelta(days=30)


def view(*, part: ServiceType = ServiceType.SESSION, **fields: Any) -> ScheduleView:
    """A draft seat of a package that is valid until EXPIRY."""
    who = make_practitioner()
    service = make_service(who, service_type=part)
    package = make_service(
        who,
        service_type=ServiceType.PACKAGE,
        components=(Component(service_id=service.id, quantity=2),),
        validity_days=30,
    )
    order = bought(Offer(practitioner=who, service=package, parts=(service,)))
    shown: dict[str, Any] = {
        "seat": order.seats[0],
        "order": order.order,
        "service": service,
        "practitioner": who,
    }
    return ScheduleView(**(shown | fields))


def place(seen: ScheduleView, **fields: Any) -> ScheduleView:
    """The view with a public session of the seat's service as its target."""
    return evolve(seen, target=make_session(seen.service, **fields))


def at(seen: ScheduleView, start_time: datetime | None, *, now: datetime = NOW) -> Scheduled:
    """Schedule at a time, or into the target if there is one."""
    session_id = None if seen.target is None else seen.target.id
    return schedule(seen, start_time=start_time, session_id=session_id, now=now, new_id=new_id)


def refusal(seen: ScheduleView, start_time: datetime | None = SLOT, *, now: datetime = NOW) -> DomainError:
    with pytest.raises(DomainError) as refused:
        at(seen, start_time, now=now)
    return refused.value


def test_a_draft_seat_is_scheduled_in_its_own_session() -> None:
    seen = view()
    done = at(seen, SLOT)
    session, booking = done.changes.updates

    assert isinstance(session, ServiceSession)
    assert (seen.seat.session.id, SessionStatus.SCHEDULED, SLOT, SLOT + HOUR) == (
        session.id,
        session.status,
        session.start_time,
        session.end_time,
    )
    assert (BookingStatus.CONFIRMED, done.seat.booking) == (done.seat.booking.status, booking)
    assert (SeatChange(session_id=session.id, seats=1),) == done.changes.seats
    claim = SlotClaim(
        practitioner_id=session.practitioner_id,
        session_id=session.id,
        start_time=SLOT,
        end_time=SLOT + HOUR,
    )
    assert (claim,) == done.changes.slots
    assert [EventType.BOOKING_CONFIRMED] == [event.type for event in done.changes.events]
    assert 1 == done.seat.session.current_participants
    assert ((), ()) == (done.changes.entries, done.changes.inserts)


def test_a_draft_seat_of_a_workshop_moves_into_a_public_session() -> None:
    seen = place(view(part=ServiceType.WORKSHOP), current_participants=4)
    done = at(seen, None)
    assert seen.target is not None

    assert (seen.seat.session.id,) == done.changes.removals
    assert (SeatChange(session_id=seen.target.id, seats=1),) == done.changes.seats
    assert (BookingStatus.CONFIRMED, seen.target.id) == (
        done.seat.booking.status,
        done.seat.booking.session_id,
    )
    assert (seen.target.id, 5) == (done.seat.session.id, done.seat.session.current_participants)
    assert ((done.seat.booking,), ()) == (done.changes.updates, done.changes.slots)


@pytest.mark.parametrize("start", [NOW, NOW - MINUTE, NOW - timedelta(days=400)])
def test_the_past_cannot_be_scheduled(start: datetime) -> None:
    refused = refusal(view(), start)

    assert isinstance(refused, Invalid)
    assert "/start_time" == refused.pointer


@pytest.mark.parametrize(
    ("start", "now"),
    [
        (EXPIRY, NOW),
        (EXPIRY + HOUR, NOW),
        (EXPIRY + HOUR, EXPIRY),
        (EXPIRY + 3 * HOUR, EXPIRY + 2 * HOUR),
    ],
)
@pytest.mark.parametrize("public", [False, True])
def test_an_expired_package_schedules_nothing(start: datetime, now: datetime, public: bool) -> None:
    seen = view(part=ServiceType.WORKSHOP)
    refused = refusal(place(seen, start_time=start) if public else seen, None if public else start, now=now)

    assert isinstance(refused, PackageExpired)
    assert EXPIRY == refused.expires_at


def test_the_last_moment_before_expiry_is_still_valid() -> None:
    assert EXPIRY - MINUTE == at(view(), EXPIRY - MINUTE, now=EXPIRY - HOUR).seat.session.start_time


def test_an_order_without_expiry_can_be_scheduled_years_later() -> None:
    seen = view()
    later = NOW + timedelta(days=4000)

    assert later == at(evolve(seen, order=evolve(seen.order, expires_at=None)), later).seat.session.start_time


@given(start=MOMENTS, span=SPANS, other_start=MOMENTS, other_span=SPANS)
def test_sessions_overlap_only_if_they_share_an_instant(
    start: datetime, span: timedelta, other_start: datetime, other_span: timedelta
) -> None:
    near = start + (other_start - start) % timedelta(hours=20) - timedelta(hours=10)
    other = make_session(make_service(), start_time=near, end_time=near + other_span)
    shared = min(start + span, near + other_span) - max(start, near)

    assert (shared > timedelta(0)) == overlaps(other, start, start + span)


@given(shift=st.integers(min_value=-120, max_value=120))
def test_another_session_is_in_the_way_unless_it_ends_first_or_starts_after(shift: int) -> None:
    other = make_session(make_service(), start_time=SLOT + shift * MINUTE)
    seen = view(busy=(other,))

    if abs(shift) >= 60:
        assert SLOT == at(seen, SLOT).seat.session.start_time
    else:
        assert SessionOverlap is type(refusal(seen))


def test_a_session_is_not_in_its_own_way() -> None:
    seen = view()
    own = evolve(seen.seat.session, status=SessionStatus.SCHEDULED, start_time=SLOT, end_time=SLOT + HOUR)

    assert SLOT == at(evolve(seen, busy=(own,)), SLOT).seat.session.start_time


@pytest.mark.parametrize("status", [s for s in BookingStatus if s is not BookingStatus.DRAFT])
def test_only_a_draft_is_scheduled(status: BookingStatus) -> None:
    seen = view()
    booking = evolve(seen.seat.booking, status=status)
    refused = refusal(evolve(seen, seat=Seat(booking=booking, session=seen.seat.session)))

    assert isinstance(refused, IllegalTransition)
    assert (status, "schedule") == (refused.status, refused.move)


@pytest.mark.parametrize("paid", [p for p in SeatPayment if p is not SeatPayment.PAID])
def test_only_a_paid_seat_is_scheduled(paid: SeatPayment) -> None:
    seen = view()
    booking = evolve(seen.seat.booking, payment_status=paid)

    assert IllegalTransition is type(
        refusal(evolve(seen, seat=Seat(booking=booking, session=seen.seat.session)))
    )


@pytest.mark.parametrize(
    "closed",
    [
        {"current_participants": 10},
        {"status": SessionStatus.CANCELED},
        {"status": SessionStatus.COMPLETED},
        {"status": SessionStatus.IN_PROGRESS},
    ],
)
def test_a_public_session_must_have_room_and_be_open(closed: dict[str, Any]) -> None:
    assert SessionFull is type(refusal(place(view(part=ServiceType.WORKSHOP), **closed), None))


@pytest.mark.parametrize(
    ("target", "start_time", "pointer"),
    [
        ({"start_time": None, "status": SessionStatus.DRAFT}, None, "/session_id"),
        ({"start_time": NOW - HOUR}, None, "/session_id"),
        ({}, SLOT, "/session_id"),
    ],
)
def test_a_public_session_that_does_not_fit_names_its_field(
    target: dict[str, Any], start_time: datetime | None, pointer: str
) -> None:
    refused = refusal(place(view(part=ServiceType.WORKSHOP), **target), start_time)

    assert isinstance(refused, Invalid)
    assert pointer == refused.pointer


@pytest.mark.parametrize("kind", [ServiceType.WORKSHOP, ServiceType.SESSION])
def test_a_session_of_another_service_does_not_fit(kind: ServiceType) -> None:
    seen = view(part=ServiceType.WORKSHOP)
    refused = refusal(evolve(seen, target=offer_session(kind)), None)

    assert isinstance(refused, Invalid)
    assert "/session_id" == refused.pointer


def offer_session(kind: ServiceType) -> ServiceSession:
    return make_session(offer(kind).service)


def test_an_individual_session_of_the_same_service_does_not_fit() -> None:
    seen = view()
    refused = refusal(evolve(seen, target=make_session(seen.service)), None)

    assert isinstance(refused, Invalid)
    assert "/session_id" == refused.pointer


def test_a_session_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        schedule(view(), start_time=None, session_id=make_session(make_service()).id, now=NOW, new_id=new_id)


def test_a_time_or_a_session_must_be_given() -> None:
    refused = refusal(view(), None)

    assert isinstance(refused, Invalid)
    assert "/start_time" == refused.pointer
