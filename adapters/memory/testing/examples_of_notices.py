"""What a webhook told, with every field filled."""

from attrs import evolve

from adapters.memory.testing.example import LATER, TEXT, Example
from adapters.memory.testing.ids import NOW, new_id
from core.domain.inbox import InboxItem, Subject, inbox_id
from core.domain.statuses import InboxStatus


def inbox() -> Example:
    """An event that is parked in the end."""
    first = InboxItem(
        id=inbox_id("stripe", TEXT),
        provider="stripe",
        event_id=TEXT,
        event_type="payment_intent.succeeded",
        object_id=TEXT,
        subject=Subject.PAYMENT,
        subject_id=new_id(),
        reason="no answer",
        received_at=NOW,
        next_try_at=NOW,
    )
    second = evolve(
        first,
        object_id="pi_1",
        subject=Subject.OTHER,
        subject_id=None,
        status=InboxStatus.PARKED,
        tries=2**31,
        reason=TEXT,
        received_at=LATER,
        next_try_at=LATER,
        version=2,
    )
    return Example(first=first, second=second)
