"""What a session's room says of its seats when the session is completed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from core.domain.attendance import note, sheet_of
from core.domain.bookings import Attendance, Booking, Seat
from core.domain.catalogue import ServiceType
from core.domain.delivery import CompletedBy, Delivered, complete
from core.domain.earnings import Earnings
from core.domain.errors import IllegalTransition, PractitionerAbsent
from core.domain.events import EventType
from core.domain.ids import UserId
from core.domain.ledger import EntryKind
from core.domain.presence import RoomEventKind
from core.domain.sessions import ServiceSession, moved
from core.domain.statuses import EarningsStatus, SessionStatus
from core.domain.views import DeliveryView
from tests.builders import (
    make_booking,
    make_earnings,
    make_order,
    make_practitioner,
    make_room_event,
    make_service,
    make_session,
    new_id,
    new_user,
)
from tests.domain.shop import SLOT

ATTENDED, NO_SHOW, UNKNOWN = Attendance.ATTENDED, Attendance.NO_SHOW, Attendance.UNKNOWN
ANA = make_practitioner()
DONE = SLOT + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def workshop(*seats: dict[str, Any]) -> DeliveryView:
    """A session with these seats, each of an order of its own, earnings projected."""
    service = make_service(ANA, service_type=ServiceType.WORKSHOP)
    session = make_session(service, start_time=SLOT, current_participants=len(seats))
    orders = tuple(make_order(service) for _ in seats)
    bookings = [make_booking(order, session, **seat) for order, seat in zip(orders, seats, strict=True)]
    return DeliveryView(
        session=session,
        seats=tuple(Seat(booking=booking, session=session) for booking in bookings),
        orders=orders,
        earnings=tuple(make_earnings(booking, status=EarningsStatus.PROJECTED) for booking in bookings),
    )


def holders(view: DeliveryView) -> list[UserId]:
    """Who has the seats."""
    return [seat.booking.user_id for seat in view.seats]


def joined(view: DeliveryView, *users: UserId, at: datetime = SLOT) -> DeliveryView:
    """The same after these came into the room and stayed."""
    came = tuple(make_room_event(view.session, user_id=user, occurred_at=at) for user in users)
    return evolve(view, room_events=(*view.room_events, *came))


def completed(view: DeliveryView, by: CompletedBy = CompletedBy.PLATFORM) -> Delivered:
    return complete(view, now=DONE, new_id=new_id, by=by)


def attendance(view: DeliveryView, done: Delivered) -> list[Attendance]:
    """Of each seat, as it is once the changes are written; what was written has its next version."""
    written = {row.id: row for row in done.changes.updates if isinstance(row, Booking)}
    assert {seat.booking.id: 2 for seat in view.seats if seat.booking.id in written} == {
        key: row.version for key, row in written.items()
    }
    return [written.get(seat.booking.id, seat.booking).attendance for seat in view.seats]


def test_who_came_attended_and_who_did_not_is_a_no_show() -> None:
    view = workshop({}, {})
    came, _ = holders(view)

    done = completed(joined(view, came, ANA.id))

    assert [ATTENDED, NO_SHOW] == attendance(view, done)
    assert [EntryKind.DELIVERY, EntryKind.NO_SHOW] == [entry.kind for entry in done.changes.entries]
    earned = [row.status for row in done.changes.updates if isinstance(row, Earnings)]
    assert [EarningsStatus.PENDING, EarningsStatus.REVERSED] == earned
    assert (SessionStatus.COMPLETED, False) == (done.session.status, done.session.needs_review)


def test_a_room_that_nobody_used_tells_nothing_and_every_seat_counts_as_delivered() -> None:
    view = workshop({}, {})
    opened = make_room_event(view.session, kind=RoomEventKind.ROOM_STARTED, user_id=None, occurred_at=SLOT)

    for room in ((), (opened,)):
        done = completed(evolve(view, room_events=room))
        assert [UNKNOWN, UNKNOWN] == attendance(view, done)
        assert [EntryKind.DELIVERY] * 2 == [entry.kind for entry in done.changes.entries]


def test_a_practitioner_alone_in_the_room_makes_everybody_a_no_show() -> None:
    view = workshop({}, {})

    assert [NO_SHOW, NO_SHOW] == attendance(view, completed(joined(view, ANA.id)))


def test_somebody_without_a_seat_uses_the_room_too() -> None:
    view = workshop({})

    done = completed(joined(view, new_user()))

    assert [NO_SHOW] == attendance(view, done)


def test_what_was_said_by_hand_stands() -> None:
    view = workshop(
        {"attendance": NO_SHOW},
        {"attendance": ATTENDED},
        {"attendance": UNKNOWN, "attendance_reason": "the line was bad"},
    )
    first, _, third = holders(view)

    done = completed(joined(view, first, third, ANA.id))

    assert [NO_SHOW, ATTENDED, UNKNOWN] == attendance(view, done)


@pytest.mark.parametrize(
    ("before_start", "expected"), [(0, ATTENDED), (15, ATTENDED), (16, UNKNOWN), (24 * 60, UNKNOWN)]
)
def test_a_room_is_the_sessions_own_from_a_quarter_of_an_hour_before_its_start(
    before_start: int, expected: Attendance
) -> None:
    view = workshop({})
    (came,) = holders(view)
    gone = [
        make_room_event(
            view.session,
            user_id=user,
            kind=RoomEventKind.PARTICIPANT_LEFT,
            occurred_at=SLOT - before_start * MINUTE,
        )
        for user in (came, ANA.id)
    ]

    assert [expected] == attendance(view, completed(evolve(view, room_events=tuple(gone))))


def test_who_came_early_and_stayed_was_there() -> None:
    view = workshop({})

    done = completed(joined(view, *holders(view), ANA.id, at=SLOT - 60 * MINUTE))

    assert [ATTENDED] == attendance(view, done)


def test_the_platform_leaves_a_session_open_whose_practitioner_never_came() -> None:
    view = workshop({}, {})
    room = joined(view, holders(view)[0])

    done = completed(room)

    assert (SessionStatus.SCHEDULED, True, 2) == (
        done.session.status,
        done.session.needs_review,
        done.session.version,
    )
    assert ((done.session,), (), ()) == (done.changes.updates, done.changes.inserts, done.changes.entries)
    (told,) = done.changes.events
    assert (EventType.SESSION_REVIEW_NEEDED, "session.review_needed") == (told.type, told.type.value)
    assert {"practitioner_id": str(ANA.id), "seats": 2} == told.payload


def test_a_second_time_the_review_stays_as_it_is() -> None:
    view = workshop({})
    room = joined(evolve(view, session=evolve(view.session, needs_review=True)), *holders(view))

    assert () == completed(room).changes.updates


@pytest.mark.parametrize("by", CompletedBy)
def test_a_session_that_was_canceled_meanwhile_asks_for_no_review(by: CompletedBy) -> None:
    view = workshop({})
    canceled = evolve(view, session=evolve(view.session, status=SessionStatus.CANCELED))

    with pytest.raises(IllegalTransition):
        completed(joined(canceled, *holders(view)), by)


def test_the_missing_practitioner_cannot_complete_it() -> None:
    view = workshop({})

    with pytest.raises(PractitionerAbsent) as refused:
        completed(joined(view, *holders(view)), CompletedBy.PRACTITIONER)

    assert "practitioner_absent" == refused.value.code


def test_an_admin_completes_it_with_the_attendance_that_was_found() -> None:
    view = workshop({}, {})
    reviewed = evolve(view, session=evolve(view.session, needs_review=True))

    done = completed(joined(reviewed, holders(view)[0]), CompletedBy.ADMIN)

    assert [ATTENDED, NO_SHOW] == attendance(view, done)
    assert (SessionStatus.COMPLETED, False) == (done.session.status, done.session.needs_review)


def test_a_customer_whose_seat_is_gone_asks_for_no_review() -> None:
    view = workshop({})

    done = completed(joined(view, new_user()))

    assert SessionStatus.COMPLETED is done.session.status


def test_a_canceled_session_needs_no_review_any_more() -> None:
    session = evolve(workshop({}).session, needs_review=True)

    assert not moved(session, "cancel").needs_review
    assert moved(session, "start").needs_review


def test_the_sheet_shows_every_stay_the_practitioners_too() -> None:
    view = workshop({})
    (bea,) = holders(view)
    left = make_room_event(
        view.session,
        user_id=bea,
        kind=RoomEventKind.PARTICIPANT_LEFT,
        occurred_at=SLOT + 20 * MINUTE,
    )
    room = joined(joined(view, ANA.id, at=SLOT - 5 * MINUTE), bea)
    room = joined(evolve(room, room_events=(*room.room_events, left)), bea, at=SLOT + 30 * MINUTE)

    shown = sheet_of(room, now=SLOT + 40 * MINUTE).participants

    assert [(ANA.id, None, 45 * 60), (bea, SLOT + 20 * MINUTE, 20 * 60), (bea, None, 10 * 60)] == [
        (one.user_id, one.left_at, one.duration_seconds) for one in shown
    ]
    said = note(room, bea, ATTENDED, reason=None, history=None, now=SLOT + 40 * MINUTE, new_id=new_id)
    assert shown == said.sheet.participants


@pytest.mark.parametrize(
    "changed",
    [
        {"status": SessionStatus.COMPLETED, "actual_end_time": DONE},
        {"status": SessionStatus.CANCELED},
    ],
)
def test_the_sheet_of_a_session_that_is_over_shows_nobody_inside(changed: dict[str, Any]) -> None:
    view = joined(workshop({}), ANA.id)
    over: ServiceSession = evolve(view.session, **changed)

    (shown,) = sheet_of(evolve(view, session=over), now=DONE + 60 * MINUTE).participants

    assert (DONE, 3600) == (shown.left_at, shown.duration_seconds)
