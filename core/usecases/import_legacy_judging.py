"""The first reading of an old database: everything is judged, nothing written.

What one group has to know of all others is found out here: who is double-booked, which sessions take more
or fewer seats than the old figures say, and which payouts lost earnings to the quarantine. Only these are
kept, so that memory does not grow with the data.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from core.domain.legacy.accounting import Account, Book, strayed
from core.domain.legacy.appointments import Diary
from core.domain.legacy.catalogue import contact, offered, type_rates
from core.domain.legacy.customers import brought_over
from core.domain.legacy.findings import Finding
from core.domain.legacy.meetings import held
from core.domain.legacy.payees import payee
from core.domain.legacy.pieces import Frame, Lost, Piece
from core.domain.rules import Rules
from ports.legacy_source import LegacySource


class Stage(StrEnum):
    """What is brought over, in this order: each after what its rows name."""

    USERS = "users"
    PRACTITIONERS = "practitioners"
    SERVICES = "services"
    SESSIONS = "sessions"
    CUSTOMERS = "customers"


@frozen(kw_only=True)
class Group:
    """One group of old rows by its id, as it was (`old`) and what it has become."""

    id: int
    old: object
    pieces: tuple[Piece, ...]


@frozen(kw_only=True)
class Judgement:
    """What a first reading found: the account, and what the second one has to know."""

    account: Account
    frame: Frame
    lost: Mapping[int, tuple[Lost, ...]]
    seat_shifts: Mapping[int, int]


Told = Callable[[Finding], None]
"""Is told of each finding, in a fixed order."""
Progress = Callable[[str, int], None]
"""Is told how many groups more of a stage are done."""


def unheard(_: object, __: object = None) -> None:
    """Tells nobody."""


async def judge(
    source: LegacySource,
    *,
    rules: Rules,
    at: datetime,
    told: Told = unheard,
    progress: Progress = unheard,
) -> Judgement:
    """Read everything once, and account for every row."""
    frame, first = await _framed(source, rules=rules, at=at)
    book = Book()
    hearing = _Hearing(source, book, told, progress)
    hearing.note(first)
    early = Judgement(account=book.closed({}), frame=frame, lost={}, seat_shifts={})
    for stage in (Stage.USERS, Stage.SERVICES, Stage.CUSTOMERS):
        await hearing.hear(stage, early)
    late = evolve(
        early,
        lost={payout: tuple(lost) for payout, lost in book.lost.items()},
        seat_shifts={session: shift for session, shift in book.seat_shifts.items() if shift != 0},
    )
    for stage in (Stage.PRACTITIONERS, Stage.SESSIONS):
        await hearing.hear(stage, late)
    async for stray in source.strays():
        hearing.note(strayed(stray))
    return evolve(late, account=book.closed(await source.counts()))


async def _framed(source: LegacySource, *, rules: Rules, at: datetime) -> tuple[Frame, Piece]:
    rates, piece = type_rates(tuple(await source.service_types()))
    diary = Diary()
    async for appointment in source.appointments():
        diary.note(appointment)
    frame = Frame(
        rules=rules,
        at=at,
        type_rates=rates,
        unscheduled_sessions=diary.sessions,
        unscheduled_bookings=diary.bookings,
    )
    return frame, piece


class _Hearing:
    """Notes what groups have become, and tells of it."""

    def __init__(self, source: LegacySource, book: Book, told: Told, progress: Progress) -> None:
        self._source = source
        self._book = book
        self._told = told
        self._progress = progress

    async def hear(self, stage: Stage, known: Judgement) -> None:
        """Every group of a stage."""
        async for group in groups(self._source, stage, known):
            for piece in group.pieces:
                self.note(piece)
            self._progress(f"reading {stage}", 1)

    def note(self, piece: Piece) -> None:
        """One piece."""
        self._book.add((piece,))
        for found in piece.findings:
            self._told(found)


def groups(source: LegacySource, stage: Stage, known: Judgement, *, after: int = 0) -> AsyncIterator[Group]:
    """A stage's groups, behind the one with the id `after`, as what they have become."""
    return _READERS[stage](source, known, after)


async def _users(source: LegacySource, _: Judgement, after: int) -> AsyncIterator[Group]:
    async for user in source.users(after=after):
        yield Group(id=user.id, old=user, pieces=(contact(user),))


async def _payees(source: LegacySource, known: Judgement, after: int) -> AsyncIterator[Group]:
    async for one in source.payees(after=after):
        yield Group(id=one.seller.practitioner.id, old=one, pieces=(payee(one, known.lost, known.frame),))


async def _offers(source: LegacySource, known: Judgement, after: int) -> AsyncIterator[Group]:
    async for offer in source.offers(after=after):
        yield Group(id=offer.service.id, old=offer, pieces=(offered(offer, known.frame),))


async def _meetings(source: LegacySource, known: Judgement, after: int) -> AsyncIterator[Group]:
    async for meeting in source.meetings(after=after):
        shift = known.seat_shifts.get(meeting.session.id, 0)
        yield Group(id=meeting.session.id, old=meeting, pieces=(held(meeting, shift, known.frame),))


async def _customers(source: LegacySource, known: Judgement, after: int) -> AsyncIterator[Group]:
    async for customer in source.customers(after=after):
        yield Group(id=customer.user.id, old=customer, pieces=brought_over(customer, known.frame))


_READERS: Final[Mapping[Stage, Callable[[LegacySource, Judgement, int], AsyncIterator[Group]]]] = {
    Stage.USERS: _users,
    Stage.PRACTITIONERS: _payees,
    Stage.SERVICES: _offers,
    Stage.SESSIONS: _meetings,
    Stage.CUSTOMERS: _customers,
}
