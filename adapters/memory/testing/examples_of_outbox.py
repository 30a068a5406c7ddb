"""Examples of what is told to the outside."""

from attrs import evolve

from adapters.memory.testing.example import LATER, TEXT, Example
from adapters.memory.testing.ids import LARGEST, NOW, new_id
from adapters.memory.testing.journal import make_dispatch, make_event
from core.domain.dispatches import Channel
from core.domain.statuses import DispatchStatus


def event() -> Example:
    """An event that somebody works on, and that a consumer cannot make sense of."""
    first = make_event(
        payload={"text": TEXT, "amount_cents": LARGEST, "nothing": None},
        attempts=3,
        next_attempt_at=LATER,
        claimed_by=new_id(),
        claimed_until=LATER,
        last_error=TEXT,
    )
    second = evolve(first, attempts=10, claimed_by=None, claimed_until=None, parked_at=LATER, version=2)
    return Example(first=first, second=second)


def dispatch() -> Example:
    """A message that failed before and is sent in the end."""
    first = make_dispatch(
        channel=Channel.WEBHOOK,
        recipient="Zoë <zoe@example.org>",
        payload={"text": TEXT, "amount_cents": -LARGEST, "nothing": None},
        attempts=3,
        next_attempt_at=LATER,
        claimed_by=new_id(),
        claimed_until=LATER,
        parked_at=NOW,
        last_error=TEXT,
    )
    second = evolve(
        first,
        status=DispatchStatus.SENT,
        attempts=4,
        claimed_by=None,
        claimed_until=None,
        parked_at=None,
        last_error=None,
        sent_at=LATER,
        version=2,
    )
    return Example(first=first, second=second)
