"""The line for a full workshop: joining, leaving, and passing on what comes free."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from core.domain.catalogue import ServiceType
from core.domain.changes import Changes, SeatChange
from core.domain.errors import (
    AlreadyBooked,
    AlreadyWaiting,
    DomainError,
    IllegalTransition,
    Invalid,
    SeatsFree,
    WaitlistClosed,
)
from core.domain.lines import Advanced, advance, decline, freed, join, leave
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession
from core.domain.statuses import SessionStatus, WaitlistStatus
from core.domain.views import LineView, PlaceView
from core.domain.waitlist import WaitlistEntry
from tests.builders import NOW, SequentialIds, make_service, make_session, make_waiting, new_user

RULES = Rules(waitlist_offer_minutes=30)
UNTIL = NOW + RULES.waitlist_hold
WORKSHOP = make_service(service_type=ServiceType.WORKSHOP)
FULL = make_session(WORKSHOP, max_participants=3, current_participants=3)
OVER = (SessionStatus.IN_PROGRESS, SessionStatus.COMPLETED, SessionStatus.CANCELED)


def waiting(count: int, session: ServiceSession = FULL) -> tuple[WaitlistEntry, ...]:
    return tuple(make_waiting(session) for _ in range(count))


def offered(**fields: Any) -> WaitlistEntry:
    return make_waiting(FULL, **({"status": WaitlistStatus.OFFERED, "offer_expires_at": UNTIL} | fields))


def advanced(*entries: WaitlistEntry, session: ServiceSession = FULL, **counts: Any) -> Advanced:
    """The line after it has moved on, in a session that counts what is in the line."""
    line = {
        "offered_seats": sum(e.status is WaitlistStatus.OFFERED for e in entries),
        "waiting_count": sum(e.status is WaitlistStatus.WAITING for e in entries),
    }
    view = LineView(session=evolve(session, **(line | counts)), entries=entries)
    return advance(view, rules=RULES, now=NOW, new_id=SequentialIds())


def told(changes: Changes) -> list[tuple[str, str]]:
    """The events with whom they are about."""
    return [(event.type.value, str(event.payload["user_id"])) for event in changes.events]


def test_whoever_joins_waits_and_is_counted() -> None:
    user = new_user()
    view = PlaceView(session=FULL, entry=None, is_seated=False)

    placed = join(view, user, now=NOW, new_id=SequentialIds())

    assert (WaitlistStatus.WAITING, user, FULL.id, WORKSHOP.id) == (
        placed.entry.status,
        placed.entry.user_id,
        placed.entry.session_id,
        placed.entry.service_id,
    )
    assert (SeatChange(session_id=FULL.id, seats=0, waiting=1),) == placed.changes.seats
    assert (placed.entry,) == placed.changes.inserts
    assert [("waitlist.joined", str(user))] == told(placed.changes)


REFUSED: list[tuple[type[DomainError], PlaceView]] = [
    (SeatsFree, PlaceView(session=evolve(FULL, current_participants=2), entry=None, is_seated=False)),
    (AlreadyBooked, PlaceView(session=FULL, entry=None, is_seated=True)),
    (AlreadyWaiting, PlaceView(session=FULL, entry=make_waiting(FULL), is_seated=False)),
    *(
        (WaitlistClosed, PlaceView(session=evolve(FULL, status=status), entry=None, is_seated=False))
        for status in (SessionStatus.DRAFT, *OVER)
    ),
    (WaitlistClosed, PlaceView(session=evolve(FULL, start_time=NOW), entry=None, is_seated=False)),
    (
        Invalid,
        PlaceView(
            session=make_session(make_service(service_type=ServiceType.COURSE)), entry=None, is_seated=False
        ),
    ),
    (
        Invalid,
        PlaceView(session=make_session(make_service(), current_participants=1), entry=None, is_seated=False),
    ),
]


@pytest.mark.parametrize(("error", "view"), REFUSED)
def test_nobody_waits_in_vain(error: type[DomainError], view: PlaceView) -> None:
    with pytest.raises(error):
        join(view, new_user(), now=NOW, new_id=SequentialIds())


def test_one_may_join_while_others_wait_for_a_seat_that_is_free() -> None:
    freed_seat = evolve(FULL, current_participants=2, waiting_count=1)

    placed = join(
        PlaceView(session=freed_seat, entry=None, is_seated=False),
        new_user(),
        now=NOW,
        new_id=SequentialIds(),
    )

    assert WaitlistStatus.WAITING is placed.entry.status


def test_leaving_is_counted_once() -> None:
    (entry,) = waiting(1)

    left = leave(entry, now=NOW)

    assert WaitlistStatus.LEFT is left.entry.status
    assert (SeatChange(session_id=FULL.id, seats=0, waiting=-1),) == left.changes.seats
    assert Changes() == leave(left.entry, now=NOW).changes


@pytest.mark.parametrize("give_up", [leave, decline])
def test_a_declined_offer_gives_its_seat_back_once(give_up: Any) -> None:
    declined = give_up(offered(), now=NOW)

    assert WaitlistStatus.DECLINED is declined.entry.status
    assert (SeatChange(session_id=FULL.id, seats=0, offered=-1),) == declined.changes.seats
    assert Changes() == give_up(declined.entry, now=NOW).changes


@pytest.mark.parametrize(
    "status", [s for s in WaitlistStatus if s not in (WaitlistStatus.OFFERED, WaitlistStatus.DECLINED)]
)
def test_only_an_offer_can_be_declined(status: WaitlistStatus) -> None:
    with pytest.raises(IllegalTransition):
        decline(make_waiting(FULL, status=status), now=NOW)


def test_the_first_in_line_are_offered_what_is_free() -> None:
    first, second, third = waiting(3)

    moved = advanced(first, second, third, current_participants=1)

    assert [first.id, second.id] == [entry.id for entry in moved.entries]
    assert {(WaitlistStatus.OFFERED, UNTIL)} == {(e.status, e.offer_expires_at) for e in moved.entries}
    assert (SeatChange(session_id=FULL.id, seats=0, offered=2, waiting=-2),) == moved.changes.seats
    assert [("waitlist.offered", str(e.user_id)) for e in (first, second)] == told(moved.changes)
    assert {UNTIL.isoformat(timespec="milliseconds")} == {
        event.payload["offer_expires_at"] for event in moved.changes.events
    }


def test_an_offer_ends_when_the_session_begins() -> None:
    soon = evolve(FULL, start_time=NOW + timedelta(minutes=10), current_participants=2)

    (entry,) = advanced(*waiting(1), session=soon).entries

    assert NOW + timedelta(minutes=10) == entry.offer_expires_at


def test_an_offer_past_its_time_lapses_and_passes_on() -> None:
    late, (following,) = offered(offer_expires_at=NOW), waiting(1)

    moved = advanced(late, following, current_participants=2)

    assert [(late.id, WaitlistStatus.LAPSED), (following.id, WaitlistStatus.OFFERED)] == [
        (entry.id, entry.status) for entry in moved.entries
    ]
    assert (SeatChange(session_id=FULL.id, seats=0, waiting=-1),) == moved.changes.seats
    assert ["waitlist.lapsed", "waitlist.offered"] == [kind for kind, _ in told(moved.changes)]


def test_an_offer_that_stands_keeps_its_seat() -> None:
    moved = advanced(offered(), *waiting(2), current_participants=2)

    assert Advanced(changes=Changes(), entries=()) == moved


@pytest.mark.parametrize("status", OVER)
def test_the_line_of_a_session_that_is_over_closes(status: SessionStatus) -> None:
    moved = advanced(offered(), *waiting(2), session=evolve(FULL, status=status), current_participants=2)

    assert {WaitlistStatus.CLOSED} == {entry.status for entry in moved.entries}
    assert (SeatChange(session_id=FULL.id, seats=0, offered=-1, waiting=-2),) == moved.changes.seats
    assert ["waitlist.closed"] * 3 == [kind for kind, _ in told(moved.changes)]


def test_the_line_closes_when_the_session_begins() -> None:
    moved = advanced(*waiting(1), session=evolve(FULL, start_time=NOW))

    assert [WaitlistStatus.CLOSED] == [entry.status for entry in moved.entries]


def test_a_seat_is_freed_only_where_somebody_waits() -> None:
    lined = evolve(FULL, waiting_count=1)
    quiet = make_session(WORKSHOP)
    untouched = make_session(WORKSHOP, waiting_count=1)
    back = Changes(seats=tuple(SeatChange(session_id=s.id, seats=-1) for s in (lined, quiet)))

    assert (lined,) == freed(back, (lined, quiet, untouched, lined))
    assert () == freed(Changes(seats=(SeatChange(session_id=lined.id, seats=1),)), (lined,))
