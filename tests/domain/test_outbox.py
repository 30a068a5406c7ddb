"""The outbox's rules: planned once, tried again ever later, parked when it is no use."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.testing.journal import make_dispatch, make_event, make_lease
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Dropped, Failed, Notice, Sent
from core.domain.errors import IllegalTransition
from core.domain.events import EventType
from core.domain.outbox import (
    ERROR_LENGTH,
    LONGEST_PAUSE,
    LONGEST_WISH,
    MAX_ATTEMPTS,
    claimed_dispatch,
    claimed_event,
    is_due,
    not_planned,
    pause,
    planned,
    retried,
    retried_event,
    settled,
)
from core.domain.statuses import DispatchStatus
from tests.builders import NOW, SequentialIds

HALF_MINUTE = timedelta(seconds=30)
TICK = timedelta(milliseconds=1)
ids = st.uuids()
EVEN = UUID(int=0)
"""An id that takes nothing off the pause."""


def held() -> Dispatch:
    """A dispatch that a worker has claimed."""
    return claimed_dispatch(make_dispatch(), make_lease())


def after_failures(count: int, *, permanent: bool = False) -> Dispatch:
    """A dispatch that was claimed and failed so many times."""
    one = make_dispatch()
    for _ in range(count):
        one = settled(claimed_dispatch(one, make_lease()), Failed(reason="no", permanent=permanent), now=NOW)
    return one


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 32), (8, 64), (9, 128), (10, 256), (11, 360)],
)
def test_the_pause_doubles_up_to_six_hours(attempts: int, minutes: float) -> None:
    assert timedelta(minutes=minutes) == pause(EVEN, attempts)


@given(ids, st.integers(1, 10_000))
def test_the_pause_is_within_a_quarter_of_its_whole(key: UUID, attempts: int) -> None:
    whole = pause(EVEN, attempts)

    assert whole * 3 / 4 <= pause(key, attempts) <= whole <= LONGEST_PAUSE


@given(ids, st.integers(1, 100))
def test_the_pause_is_the_same_at_each_asking_and_never_shrinks(key: UUID, attempts: int) -> None:
    assert pause(key, attempts) == pause(key, attempts) <= pause(key, attempts + 1)


def test_pauses_differ_from_id_to_id() -> None:
    assert 256 == len({pause(UUID(int=number), 1) for number in range(256)})


def test_a_plan_publishes_the_event_and_sends_each_recipient_one_message_a_channel() -> None:
    event = claimed_event(make_event(), make_lease())
    notices = [
        Notice(channel=Channel.MAIL, recipient="ana", payload={"first": 1}),
        Notice(channel=Channel.MAIL, recipient="ana", payload={"second": 2}),
        Notice(channel=Channel.WEBHOOK, recipient="ana"),
        Notice(channel=Channel.MAIL, recipient="eva"),
    ]

    changes = planned(event, notices, now=NOW, new_id=SequentialIds())

    (after,) = changes.updates
    made = [row for row in changes.inserts if isinstance(row, Dispatch)]
    assert (NOW, None, None, 3) == (
        getattr(after, "published_at", None),
        getattr(after, "claimed_by", 0),
        getattr(after, "claimed_until", 0),
        after.version,
    )
    assert [("mail", "ana", {"first": 1}), ("webhook", "ana", {}), ("mail", "eva", {})] == [
        (one.channel, one.recipient, one.payload) for one in made
    ]
    assert {(event.id, EventType.ORDER_PAID, event.subject_id, DispatchStatus.WAITING, NOW)} == {
        (one.event_id, one.event_type, one.subject_id, one.status, one.next_attempt_at) for one in made
    }


def test_nothing_to_tell_is_a_publication_alone() -> None:
    changes = planned(claimed_event(make_event(), make_lease()), (), now=NOW, new_id=SequentialIds())

    assert Changes(updates=changes.updates) == changes


def test_an_event_that_cannot_be_planned_is_put_off_and_parked_at_last() -> None:
    event = make_event()
    waits = []
    for _ in range(MAX_ATTEMPTS - 1):
        event = not_planned(claimed_event(event, make_lease()), "it broke", now=NOW)
        assert (None, None, "it broke") == (event.parked_at, event.claimed_by, event.last_error)
        waits.append(event.next_attempt_at - NOW)
    event = not_planned(claimed_event(event, make_lease()), "it broke", now=NOW)

    assert sorted(waits) == waits
    assert (NOW, MAX_ATTEMPTS, 1 + 2 * MAX_ATTEMPTS) == (event.parked_at, event.attempts, event.version)
    assert not is_due(event, NOW + LONGEST_PAUSE)


def test_a_message_that_is_taken_is_sent() -> None:
    one = settled(after_failures(1), Sent(), now=NOW + TICK)

    assert (DispatchStatus.SENT, NOW + TICK, 2, None, None) == (
        one.status,
        one.sent_at,
        one.attempts,
        one.last_error,
        one.claimed_until,
    )


def test_a_message_that_nobody_wants_is_dropped() -> None:
    one = settled(held(), Dropped(reason="unsubscribed"), now=NOW)

    assert (DispatchStatus.DROPPED, "unsubscribed", None) == (one.status, one.last_error, one.sent_at)


def test_a_failed_message_is_due_again_when_its_pause_is_over() -> None:
    one = after_failures(1)
    due = NOW + pause(one.id, 1)

    assert (DispatchStatus.WAITING, 1, due, "no") == (
        one.status,
        one.attempts,
        one.next_attempt_at,
        one.last_error,
    )
    assert [False, True] == [is_due(one, due - TICK), is_due(one, due)]


def test_a_message_is_parked_after_ten_attempts_and_no_earlier() -> None:
    assert DispatchStatus.WAITING is after_failures(MAX_ATTEMPTS - 1).status
    parked = after_failures(MAX_ATTEMPTS)

    assert (DispatchStatus.PARKED, NOW, 10) == (parked.status, parked.parked_at, parked.attempts)
    assert not is_due(parked, NOW + LONGEST_PAUSE)


def test_a_permanent_failure_is_parked_at_once() -> None:
    parked = after_failures(1, permanent=True)

    assert (DispatchStatus.PARKED, 1) == (parked.status, parked.attempts)


@pytest.mark.parametrize(
    ("wish", "wait"),
    [
        (None, HALF_MINUTE),
        (0, HALF_MINUTE),
        (1, HALF_MINUTE),
        (3600, timedelta(hours=1)),
        (10**9, LONGEST_WISH),
        (-5, HALF_MINUTE),
    ],
)
def test_a_recipient_may_put_us_off_within_a_day(wish: int | None, wait: timedelta) -> None:
    one = settled(make_dispatch(id=EVEN), Failed(reason="busy", retry_after=wish), now=NOW)

    assert wait == one.next_attempt_at - NOW


def test_a_parked_item_that_is_retried_has_all_its_attempts_before_it() -> None:
    one = retried(after_failures(MAX_ATTEMPTS), now=NOW + TICK)
    event = retried_event(make_event(parked_at=NOW, attempts=10), now=NOW + TICK)

    for item in (one, event):
        assert (0, NOW + TICK, None) == (item.attempts, item.next_attempt_at, item.parked_at)
        assert is_due(item, NOW + TICK)


def test_what_is_not_parked_is_left_as_it_is() -> None:
    waiting, event, sent = make_dispatch(), make_event(), settled(held(), Sent(), now=NOW)

    assert waiting is retried(waiting, now=NOW)
    assert sent is retried(sent, now=NOW)
    assert event is retried_event(event, now=NOW)


def test_a_sent_message_cannot_fail_any_more() -> None:
    with pytest.raises(IllegalTransition):
        settled(settled(held(), Sent(), now=NOW), Failed(reason="no", permanent=True), now=NOW)


def test_an_error_is_kept_short_and_without_what_databases_refuse() -> None:
    one = settled(held(), Failed(reason="\x00" + "x" * 2 * ERROR_LENGTH), now=NOW)

    assert "x" * ERROR_LENGTH == one.last_error


def test_a_claim_keeps_others_away_until_it_expires() -> None:
    lease = make_lease()
    for item in (claimed_event(make_event(), lease), claimed_dispatch(make_dispatch(), lease)):
        assert [False, True] == [is_due(item, lease.until - TICK), is_due(item, lease.until)]
        assert (lease.id, 2) == (item.claimed_by, item.version)


def test_an_event_is_due_from_when_it_happened() -> None:
    assert NOW + TICK == make_event(occurred_at=NOW + TICK).next_attempt_at
