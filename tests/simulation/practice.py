"""What practitioners and admins do: teach, note who came, move, call off, change prices, give credits."""

from datetime import timedelta

from core.domain.actors import Actor
from core.domain.bookings import Attendance
from core.domain.calendar import CalendarItem
from core.domain.errors import NothingToPayOut
from core.domain.ids import UserId
from core.domain.sessions import SessionType
from core.domain.statuses import SessionStatus
from core.usecases.attendance import set_attendance
from core.usecases.calendar import read_calendar
from core.usecases.call_off import cancel_session
from core.usecases.catalogue import update_service
from core.usecases.credits import grant_credits
from core.usecases.deliver import complete_session, start_session
from core.usecases.payout import pay_out
from core.usecases.reschedule import reschedule_session
from tests.simulation.people import Person
from tests.simulation.studio import Studio


async def teach(studio: Studio, person: Person) -> str | None:
    """A session of these hours starts by hand, and mostly ends by hand."""
    practitioner, item = await session_near(studio, before=3, after=1)
    if item is None:
        return None
    await start_session(item.service_session_id, actor=practitioner, ports=studio.ports)
    if studio.chance(30):
        return "started"
    await complete_session(item.service_session_id, actor=practitioner, ports=studio.ports)
    return "completed"


async def call_off(studio: Studio, person: Person) -> str | None:
    """A session of the next two weeks does not take place."""
    practitioner, item = await session_near(studio, after=14 * 24)
    if item is None:
        return None
    await cancel_session(item.service_session_id, actor=practitioner, reason="taken ill", ports=studio.ports)
    return "with seats" if item.attendees else "empty"


async def move_session(studio: Studio, person: Person) -> str | None:
    """A session of the next two weeks moves, with everybody in it."""
    practitioner, item = await session_near(studio, after=14 * 24)
    if item is None:
        return None
    start = item.start_time + timedelta(days=1)
    if item.session_type is SessionType.INDIVIDUAL:
        free = await studio.free_start(studio.offers.known()[item.service_id])
        start = free or start
    await reschedule_session(
        item.service_session_id, start_time=start, actor=practitioner, ports=studio.ports
    )
    return f"{item.session_type}"


async def note_attendance(studio: Studio, person: Person) -> str | None:
    """Somebody of the last days' sessions was there, or was not, or so it turns out."""
    if studio.chance(50):
        practitioner, item = await session_near(studio, before=4, after=1)
    else:
        practitioner, item = await session_near(
            studio, before=72, after=0, statuses=(SessionStatus.COMPLETED,)
        )
    if item is None or not item.attendees:
        return None
    attendee = studio.random.choice(item.attendees)
    holder = studio.buyers[attendee.user_id]
    missed = studio.chance(15 + holder.forgets)
    await set_attendance(
        item.service_session_id,
        attendee.user_id,
        Attendance.NO_SHOW if missed else Attendance.ATTENDED,
        reason="by the list",
        actor=practitioner,
        ports=studio.ports,
    )
    when = "afterwards" if item.status is SessionStatus.COMPLETED else "before"
    return f"{'missed' if missed else 'attended'}, noted {when}"


async def change_price(studio: Studio, person: Person) -> str | None:
    """A service gets a new price and other terms, which no order of the past will feel."""
    service = studio.random.choice(studio.offers.sessions + studio.offers.packages)
    stored = await studio.store.service(service.id)
    assert stored is not None
    changes = {
        "price_cents": stored.price_cents + studio.random.randrange(-150, 200),
        "pay_practitioner_on_no_show": studio.chance(50),
    }
    await update_service(service.id, changes, actor=studio.admin, ports=studio.ports)
    return "changed"


async def give_credits(studio: Studio, person: Person) -> str | None:
    """The platform makes a present."""
    amount = studio.random.choice((500, 1500, 8000))
    await grant_credits(person.actor.user_id, amount, reason="sorry", actor=studio.admin, ports=studio.ports)
    return "given"


async def pay_everybody(studio: Studio) -> None:
    """Every practitioner is paid what is available, as far as the transfers succeed."""
    for practitioner in studio.practitioners:
        try:
            payout = await pay_out(practitioner.user_id, actor=practitioner, ports=studio.ports)
            clawed_back = " less a clawback" if payout.carried_cents < 0 else ""
            studio.note(f"payout {payout.status}{clawed_back}", "a practitioner")
        except NothingToPayOut:
            studio.note("payout of nothing", "a practitioner")


def seller_of(studio: Studio, practitioner_id: UserId | None) -> Actor:
    """The practitioner themselves."""
    return next(one for one in studio.practitioners if one.user_id == practitioner_id)


async def session_near(
    studio: Studio,
    *,
    before: int = 0,
    after: int,
    statuses: tuple[SessionStatus, ...] = (SessionStatus.SCHEDULED, SessionStatus.IN_PROGRESS),
) -> tuple[Actor, CalendarItem | None]:
    """A practitioner, and one of their sessions in so many hours before and after now."""
    practitioner = studio.random.choice(studio.practitioners)
    items = await read_calendar(
        studio.now - timedelta(hours=before),
        studio.now + timedelta(hours=after),
        practitioner_id=None,
        actor=practitioner,
        ports=studio.ports,
    )
    return practitioner, studio.choice([item for item in items if item.status in statuses])
