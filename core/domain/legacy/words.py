"""The old system's words for its statuses and types, and what they are now. Unknown words are quarantined."""

from typing import Final

SEATED: Final = ("confirmed", "scheduled", "in_progress", "completed", "no_show")
"""Bookings that took a seat."""

BUSY_BOOKINGS: Final = ("confirmed", "scheduled", "in_progress")
"""Bookings whose time is still to be kept, or was never closed."""

BUSY_SESSIONS: Final = ("scheduled", "in_progress")
"""Sessions whose time is still to be kept, or was never closed."""

COMPLETED: Final = ("completed", "no_show")
"""Bookings that were delivered."""

CANCELED: Final = ("cancelled", "canceled")
"""Both spellings are found, on bookings, orders and sessions."""

INDIVIDUAL: Final = "session"
"""The service type whose sessions keep a practitioner busy."""
