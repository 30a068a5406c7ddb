"""Messages to somebody outside: what has to be sent because of an event, through which channel."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import field, frozen

from core.domain.ids import DispatchId, EventId
from core.domain.statuses import DispatchStatus
from core.domain.time import instant, optional_instant

Payload = Mapping[str, str | int | None]
"""Plain JSON values, as events have them."""


class Channel(StrEnum):
    """Who takes a message. Each has a sender of its own, and messages of one never hold up another's."""

    MAIL = "mail"
    WEBHOOK = "webhook"


@frozen(kw_only=True)
class Notice:
    """What a consumer wants told to one recipient: a user's id, or a subscription's, as text.

    `payload` is all that the channel's sender needs to know beside the event's id and type.
    """

    channel: Channel
    recipient: str
    payload: Payload = field(factory=dict)


@frozen(kw_only=True)
class Dispatch:
    """One notice on its way, unique by event, channel and recipient.

    Its id is the same at every attempt, so a recipient can tell a repetition by it. It is due
    from `next_attempt_at` on; `attempts` counts those that ended, well or not, since it was last
    retried by hand. `claimed_by` is the claim of the worker that holds it, until `claimed_until`.
    """

    id: DispatchId
    event_id: EventId
    event_type: str
    channel: Channel
    recipient: str
    subject_id: UUID
    payload: Payload
    status: DispatchStatus
    attempts: int = 0
    next_attempt_at: datetime = field(converter=instant)
    claimed_by: UUID | None = None
    claimed_until: datetime | None = field(default=None, converter=optional_instant)
    parked_at: datetime | None = field(default=None, converter=optional_instant)
    last_error: str | None = None
    created_at: datetime = field(converter=instant)
    sent_at: datetime | None = field(default=None, converter=optional_instant)
    version: int = 1


@frozen(kw_only=True)
class Sent:
    """The message was taken."""


@frozen(kw_only=True)
class Failed:
    """The message was not taken, as far as is known. `permanent`: no repetition can help.

    `retry_after` is the least time that whoever takes it wants to be left alone for, in seconds.
    """

    reason: str
    permanent: bool = False
    retry_after: int | None = None


@frozen(kw_only=True)
class Dropped:
    """There is nobody to send it to any more, and that is no fault."""

    reason: str


SendOutcome = Sent | Failed | Dropped


@frozen(kw_only=True)
class Lease:
    """A worker's hold on what it takes at `at`: nobody else takes it before `until`.

    `id` is of this one taking, not of the worker.
    """

    id: UUID
    at: datetime = field(converter=instant)
    until: datetime = field(converter=instant)
