"""Places in the lines for full sessions as clients read them."""

from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from adapters.http.views.seats import SlotView, slot_view
from core.domain.statuses import WaitlistStatus
from core.domain.waitlist import WaitlistEntry
from ports.queries import Place


class WaitlistEntryView(Struct, frozen=True, kw_only=True):
    """A place in a session's line. While it is `offered`, a seat is held until `offer_expires_at`."""

    id: UUID
    session_id: UUID
    service_id: UUID
    user_id: UUID
    status: WaitlistStatus
    offer_expires_at: Instant | None
    created_at: Instant
    updated_at: Instant


class LinePage(Struct, frozen=True):
    """The line: who waits longest first."""

    items: list[WaitlistEntryView]
    next_cursor: str | None


class PlaceView(Struct, frozen=True, kw_only=True):
    """A customer's own place. `position` counts from 1 among those who wait, and is null for others."""

    id: UUID
    session_id: UUID
    service_id: UUID
    status: WaitlistStatus
    position: int | None
    offer_expires_at: Instant | None
    service_session: SlotView
    created_at: Instant
    updated_at: Instant


class PlacePage(Struct, frozen=True):
    """Places, newest first."""

    items: list[PlaceView]
    next_cursor: str | None


def waitlist_entry_view(entry: WaitlistEntry) -> WaitlistEntryView:
    """The entry as its owner and the session's practitioner see it."""
    return WaitlistEntryView(
        id=entry.id,
        session_id=entry.session_id,
        service_id=entry.service_id,
        user_id=entry.user_id,
        status=entry.status,
        offer_expires_at=entry.offer_expires_at,
        created_at=entry.created_at,
        updated_at=entry.updated_at,
    )


def place_view(place: Place) -> PlaceView:
    """The place with its session's times."""
    entry = place.entry
    return PlaceView(
        id=entry.id,
        session_id=entry.session_id,
        service_id=entry.service_id,
        status=entry.status,
        position=place.position,
        offer_expires_at=entry.offer_expires_at,
        service_session=slot_view(place.session),
        created_at=entry.created_at,
        updated_at=entry.updated_at,
    )
