"""Presence in a room: the same whatever order events come in, how often, and which of them are lost."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import UserId
from core.domain.presence import RoomEvent, RoomEventKind, Stay, stays
from tests.builders import NOW, make_room_event, make_service, make_session, new_user

SESSION = make_session(make_service())
BEA, EVA = new_user(), new_user()
STARTED, FINISHED = RoomEventKind.ROOM_STARTED, RoomEventKind.ROOM_FINISHED
JOINED, LEFT = RoomEventKind.PARTICIPANT_JOINED, RoomEventKind.PARTICIPANT_LEFT
WORDS = {"start": STARTED, "in": JOINED, "out": LEFT, "finish": FINISHED}
END = 100


def at(minute: float) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=minute)


def told(story: str, user: UserId = BEA) -> list[RoomEvent]:
    """The events of a story: `in 0, out 10`, in minutes."""
    steps = [step.split() for step in story.split(", ") if step]
    return [
        make_room_event(
            SESSION,
            kind=WORDS[word],
            user_id=user if WORDS[word] in (JOINED, LEFT) else None,
            occurred_at=at(float(minute)),
        )
        for word, minute in steps
    ]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("", []),
        ("start 0, finish 60", []),
        ("in 0, out 10", [(0, 10)]),
        ("in 0, out 10, in 20, out 30", [(0, 10), (20, 30)]),
        # What was lost.
        ("in 0", [(0, END)]),
        ("in 0, finish 60", [(0, 60)]),
        ("in 0, finish 60, in 70", [(0, 60), (70, END)]),
        ("out 10", [(10, 10)]),
        ("in 0, out 10, out 20", [(0, 10), (20, 20)]),
        ("in 0, in 5, out 10", [(0, 10)]),
        ("finish 60, in 70, finish 80", [(70, 80)]),
        ("in 110", [(110, 110)]),
        # Gaps under a minute.
        ("in 0, out 10, in 10.9, out 20", [(0, 20)]),
        ("in 0, out 10, in 11, out 20", [(0, 10), (11, 20)]),
        ("in 0, out 10, in 10.5, out 20, in 20.5, out 30", [(0, 30)]),
        ("in 0, finish 60, out 60.1", [(0, 60.1)]),
        # In one instant.
        ("in 0, out 10, in 10, out 20", [(0, 20)]),
        ("in 5, out 5", [(5, 5)]),
        ("in 5, out 5, in 9, out 12", [(5, 5), (9, 12)]),
        ("in 0, out 5, in 5", [(0, END)]),
        ("in 0, out 60, finish 60", [(0, 60)]),
        ("in 60, finish 60", [(60, 60)]),
    ],
)
def test_a_story_makes_these_stays(story: str, expected: list[tuple[float, float]]) -> None:
    assert [Stay(user_id=BEA, joined_at=at(start), left_at=at(end)) for start, end in expected] == list(
        stays(told(story), ended_at=at(END))
    )


def test_who_has_not_left_is_there_until_now() -> None:
    (stay,) = stays(told("in 0"), ended_at=None)

    assert Stay(user_id=BEA, joined_at=at(0), left_at=None) == stay
    assert [0, 0, 90] == [stay.seconds(at(minute)) for minute in (-1, 0.01, 1.501)]


def test_a_stay_that_is_over_is_as_long_as_it_was() -> None:
    (stay,) = stays(told("in 0, out 2.51"), ended_at=None)

    assert 150 == stay.seconds(at(500))


def test_a_room_that_is_finished_is_finished_for_everybody() -> None:
    found = stays([*told("in 0"), *told("in 1, out 2", EVA), *told("finish 60")], ended_at=None)

    assert [(BEA, at(0), at(60)), (EVA, at(1), at(2))] == [(s.user_id, s.joined_at, s.left_at) for s in found]


def test_what_is_about_nobody_makes_no_stay() -> None:
    recorder = make_room_event(SESSION, user_id=None)
    started = make_room_event(SESSION, kind=STARTED, user_id=BEA)

    assert () == stays([recorder, started], ended_at=None)


MINUTES = st.integers(0, 240).map(lambda half: half / 2)
EVENTS = st.lists(
    st.builds(
        lambda minute, kind, user: make_room_event(
            SESSION,
            kind=kind,
            user_id=user if kind in (JOINED, LEFT) else None,
            occurred_at=at(minute),
        ),
        MINUTES,
        st.sampled_from(RoomEventKind),
        st.sampled_from([BEA, EVA]),
    ),
    max_size=12,
)
ENDS = st.none() | MINUTES.map(at)


@given(events=EVENTS, data=st.data(), ended_at=ENDS)
def test_order_and_repetition_change_nothing(
    events: list[RoomEvent], data: st.DataObject, ended_at: datetime | None
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=5)) if events else []
    shuffled = data.draw(st.permutations([*events, *again]))

    assert stays(events, ended_at=ended_at) == stays(shuffled, ended_at=ended_at)


@given(events=EVENTS, data=st.data())
def test_lost_events_never_make_somebody_present(events: list[RoomEvent], data: st.DataObject) -> None:
    kept = [event for event in events if data.draw(st.booleans())]

    present = {stay.user_id for stay in stays(kept, ended_at=None)}

    assert {event.user_id for event in kept if event.user_id is not None} == present


@given(events=EVENTS, ended_at=ENDS)
def test_each_users_stays_are_apart_and_in_order(events: list[RoomEvent], ended_at: datetime | None) -> None:
    found = stays(events, ended_at=ended_at)

    assert sorted(found, key=lambda stay: (stay.joined_at, stay.user_id)) == list(found)
    for user in (BEA, EVA):
        own = [stay for stay in found if stay.user_id == user]
        for before, after in pairwise(own):
            assert before.left_at is not None
            assert timedelta(minutes=1) <= after.joined_at - before.left_at
        assert all(stay.left_at is None or stay.joined_at <= stay.left_at for stay in own)
        assert ended_at is None or all(stay.left_at is not None for stay in own)


@given(events=EVENTS)
def test_what_one_did_is_nothing_to_another(events: list[RoomEvent]) -> None:
    without_eva = [event for event in events if event.user_id != EVA]

    bea = [stay for stay in stays(events, ended_at=None) if stay.user_id == BEA]

    assert list(stays(without_eva, ended_at=None)) == bea
