"""The line for a full workshop: who joins it, who leaves it, and whom a freed seat is offered to.

A freed seat is offered to the first who waits and held for them for a while. What is declined or
lapses is passed on and never comes back. Nobody buys past the line: while somebody waits, only an
offered seat can be taken (`SeatChange`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve, frozen

from core.domain import waitlist
from core.domain.changes import Changes, SeatChange, summed_seats
from core.domain.errors import AlreadyBooked, AlreadyWaiting, Invalid, SeatsFree, WaitlistClosed
from core.domain.events import Event, EventType, event
from core.domain.ids import IdSource, UserId, WaitlistId
from core.domain.rules import Rules
from core.domain.sessions import ServiceSession, SessionType
from core.domain.statuses import SessionStatus, WaitlistStatus
from core.domain.views import LineView, PlaceView
from core.domain.waitlist import WaitlistEntry


@frozen(kw_only=True)
class Placed:
    """A place in a line after a move of its owner's."""

    changes: Changes
    entry: WaitlistEntry


@frozen(kw_only=True)
class Advanced:
    """A line after it has moved on. `entries` are those that moved; none where nothing was to be done."""

    changes: Changes
    entries: tuple[WaitlistEntry, ...]


def is_to_come(session: ServiceSession, now: datetime) -> bool:
    """Whether seats of the session can still be handed out."""
    begins = session.start_time
    return session.status is SessionStatus.SCHEDULED and begins is not None and begins > now


def join(view: PlaceView, user_id: UserId, *, now: datetime, new_id: IdSource) -> Placed:
    """Wait for a seat in a full workshop, behind everybody who waits already.

    Raises Invalid for a session of anything but a workshop, WaitlistClosed, AlreadyBooked,
    AlreadyWaiting, or SeatsFree where a seat can be bought.
    """
    session = view.session
    if session.session_type is not SessionType.WORKSHOP:
        raise Invalid("/session_id", "only workshops have a waitlist")
    if not is_to_come(session, now):
        raise WaitlistClosed("this session is not to come any more")
    if view.is_seated:
        raise AlreadyBooked("this customer has a seat in this session already")
    if view.entry is not None:
        raise AlreadyWaiting("this customer is on the waitlist already")
    if session.free_seats > 0:
        raise SeatsFree("this session has a free seat: book it")

    entry = WaitlistEntry(
        id=WaitlistId(new_id()),
        session_id=session.id,
        service_id=session.service_id,
        user_id=user_id,
        created_at=now,
        updated_at=now,
    )
    changes = Changes(
        inserts=(entry,),
        seats=(SeatChange(session_id=session.id, seats=0, waiting=1),),
        events=(_told(EventType.WAITLIST_JOINED, entry, now=now, new_id=new_id),),
    )
    return Placed(changes=changes, entry=entry)


def leave(entry: WaitlistEntry, *, now: datetime) -> Placed:
    """Give up a place: stop waiting, or decline the offer. What is over already stays as it is."""
    if not entry.is_live:
        return Placed(changes=Changes(), entry=entry)
    return _given_up(entry, "leave" if entry.status is WaitlistStatus.WAITING else "decline", now=now)


def decline(entry: WaitlistEntry, *, now: datetime) -> Placed:
    """Refuse an offer, so that it passes on. A second time changes nothing.

    Raises IllegalTransition where nothing is offered (any more).
    """
    return _given_up(entry, "decline", now=now)


def _given_up(entry: WaitlistEntry, move: str, *, now: datetime) -> Placed:
    after = waitlist.moved(entry, move, now=now)
    if after.status is entry.status:
        return Placed(changes=Changes(), entry=entry)
    return Placed(changes=Changes(updates=(after,), seats=(_change(entry, after),)), entry=after)


def advance(view: LineView, *, rules: Rules, now: datetime, new_id: IdSource) -> Advanced:
    """Let the line move on: offers past their time lapse, and the first who wait are offered what is free.

    An offer stands until the setting's hold is over, and no longer than until the session starts.
    The line of a session that is not to come any more is closed. A second time changes nothing.
    """
    session = view.session
    if not is_to_come(session, now):
        closed = tuple(waitlist.moved(entry, "close", now=now) for entry in view.entries)
        return _advanced(view.entries, closed, now=now, new_id=new_id)

    lapsed = [e for e in view.entries if e.status is WaitlistStatus.OFFERED and not e.offers_a_seat(now)]
    waiting = [e for e in view.entries if e.status is WaitlistStatus.WAITING]
    called = waiting[: max(session.unclaimed_seats + len(lapsed), 0)]
    until = min(now + rules.waitlist_hold, session.start_time or now)
    after = (
        *(waitlist.moved(entry, "lapse", now=now) for entry in lapsed),
        *(evolve(waitlist.moved(entry, "offer", now=now), offer_expires_at=until) for entry in called),
    )
    return _advanced((*lapsed, *called), after, now=now, new_id=new_id)


TOLD = {
    WaitlistStatus.OFFERED: EventType.WAITLIST_OFFERED,
    WaitlistStatus.LAPSED: EventType.WAITLIST_LAPSED,
    WaitlistStatus.CLOSED: EventType.WAITLIST_CLOSED,
}
"""What customers are told when the line moves."""


def _advanced(
    before: Sequence[WaitlistEntry], after: Sequence[WaitlistEntry], *, now: datetime, new_id: IdSource
) -> Advanced:
    changes = Changes(
        updates=tuple(after),
        seats=summed_seats(_change(old, new) for old, new in zip(before, after, strict=True)),
        events=tuple(_told(TOLD[entry.status], entry, now=now, new_id=new_id) for entry in after),
    )
    return Advanced(changes=changes, entries=tuple(after))


def _change(before: WaitlistEntry, after: WaitlistEntry) -> SeatChange:
    """How a place's move counts in its session."""

    def moved(status: WaitlistStatus) -> int:
        return int(after.status is status) - int(before.status is status)

    return SeatChange(
        session_id=after.session_id,
        seats=0,
        offered=moved(WaitlistStatus.OFFERED),
        waiting=moved(WaitlistStatus.WAITING),
    )


def _told(kind: EventType, entry: WaitlistEntry, *, now: datetime, new_id: IdSource) -> Event:
    return event(
        new_id,
        kind,
        entry.id,
        now,
        user_id=entry.user_id,
        session_id=entry.session_id,
        offer_expires_at=entry.offer_expires_at,
    )


def freed(changes: Changes, sessions: Iterable[ServiceSession]) -> tuple[ServiceSession, ...]:
    """Those of the sessions in which somebody waits for a seat that these changes have freed."""
    given_back = {change.session_id for change in changes.seats if change.seats < 0}
    waited_for = {s.id: s for s in sessions if s.id in given_back and s.waiting_count > 0}
    return tuple(waited_for.values())
