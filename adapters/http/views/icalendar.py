"""A calendar as an iCalendar file (RFC 5545), for programs that subscribe to it.

Times are in UTC. Every program shows them in its own user's zone, which is right across changes of
the clock without a VTIMEZONE: no event repeats, so that none is computed from wall time. The
practitioner's zone is only named (X-WR-TIMEZONE), for programs that ask which one to show.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from icalendar import STATUS, TRANSP, Calendar, Event

from core.domain.calendar import CalendarItem
from core.domain.statuses import SessionStatus
from core.usecases.calendar import Feed

PRODUCT: Final = "-//Estuary//Estuary//EN"
REFRESH: Final = timedelta(minutes=15)

STATUSES: Final[Mapping[SessionStatus, STATUS]] = {
    SessionStatus.DRAFT: STATUS.TENTATIVE,
    SessionStatus.SCHEDULED: STATUS.CONFIRMED,
    SessionStatus.IN_PROGRESS: STATUS.CONFIRMED,
    SessionStatus.COMPLETED: STATUS.CONFIRMED,
    SessionStatus.CANCELED: STATUS.CANCELLED,
}


def icalendar(feed: Feed) -> bytes:
    """The file. It names no customer: it lies on other people's servers."""
    calendar = Calendar.new(
        prodid=PRODUCT,
        method="PUBLISH",
        name=f"{_one_line(feed.practitioner.display_name)}: sessions",
        uid=str(feed.practitioner.id),
        subcomponents=[_event(item, feed) for item in feed.items],
    )
    # The library leaves out the type, which the property must name (RFC 7986, 5.7).
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-WR-TIMEZONE", feed.practitioner.timezone)
    file: bytes = calendar.to_ical()
    return file


def _event(item: CalendarItem, feed: Feed) -> Event:
    """One session. Its UID is the session's for ever; SEQUENCE is its version, which every change raises."""
    canceled = item.status is SessionStatus.CANCELED
    return Event.new(
        uid=str(item.service_session_id),
        sequence=item.version,
        stamp=feed.at,
        start=item.start_time,
        end=item.end_time,
        summary=_one_line(item.title),
        description=f"{len(item.attendees)} of {item.max_participants} seats taken",
        status=STATUSES[item.status],
        transparency=TRANSP.TRANSPARENT if canceled else TRANSP.OPAQUE,
    )


def _one_line(text: str) -> str:
    """The text without breaks and control characters, which some readers take for new properties."""
    return "".join(character if character.isprintable() else " " for character in text)
