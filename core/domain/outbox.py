"""The rules of the outbox: what is planned once, when it is tried again, and when a person has to look.

An event or a dispatch is worked on under a claim that expires. Every move carries the next
version, so a worker that was paused beyond its claim changes nothing.
Source: reliability.md, 4.7 and F23 to F26.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import evolve

from core.domain.changes import Changes
from core.domain.dispatches import Dispatch, Dropped, Failed, Lease, Notice, SendOutcome, Sent
from core.domain.events import Event
from core.domain.ids import DispatchId, IdSource
from core.domain.statuses import DispatchStatus, transition

MAX_ATTEMPTS: Final = 10
"""How often something is tried before it is parked, unless a deployment says otherwise."""

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=6)
LONGEST_WISH: Final = timedelta(hours=24)
"""The most that a recipient may put us off for."""

ERROR_LENGTH: Final = 500


def pause(key: UUID, attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 30 s, doubled each time, 6 h at most.

    Up to a quarter of it is taken off, the same for one id and different from id to id, so that
    what failed together is not tried again together.
    """
    whole = min(FIRST_PAUSE * (1 << min(attempts - 1, 20)), LONGEST_PAUSE)
    taken_off = whole * (key.int % 256) // 1024
    return whole - timedelta(milliseconds=taken_off // timedelta(milliseconds=1))


def planned(event: Event, notices: Iterable[Notice], *, now: datetime, new_id: IdSource) -> Changes:
    """The dispatches of a claimed event and its publication, in one unit of work.

    Of several notices to one recipient of one channel the first stands.
    """
    wanted: dict[tuple[str, str], Notice] = {}
    for notice in notices:
        wanted.setdefault((notice.channel, notice.recipient), notice)
    return Changes(
        inserts=tuple(_dispatch(event, notice, now=now, new_id=new_id) for notice in wanted.values()),
        updates=(
            evolve(
                event,
                published_at=now,
                attempts=event.attempts + 1,
                claimed_by=None,
                claimed_until=None,
                version=event.version + 1,
            ),
        ),
    )


def not_planned(event: Event, error: str, *, now: datetime, max_attempts: int = MAX_ATTEMPTS) -> Event:
    """A claimed event after a consumer failed: tried again later, or parked after `max_attempts`."""
    attempts = event.attempts + 1
    is_over = attempts >= max_attempts
    return evolve(
        event,
        attempts=attempts,
        next_attempt_at=now + pause(event.id, attempts),
        claimed_by=None,
        claimed_until=None,
        parked_at=now if is_over else None,
        last_error=shortened(error),
        version=event.version + 1,
    )


def settled(
    dispatch: Dispatch, outcome: SendOutcome, *, now: datetime, max_attempts: int = MAX_ATTEMPTS
) -> Dispatch:
    """A claimed dispatch after an attempt to send it."""
    if isinstance(outcome, Sent):
        return sent(dispatch, now=now)
    if isinstance(outcome, Failed):
        return failed(dispatch, outcome, now=now, max_attempts=max_attempts)
    return dropped(dispatch, outcome)


def sent(dispatch: Dispatch, *, now: datetime) -> Dispatch:
    """The message was taken."""
    return evolve(_moved(dispatch, "send"), sent_at=now, last_error=None)


def dropped(dispatch: Dispatch, outcome: Dropped) -> Dispatch:
    """Nobody wants the message any more."""
    return evolve(_moved(dispatch, "drop"), last_error=shortened(outcome.reason))


def failed(
    dispatch: Dispatch, outcome: Failed, *, now: datetime, max_attempts: int = MAX_ATTEMPTS
) -> Dispatch:
    """Tried again later; parked if that cannot help, or after `max_attempts`.

    The pause grows with the attempts, and is no shorter than the recipient wishes, within a day.
    """
    attempts = dispatch.attempts + 1
    if outcome.permanent or attempts >= max_attempts:
        return evolve(_moved(dispatch, "park"), parked_at=now, last_error=shortened(outcome.reason))
    wish = min(timedelta(seconds=outcome.retry_after or 0), LONGEST_WISH)
    return evolve(
        dispatch,
        attempts=attempts,
        next_attempt_at=now + max(pause(dispatch.id, attempts), wish),
        claimed_by=None,
        claimed_until=None,
        last_error=shortened(outcome.reason),
        version=dispatch.version + 1,
    )


def retried_event(event: Event, *, now: datetime) -> Event:
    """A parked event, due at once and with all its attempts before it; any other stays as it is."""
    if event.parked_at is None:
        return event
    return evolve(event, attempts=0, next_attempt_at=now, parked_at=None, version=event.version + 1)


def retried(dispatch: Dispatch, *, now: datetime) -> Dispatch:
    """A parked dispatch, due at once and with all its attempts before it; any other stays as it is."""
    if dispatch.status is not DispatchStatus.PARKED:
        return dispatch
    return evolve(
        dispatch,
        status=transition(dispatch.status, "retry"),
        attempts=0,
        next_attempt_at=now,
        parked_at=None,
        version=dispatch.version + 1,
    )


def redelivered(dispatch: Dispatch, *, now: datetime) -> Dispatch:
    """A parked or sent dispatch, due at once and with all its attempts before it.

    One that waits stays as it is; a dropped one raises IllegalTransition.
    """
    if dispatch.status is DispatchStatus.WAITING:
        return dispatch
    return evolve(
        dispatch,
        status=transition(dispatch.status, "redeliver"),
        attempts=0,
        next_attempt_at=now,
        parked_at=None,
        sent_at=None,
        version=dispatch.version + 1,
    )


def is_due(item: Event | Dispatch, now: datetime) -> bool:
    """Whether a worker may take it now."""
    is_free = item.claimed_until is None or item.claimed_until <= now
    return is_waiting(item) and item.next_attempt_at <= now and is_free


def is_waiting(item: Event | Dispatch) -> bool:
    """Whether it is still to be done, sooner or later."""
    if isinstance(item, Event):
        return item.published_at is None and item.parked_at is None
    return item.status is DispatchStatus.WAITING


def claimed_event(event: Event, lease: Lease) -> Event:
    """The event as whoever takes it holds it."""
    return evolve(event, claimed_by=lease.id, claimed_until=lease.until, version=event.version + 1)


def claimed_dispatch(dispatch: Dispatch, lease: Lease) -> Dispatch:
    """The dispatch as whoever takes it holds it."""
    return evolve(dispatch, claimed_by=lease.id, claimed_until=lease.until, version=dispatch.version + 1)


def shortened(error: str) -> str:
    """An error's text as it is kept: without NUL, which databases refuse, and not endless."""
    return error.replace("\x00", "")[:ERROR_LENGTH]


def _dispatch(event: Event, notice: Notice, *, now: datetime, new_id: IdSource) -> Dispatch:
    return Dispatch(
        id=DispatchId(new_id()),
        event_id=event.id,
        event_type=event.type.value,
        channel=notice.channel,
        recipient=notice.recipient,
        subject_id=event.subject_id,
        payload=notice.payload,
        status=DispatchStatus.WAITING,
        next_attempt_at=now,
        created_at=now,
    )


def _moved(dispatch: Dispatch, move: str) -> Dispatch:
    """The dispatch after one more attempt, nobody's any more."""
    return evolve(
        dispatch,
        status=transition(dispatch.status, move),
        attempts=dispatch.attempts + 1,
        claimed_by=None,
        claimed_until=None,
        version=dispatch.version + 1,
    )
