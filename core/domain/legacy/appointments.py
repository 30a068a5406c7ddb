"""Practitioners who were double-booked: who keeps the time.

The old system let one-to-one sessions of a practitioner overlap, which no store here accepts. Whoever
begins first keeps the time; of two at once, the one with the lower id. The other one stays paid and
becomes unscheduled, for somebody to find a time with its customer.
Source: domain.md, invariant 7.
"""

from datetime import datetime, timedelta

from core.domain.legacy.rows import Appointment

DEFAULT_MINUTES = 60
"""How long a session is that nothing tells the length of."""


class Diary:
    """Sees appointments by practitioner and start, and remembers those whose time is taken."""

    def __init__(self) -> None:
        self.sessions: set[int] = set()
        self.bookings: set[int] = set()
        self._practitioner: int | None = None
        self._busy_until: datetime | None = None

    def note(self, appointment: Appointment) -> None:
        """The next appointment."""
        if appointment.practitioner_id != self._practitioner:
            self._practitioner = appointment.practitioner_id
            self._busy_until = None
        if self._busy_until is not None and appointment.start_time < self._busy_until:
            self._give_up(appointment)
        else:
            self._busy_until = end_of(appointment)

    def _give_up(self, appointment: Appointment) -> None:
        if appointment.session_id is not None:
            self.sessions.add(appointment.session_id)
        if appointment.booking_id is not None:
            self.bookings.add(appointment.booking_id)


def end_of(appointment: Appointment) -> datetime:
    """When it ends."""
    return ending(appointment.start_time, appointment.end_time, appointment.duration_minutes)


def ending(start_time: datetime, end_time: datetime | None, duration_minutes: int | None) -> datetime:
    """When something ends that may not say so, or says nonsense: after its service's length then."""
    if end_time is not None and end_time > start_time:
        return end_time
    return start_time + timedelta(minutes=duration_minutes or DEFAULT_MINUTES)
