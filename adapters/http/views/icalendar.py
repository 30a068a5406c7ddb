"""A calendar as an iCalendar file (RFC 5545), for programs that subscribe to it.

Times are by the practitioner's wall clock, with their zone as a VTIMEZONE: what one sees is what one
meant, also where clocks are changed between now and then. An instant whose wall time comes twice means
the first one by RFC 5545, so the second stands in UTC.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import STATUS, TRANSP, Calendar, Event

from adapters.http.views.vtimezone import vtimezone
from core.domain.calendar import CalendarItem
from core.domain.catalogue import Practitioner
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
    zone = ZoneInfo(zone_of(feed.practitioner))
    calendar = Calendar.new(
        prodid=PRODUCT,
        method="PUBLISH",
        name=f"{_one_line(feed.practitioner.display_name)}: sessions",
        uid=str(feed.practitioner.id),
        subcomponents=[_event(item, feed, zone) for item in feed.items],
    )
    # The library leaves out the type, which the property must name (RFC 7986, 5.7).
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-WR-TIMEZONE", zone.key)
    if zone.key in calendar.get_used_tzids():
        years = [at.astimezone(zone).year for item in feed.items for at in (item.start_time, item.end_time)]
        # Readers expect a zone before the events that are in it.
        calendar.subcomponents.insert(0, vtimezone(zone.key, min(years), max(years)))
    file: bytes = calendar.to_ical()
    return file


def zone_of(practitioner: Practitioner) -> str:
    """The zone that a practitioner lives by: that of their hours, else that of their profile."""
    availability = practitioner.availability
    return practitioner.timezone if availability is None else availability.timezone


def _event(item: CalendarItem, feed: Feed, zone: ZoneInfo) -> Event:
    """One session. Its UID is the session's for ever; SEQUENCE is its version, which every change raises."""
    canceled = item.status is SessionStatus.CANCELED
    return Event.new(
        uid=str(item.service_session_id),
        sequence=item.version,
        stamp=feed.at,
        start=_shown(item.start_time, zone),
        end=_shown(item.end_time, zone),
        summary=_one_line(item.title),
        description=f"{len(item.attendees)} of {item.max_participants} seats taken",
        status=STATUSES[item.status],
        transparency=TRANSP.TRANSPARENT if canceled else TRANSP.OPAQUE,
    )


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    """The instant by the zone's wall clock, or in UTC where that clock shows it for the second time."""
    local = at.astimezone(zone)
    return at.astimezone(UTC) if local.fold else local


def _one_line(text: str) -> str:
    """The text without breaks and control characters, which some readers take for new properties."""
    return "".join(character if character.isprintable() else " " for character in text)
