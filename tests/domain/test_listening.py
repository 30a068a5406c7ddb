"""What an event in a session's room does to the session."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from core.domain.bookings import Attendance, Booking
from core.domain.delivery import Delivered
from core.domain.errors import IllegalTransition
from core.domain.events import EventType
from core.domain.ids import UserId
from core.domain.listening import hear
from core.domain.presence import RoomEvent, RoomEventKind
from core.domain.rules import ROOM_OPENS
from core.domain.statuses import BookingStatus, SessionStatus
from core.domain.views import DeliveryView
from tests.builders import make_placeholder, make_room_event, make_service, new_id
from tests.domain.shop import SLOT
from tests.domain.test_roll_call import ANA, holders, joined, workshop

MINUTE = timedelta(minutes=1)
END = SLOT + 60 * MINUTE
STARTED, FINISHED = RoomEventKind.ROOM_STARTED, RoomEventKind.ROOM_FINISHED
JOINED, LEFT = RoomEventKind.PARTICIPANT_JOINED, RoomEventKind.PARTICIPANT_LEFT
SCHEDULED, IN_PROGRESS = SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS
COMPLETED, CANCELED = SessionStatus.COMPLETED, SessionStatus.CANCELED


def event(view: DeliveryView, kind: RoomEventKind, at: datetime, user: UserId | None = None) -> RoomEvent:
    return make_room_event(view.session, kind=kind, occurred_at=at, user_id=user)


def heard(
    view: DeliveryView,
    kind: RoomEventKind,
    at: datetime,
    *,
    user: UserId | None = None,
    now: datetime | None = None,
) -> Delivered:
    """What becomes of the view when this is told, at once unless `now` is given."""
    told = event(view, kind, at, user)
    done = hear(view, told, room_opens=ROOM_OPENS, now=now or at, new_id=new_id)
    assert (told,) == done.changes.room_events
    return done


def under_way(view: DeliveryView) -> DeliveryView:
    return evolve(view, session=evolve(view.session, status=IN_PROGRESS, actual_start_time=SLOT))


@pytest.mark.parametrize("kind", [STARTED, JOINED])
@pytest.mark.parametrize("minute", [0, 1, 59])
def test_a_room_in_use_starts_the_session_when_its_time_has_come(kind: RoomEventKind, minute: int) -> None:
    done = heard(workshop({}), kind, SLOT + minute * MINUTE, user=ANA.id if kind is JOINED else None)

    assert (IN_PROGRESS, SLOT + minute * MINUTE, 2) == (
        done.session.status,
        done.session.actual_start_time,
        done.session.version,
    )
    assert [EventType.SESSION_STARTED] == [told.type for told in done.changes.events]


@pytest.mark.parametrize("minute", [-24 * 60, -16, -15, -1, 60, 61])
def test_at_another_time_it_does_not(minute: int) -> None:
    done = heard(workshop({}), JOINED, SLOT + minute * MINUTE, user=ANA.id)

    assert (SCHEDULED, ()) == (done.session.status, done.changes.updates)


def test_who_came_early_starts_it_with_the_next_event() -> None:
    view = joined(workshop({}), ANA.id, at=SLOT - 10 * MINUTE)

    done = heard(view, LEFT, SLOT + 2 * MINUTE, user=ANA.id)

    assert (IN_PROGRESS, SLOT) == (done.session.status, done.session.actual_start_time)


def test_a_room_that_was_tried_out_the_day_before_starts_nothing() -> None:
    view = joined(workshop({}), ANA.id, at=SLOT - 24 * 60 * MINUTE)

    assert SCHEDULED is heard(view, LEFT, SLOT + MINUTE, user=ANA.id).session.status


def test_a_clock_that_runs_ahead_starts_nothing() -> None:
    done = heard(workshop({}), JOINED, SLOT, user=ANA.id, now=SLOT - MINUTE)

    assert SCHEDULED is done.session.status


def test_an_event_that_comes_late_starts_it_at_its_own_time() -> None:
    done = heard(workshop({}), JOINED, SLOT + MINUTE, user=ANA.id, now=SLOT + 30 * MINUTE)

    assert SLOT + MINUTE == done.session.actual_start_time


@pytest.mark.parametrize("view", [workshop({}), under_way(workshop({}))])
def test_a_finished_room_completes_what_has_half_passed(view: DeliveryView) -> None:
    room = joined(view, *holders(view), ANA.id)

    done = heard(room, FINISHED, SLOT + 30 * MINUTE)

    assert COMPLETED is done.session.status
    assert [Attendance.ATTENDED] == [r.attendance for r in done.changes.updates if isinstance(r, Booking)]


def test_a_room_that_closes_early_on_may_open_again() -> None:
    view = under_way(workshop({}))

    done = heard(joined(view, ANA.id), FINISHED, SLOT + 29 * MINUTE)

    assert (IN_PROGRESS, ()) == (done.session.status, done.changes.updates)


def test_a_finish_that_is_told_after_the_room_was_opened_again_ends_nothing() -> None:
    view = joined(under_way(workshop({})), ANA.id, at=SLOT + 40 * MINUTE)

    assert IN_PROGRESS is heard(view, FINISHED, SLOT + 39 * MINUTE, now=SLOT + 41 * MINUTE).session.status


def test_without_its_practitioner_a_finished_room_ends_nothing() -> None:
    view = under_way(workshop({}))

    assert IN_PROGRESS is heard(joined(view, *holders(view)), FINISHED, END).session.status


def test_an_undecided_payment_leaves_the_end_to_the_sweep() -> None:
    view = joined(under_way(workshop({"status": BookingStatus.PENDING_PAYMENT})), ANA.id)

    assert IN_PROGRESS is heard(view, FINISHED, END).session.status


def test_a_practitioner_who_was_there_after_all_ends_the_review() -> None:
    view = workshop({})
    room = joined(evolve(view, session=evolve(view.session, needs_review=True)), *holders(view))

    still = heard(room, LEFT, END, user=holders(view)[0], now=END + MINUTE)
    ended = heard(room, JOINED, SLOT, user=ANA.id, now=END + MINUTE)

    assert (True, ()) == (still.session.needs_review, still.changes.updates)
    assert (False, 2, (ended.session,)) == (
        ended.session.needs_review,
        ended.session.version,
        ended.changes.updates,
    )


@pytest.mark.parametrize("status", [COMPLETED, CANCELED])
@pytest.mark.parametrize("kind", RoomEventKind)
def test_after_the_end_events_are_kept_and_change_nothing(status: SessionStatus, kind: RoomEventKind) -> None:
    view = workshop({})
    over = joined(evolve(view, session=evolve(view.session, status=status)), ANA.id)

    done = heard(over, kind, SLOT + 40 * MINUTE, user=holders(view)[0])

    assert (over.session, (), ()) == (done.session, done.changes.updates, done.changes.events)


def test_a_known_event_changes_nothing() -> None:
    view = workshop({})
    told = event(view, JOINED, SLOT, ANA.id)

    done = hear(evolve(view, room_events=(told,)), told, room_opens=ROOM_OPENS, now=SLOT, new_id=new_id)

    assert (view.session, ()) == (done.session, done.changes.room_events)
    assert () == done.changes.updates


def test_a_session_without_a_time_has_no_room() -> None:
    session = make_placeholder(make_service(ANA))
    view = DeliveryView(session=session, seats=(), orders=(), earnings=())

    with pytest.raises(IllegalTransition):
        heard(view, JOINED, SLOT, user=ANA.id)
