"""What a gateway's webhooks tell: kept once, and applied by asking the gateway for the truth.

A notice is a hint. It may be doubled, late, out of order or about somebody else's objects, so it only says
where to look; what happened is read from the gateway by our own ids.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from attrs import evolve, field, frozen

from core.domain.ids import InboxId
from core.domain.statuses import InboxStatus, transition
from core.domain.time import instant, optional_instant

NAMES: Final = UUID("6b1a4c1e-4d0f-5d0a-9a53-0d5a0f7b8c11")
"""The space in which a provider's event ids are names."""

MOST_TRIES: Final = 10
"""A notice that could not be applied so often is parked."""

FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(hours=1)


class Subject(StrEnum):
    """What of ours a notice is about; the last is nothing of ours.

    A dispute is the gateway's own: its object says which payment it is about. So is an account: it is
    known by the practitioners who named it.
    """

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    DISPUTE = "dispute"
    ACCOUNT = "account"
    OTHER = "other"


@frozen(kw_only=True)
class Notice:
    """What a webhook told, once its signature was proved. `subject_id` is the id of ours that it names.

    `parked` and `ignored` are reasons not to apply it; at most one of them is given.
    """

    provider: str
    event_id: str
    event_type: str
    object_id: str | None = None
    subject: Subject = Subject.OTHER
    subject_id: UUID | None = None
    parked: str | None = None
    ignored: str | None = None


@frozen(kw_only=True)
class InboxItem:
    """A notice as it is kept: once per provider and event, which together make its `id`.

    `next_try_at` is None once it is through. `reason` says why it is parked or ignored, or why its last
    try came to nothing.
    """

    id: InboxId
    provider: str
    event_id: str
    event_type: str
    object_id: str | None
    subject: Subject
    subject_id: UUID | None
    status: InboxStatus = InboxStatus.WAITING
    tries: int = 0
    reason: str | None = None
    received_at: datetime = field(converter=instant)
    next_try_at: datetime | None = field(default=None, converter=optional_instant)
    version: int = 1


def inbox_id(provider: str, event_id: str) -> InboxId:
    """The id of a provider's event: the same whenever and wherever it is told."""
    return InboxId(uuid5(NAMES, f"{provider}:{event_id}"))


def received(notice: Notice, *, now: datetime) -> InboxItem:
    """The item of a notice: to be applied now, unless it says why not."""
    status = InboxStatus.WAITING
    if notice.parked is not None:
        status = InboxStatus.PARKED
    elif notice.ignored is not None:
        status = InboxStatus.IGNORED
    return InboxItem(
        id=inbox_id(notice.provider, notice.event_id),
        provider=notice.provider,
        event_id=notice.event_id,
        event_type=notice.event_type,
        object_id=notice.object_id,
        subject=notice.subject,
        subject_id=notice.subject_id,
        status=status,
        reason=notice.parked or notice.ignored,
        received_at=now,
        next_try_at=now if status is InboxStatus.WAITING else None,
    )


def applied(item: InboxItem) -> InboxItem:
    """The item, done."""
    return _through(item, "apply", None)


def parked(item: InboxItem, reason: str) -> InboxItem:
    """The item, left for somebody to look at."""
    return _through(item, "park", reason)


def retried(item: InboxItem, *, now: datetime) -> InboxItem:
    """A parked item, due at once, with all its tries to come again."""
    return evolve(
        item,
        status=transition(item.status, "retry"),
        tries=0,
        reason=None,
        next_try_at=now,
        version=item.version + 1,
    )


def put_off(item: InboxItem, reason: str, *, now: datetime) -> InboxItem:
    """The item after a try that came to nothing: to be tried again later and later, at last parked."""
    tries = item.tries + 1
    if tries >= MOST_TRIES:
        return parked(item, reason)
    wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    return evolve(item, tries=tries, reason=reason, next_try_at=now + wait, version=item.version + 1)


def _through(item: InboxItem, move: str, reason: str | None) -> InboxItem:
    return evolve(
        item,
        status=transition(item.status, move),
        tries=item.tries + 1,
        reason=reason,
        next_try_at=None,
        version=item.version + 1,
    )
