"""Taking a seat in a session that others sit in: a free one, or the one that the waitlist offers."""

from datetime import datetime

from attrs import evolve

from core.domain import waitlist
from core.domain.changes import Changes, SeatChange
from core.domain.errors import SessionFull
from core.domain.sessions import OPEN_STATUSES, ServiceSession
from core.domain.waitlist import WaitlistEntry


def require_open(session: ServiceSession, now: datetime, *, offer: WaitlistEntry | None = None) -> None:
    """SessionFull unless a seat of a session to come can still be taken.

    With an `offer` from this session's line the seat is the offered one; else it must be one that
    nobody waits for.
    """
    started = session.start_time is None or session.start_time <= now
    seats = int(offer is not None) or session.free_seats
    if started or session.status not in OPEN_STATUSES or seats <= 0:
        raise SessionFull(session.id)


def standing_offer(
    offer: WaitlistEntry | None, session: ServiceSession, now: datetime
) -> WaitlistEntry | None:
    """The offer if it is one of this session and its time has not passed."""
    if offer is None or offer.session_id != session.id or not offer.offers_a_seat(now):
        return None
    return offer


def taken_seat(session: ServiceSession, offer: WaitlistEntry | None, now: datetime) -> Changes:
    """One seat of the session taken; an offer is accepted with it."""
    if offer is None:
        return Changes(seats=(SeatChange(session_id=session.id, seats=1),))
    return Changes(
        updates=(waitlist.moved(offer, "accept", now=now),),
        seats=(SeatChange(session_id=session.id, seats=1, offered=-1),),
    )


def with_one_more(session: ServiceSession, offer: WaitlistEntry | None = None) -> ServiceSession:
    """The session as the store leaves it when the seat is taken."""
    return evolve(
        session,
        current_participants=session.current_participants + 1,
        offered_seats=session.offered_seats - int(offer is not None),
        version=session.version + 1,
    )
