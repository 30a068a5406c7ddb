"""A contact as its owner reads it."""

from uuid import UUID

from msgspec import Struct

from adapters.http.fields import Instant
from core.domain.notifications import Contact, OptionalKind


class NotificationsView(Struct, frozen=True, kw_only=True):
    """Which messages are wanted, of those that can be turned off."""

    session_reminder: bool
    review_request: bool
    package_expiring: bool
    earnings_released: bool
    seat_booked: bool
    seat_moved: bool
    seat_canceled: bool


class ContactView(Struct, frozen=True, kw_only=True):
    """Where the caller is reached."""

    user_id: UUID
    email: str
    display_name: str | None
    timezone: str
    notifications: NotificationsView
    updated_at: Instant


def contact_view(contact: Contact) -> ContactView:
    """The contact with every choice spelled out."""
    wanted = {kind.value: kind not in contact.unwanted for kind in OptionalKind}
    return ContactView(
        user_id=contact.user_id,
        email=contact.email,
        display_name=contact.display_name,
        timezone=contact.timezone,
        notifications=NotificationsView(**wanted),
        updated_at=contact.updated_at,
    )
