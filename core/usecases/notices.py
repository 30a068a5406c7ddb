"""What a planned mail is made of."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.domain.bookings import Seat
from core.domain.dispatches import Channel, Notice
from core.domain.events import Event, plain
from core.domain.notifications import NotificationKind
from ports.store import Store

Fact = UUID | datetime | str | int | None
Notices = Sequence[Notice]
Planner = Callable[[Event, Store], Awaitable[Notices]]

NOTIFICATION: Final = "notification"
"""The field of the payload that says which template it is."""

UNTIL: Final = "until"
"""The field of the payload that says from when on it is no longer worth sending."""


def notice(kind: NotificationKind, user_id: str, **facts: Fact) -> Notice:
    """A mail of the kind to somebody, with the facts that its template needs."""
    payload = {name: plain(fact) for name, fact in facts.items()}
    return Notice(channel=Channel.MAIL, recipient=user_id, payload={NOTIFICATION: kind.value, **payload})


def seat_facts(seat: Seat) -> dict[str, Fact]:
    """What is told of every seat."""
    return {
        "booking_id": seat.booking.id,
        "service_name": seat.booking.service_name_snapshot,
        "practitioner_name": seat.booking.practitioner_name_snapshot,
        "start_time": seat.session.start_time,
        "end_time": seat.session.end_time,
    }
