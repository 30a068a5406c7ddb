"""What happens in the video rooms, and what of it the room service tells: too late, twice, or never."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.domain.actors import Actor
from core.domain.calendar import CalendarItem
from core.domain.ids import UserId
from core.domain.presence import RoomEventKind
from core.domain.sessions import ServiceSession
from core.usecases.call_off import cancel_session
from core.usecases.deliver import complete_session
from core.usecases.note_room_event import note_room_event
from ports.queries import Page
from ports.rooms import RoomReport
from tests.simulation.people import Person
from tests.simulation.practice import seller_of, session_near
from tests.simulation.studio import Studio

ABSENT: Final = 20
LOST, LATE, TWICE, SHUFFLED = 8, 8, 15, 20
"""Of a hundred: practitioners who never come, events that get lost, that arrive another day, that are
told twice, and rooms whose events come in any order.
"""

SOON: Final = timedelta(minutes=5)


async def meet(studio: Studio, person: Person) -> str | None:
    """A session of this hour takes place in its room, as far as anybody comes."""
    _, item = await session_near(studio, before=0, after=1)
    if item is None or not item.attendees:
        return None
    comes = not studio.chance(ABSENT)
    told = list(_on_the_way(studio, _what_happens(studio, item, practitioner_comes=comes)))
    if studio.chance(SHUFFLED):
        studio.random.shuffle(told)
    session = None
    for report in told:
        studio.wait(report.occurred_at)
        session = await _tell(studio, report)
    if session is None:
        return "nobody told us"
    return f"{session.status}, {'with' if comes else 'without'} the practitioner"


def _what_happens(studio: Studio, item: CalendarItem, *, practitioner_comes: bool) -> list[RoomReport]:
    """What everybody does, by time; customers may come late, leave early, or drop out and come back."""
    start, end = item.start_time, item.end_time
    done = [_report(studio, item, RoomEventKind.ROOM_STARTED, start - SOON)]
    if practitioner_comes:
        done.extend(_stay(studio, item, item.practitioner_id, start - SOON, end))
    for user_id in dict.fromkeys(attendee.user_id for attendee in item.attendees):
        if studio.chance(studio.person(user_id).forgets):
            continue
        came = start + timedelta(minutes=studio.random.randrange(-5, 10))
        if studio.chance(15):
            dropped = start + timedelta(minutes=15)
            done.extend(_stay(studio, item, user_id, came, dropped))
            came = dropped + timedelta(seconds=studio.random.choice((20, 300)))
        done.extend(_stay(studio, item, user_id, came, end - timedelta(minutes=studio.random.randrange(10))))
    done.append(_report(studio, item, RoomEventKind.ROOM_FINISHED, end))
    return sorted(done, key=lambda report: report.occurred_at)


def _stay(
    studio: Studio, item: CalendarItem, user_id: UserId, came: datetime, left: datetime
) -> Sequence[RoomReport]:
    return (
        _report(studio, item, RoomEventKind.PARTICIPANT_JOINED, came, user_id),
        _report(studio, item, RoomEventKind.PARTICIPANT_LEFT, left, user_id),
    )


def _report(
    studio: Studio, item: CalendarItem, kind: RoomEventKind, at: datetime, user_id: UserId | None = None
) -> RoomReport:
    return RoomReport(
        id=f"EV_{studio.ids()}",
        session_id=item.service_session_id,
        user_id=user_id,
        kind=kind,
        occurred_at=at,
    )


def _on_the_way(studio: Studio, reports: Iterable[RoomReport]) -> Iterator[RoomReport]:
    """What arrives by the hour: some of it twice, without what is lost or held up till another day."""
    for report in reports:
        if studio.chance(LOST):
            studio.happened["room event lost"] += 1
        elif studio.chance(LATE):
            studio.held_up.append(report)
        else:
            yield report
            if studio.chance(TWICE):
                studio.happened["room event told twice"] += 1
                yield report


async def hear_late(studio: Studio) -> None:
    """What the room service could not tell by day arrives."""
    for report in studio.held_up:
        studio.happened["room event told late"] += 1
        await _tell(studio, report)
    studio.held_up.clear()


async def _tell(studio: Studio, report: RoomReport) -> ServiceSession:
    return await note_room_event(report, actor=None, ports=studio.ports)


async def review(studio: Studio, person: Person) -> str | None:
    """A session whose practitioner never came: completed by an admin, called off, or met with a denial."""
    session = studio.choice((await studio.store.sessions_for_review(Page(), practitioner_id=None)).items)
    if session is None:
        return None
    seller = seller_of(studio, session.practitioner_id)
    if studio.chance(40):
        await cancel_session(session.id, actor=seller, reason="was ill", ports=studio.ports)
        return "called off"
    actor: Actor = seller if studio.chance(40) else studio.admin
    await complete_session(session.id, actor=actor, ports=studio.ports)
    return "completed by an admin"
