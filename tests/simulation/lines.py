"""Full workshops: who waits for a seat, and what becomes of the seats that are offered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from core.domain.sessions import ServiceSession
from core.domain.statuses import WaitlistStatus
from core.domain.waitlist import WaitlistEntry
from core.usecases.waitlist import decline_offer, join_waitlist, leave_waitlist
from ports.queries import Page
from tests.simulation.buying import buy
from tests.simulation.people import Person
from tests.simulation.studio import Studio

ANSWERS: Final[Mapping[str, int]] = {"accept": 6, "decline": 2, "leave": 1}
"""What customers do with an offer that they answer, by weight; others let it lapse."""


async def join_line(studio: Studio, person: Person) -> str | None:
    """Somebody waits for a seat of a full workshop; now and then one that turns out not to be full."""
    sessions = await _workshops(studio)
    full = [session for session in sessions if session.free_seats <= 0 or studio.chance(2)]
    session = studio.choice(full)
    if session is None:
        return None
    await join_waitlist(session.id, actor=person.actor, ports=studio.ports)
    return "waits"


async def leave_line(studio: Studio, person: Person) -> str | None:
    """Somebody has waited long enough."""
    entry = await _place(studio, WaitlistStatus.WAITING)
    if entry is None:
        return None
    waiting = studio.person(entry.user_id)
    await leave_waitlist(entry.session_id, actor=waiting.actor, ports=studio.ports)
    return "left"


async def answer_offer(studio: Studio, person: Person) -> str | None:
    """Somebody buys the seat that they are offered, or refuses it."""
    entry = await _place(studio, WaitlistStatus.OFFERED)
    if entry is None or not entry.offers_a_seat(studio.now):
        return None
    asked = studio.person(entry.user_id)
    answer = studio.random.choices(list(ANSWERS), list(ANSWERS.values()))[0]
    if answer == "decline":
        declined = await decline_offer(entry.id, actor=asked.actor, ports=studio.ports)
        return f"{declined.status}"
    if answer == "leave":
        await leave_waitlist(entry.session_id, actor=asked.actor, ports=studio.ports)
        return "left"
    workshop = studio.offers.known()[entry.service_id]
    return f"accepted, {await buy(studio, asked, workshop, session_id=entry.session_id)}"


async def _place(studio: Studio, status: WaitlistStatus) -> WaitlistEntry | None:
    """One of the places in the lines for workshops to come."""
    lines = [
        await studio.store.line(Page(), session_id=session.id)
        for session in await _workshops(studio)
        if session.has_line
    ]
    return studio.choice([entry for line in lines for entry in line.items if entry.status is status])


async def _workshops(studio: Studio) -> list[ServiceSession]:
    """Every session of the next two weeks' workshops."""
    pages = [
        await studio.store.sessions(
            Page(), service_id=workshop.id, start=studio.now, end=studio.now + timedelta(days=14)
        )
        for workshop in studio.offers.workshops
    ]
    return [session for page in pages for session in page.items]
