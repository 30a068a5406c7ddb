"""Contract: seats that are offered or waited for, and nobody who slips past the line."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.testing.builders import make_practitioner, make_service, make_session, make_waiting
from adapters.memory.testing.ids import NOW, new_id
from adapters.memory.testing.races import Races
from adapters.memory.testing.rivals import RIVALS, WON, outcomes, seat_rival
from adapters.memory.testing.sales import stock
from core.domain.catalogue import Service, ServiceType
from core.domain.changes import Changes, SeatChange
from core.domain.errors import SessionFull
from core.domain.lines import advance
from core.domain.rules import Rules
from core.domain.sessions import OPEN_STATUSES, ServiceSession
from core.domain.statuses import SessionStatus, WaitlistStatus
from core.domain.waitlist import WaitlistEntry, moved
from ports.errors import AlreadyExists, ConcurrencyConflict
from ports.store import Store


async def stored_session(store: Store, **overrides: Any) -> tuple[Service, ServiceSession]:
    """A stored workshop session of three seats, all of them taken unless told otherwise."""
    seller = make_practitioner()
    workshop = make_service(seller, service_type=ServiceType.WORKSHOP)
    session = make_session(workshop, **({"max_participants": 3, "current_participants": 3} | overrides))
    await stock(store, seller, workshop, session)
    return workshop, session


async def stored_line(store: Store, session: ServiceSession, waiting: int) -> list[WaitlistEntry]:
    """So many who wait in the session's line, in order."""
    entries = [make_waiting(session) for _ in range(waiting)]
    change = SeatChange(session_id=session.id, seats=0, waiting=waiting)
    await store.commit(Changes(inserts=tuple(entries), seats=(change,)))
    return entries


def _change(session: ServiceSession, seats: int = 0, offered: int = 0, waiting: int = 0) -> Changes:
    return Changes(seats=(SeatChange(session_id=session.id, seats=seats, offered=offered, waiting=waiting),))


ACCEPTED: dict[str, tuple[dict[str, int], tuple[int, int, int]]] = {
    "a seat is offered": ({"current_participants": 2, "waiting_count": 1}, (0, 1, -1)),
    "an offer is accepted though others wait": (
        {"current_participants": 2, "offered_seats": 1, "waiting_count": 4},
        (1, -1, 0),
    ),
    "an offer passes on": ({"current_participants": 2, "offered_seats": 1, "waiting_count": 1}, (0, 0, -1)),
    "an offer ends": ({"current_participants": 2, "offered_seats": 1}, (0, -1, 0)),
    "somebody waits as all seats are taken": ({}, (0, 0, 1)),
    "somebody waits as the last seat is offered": (
        {"current_participants": 2, "offered_seats": 1},
        (0, 0, 1),
    ),
    "somebody waits behind others": ({"current_participants": 1, "waiting_count": 1}, (0, 0, 1)),
    "somebody waits no longer": ({"waiting_count": 1}, (0, 0, -1)),
    "a seat comes free while others wait": ({"waiting_count": 1}, (-1, 0, 0)),
    "a seat beside the offered ones is taken": (
        {"current_participants": 1, "offered_seats": 1},
        (1, 0, 0),
    ),
}
"""A session's counts, and a change of (seats, offered, waiting) that its guard accepts."""

REFUSED: dict[str, tuple[dict[str, int], tuple[int, int, int], type[Exception]]] = {
    "a seat that somebody waits for": (
        {"current_participants": 2, "waiting_count": 1},
        (1, 0, 0),
        SessionFull,
    ),
    "a seat more than the offer": (
        {"current_participants": 1, "offered_seats": 1, "waiting_count": 1},
        (2, -1, 0),
        SessionFull,
    ),
    "an offered seat without the offer": (
        {"current_participants": 2, "offered_seats": 1},
        (1, 0, 0),
        SessionFull,
    ),
    "an offer that is not there": ({"current_participants": 2}, (1, -1, 0), SessionFull),
    "an offer of a taken seat": ({"waiting_count": 1}, (0, 1, -1), ConcurrencyConflict),
    "an offer to nobody": ({"current_participants": 2}, (0, 1, -1), ConcurrencyConflict),
    "an end of no offer": ({}, (0, -1, 0), ConcurrencyConflict),
    "a wait for a free seat": ({"current_participants": 2}, (0, 0, 1), ConcurrencyConflict),
}
"""The same for changes that it refuses, and how."""


class LineGuards:
    """What is offered is held, and what is waited for is not sold."""

    @pytest.mark.parametrize("what", ACCEPTED)
    async def test_counts_move_together(self, store: Store, what: str) -> None:
        counts, (seats, offered, waiting) = ACCEPTED[what]
        _, session = await stored_session(store, **counts)

        await store.commit(_change(session, seats, offered, waiting))

        expected = evolve(
            session,
            current_participants=session.current_participants + seats,
            offered_seats=session.offered_seats + offered,
            waiting_count=session.waiting_count + waiting,
            version=2,
        )
        assert expected == await store.session(session.id)

    @pytest.mark.parametrize("what", REFUSED)
    async def test_what_the_line_forbids_is_refused(self, store: Store, what: str) -> None:
        counts, change, error = REFUSED[what]
        _, session = await stored_session(store, **counts)

        with pytest.raises(error):
            await store.commit(_change(session, *change))

        assert session == await store.session(session.id)

    @pytest.mark.parametrize("status", SessionStatus)
    @pytest.mark.parametrize("change", [(0, 1, -1), (0, 0, 1)], ids=["offered", "waited for"])
    async def test_only_seats_of_open_sessions_are_handed_out(
        self, store: Store, status: SessionStatus, change: tuple[int, int, int]
    ) -> None:
        _, session = await stored_session(store, status=status, current_participants=2, waiting_count=1)
        if status in OPEN_STATUSES:
            await store.commit(_change(session, *change))
            return

        with pytest.raises(ConcurrencyConflict):
            await store.commit(_change(session, *change))

    async def test_an_update_never_moves_the_counts_of_the_line(self, store: Store) -> None:
        _, session = await stored_session(store, current_participants=1, offered_seats=1, waiting_count=2)

        changed = evolve(session, offered_seats=0, waiting_count=0, timezone="UTC", version=2)
        await store.commit(Changes(updates=(changed,)))

        assert evolve(session, timezone="UTC", version=2) == await store.session(session.id)

    @pytest.mark.parametrize("status", WaitlistStatus)
    async def test_a_customer_has_one_live_place_in_a_line(
        self, store: Store, status: WaitlistStatus
    ) -> None:
        _, session = await stored_session(store)
        first = make_waiting(session, status=status, offer_expires_at=NOW)
        await stock(store, first)
        again = make_waiting(session, user_id=first.user_id)
        if not first.is_live:
            await stock(store, again)
            return

        with pytest.raises(AlreadyExists) as refused:
            await stock(store, again)

        assert "place" == refused.value.constraint

    async def test_one_may_wait_in_several_lines(self, store: Store) -> None:
        _, here = await stored_session(store)
        _, there = await stored_session(store)
        first = make_waiting(here)

        await stock(store, first, make_waiting(there, user_id=first.user_id))

        assert first == await store.waitlist_entry(first.id)


class LineRaces(Races):
    """A line, and everybody who would like to slip past it."""

    async def test_a_freed_seat_that_somebody_waits_for_is_not_sold(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        workshop, session = await stored_session(store)
        await stored_line(store, session, 1)
        strangers = [seat_rival(workshop, session) for _ in range(RIVALS)]

        result = await outcomes(stores, [*strangers, _change(session, seats=-1)])

        assert Counter({WON: 1, SessionFull.__name__: RIVALS}) == result
        found = await store.session(session.id)
        assert found is not None
        assert (2, 0, 1) == (found.current_participants, found.offered_seats, found.waiting_count)

    async def test_one_seat_is_offered_once(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        _, session = await stored_session(store)
        entries = await stored_line(store, session, 3)
        await store.commit(_change(session, seats=-1))
        view = await store.load_line(session.id)
        assert view is not None

        offers = [advance(view, rules=Rules(), now=NOW, new_id=new_id).changes for _ in range(RIVALS)]
        result = await outcomes(stores, offers)

        assert Counter({WON: 1, ConcurrencyConflict.__name__: RIVALS - 1}) == result
        view = await store.load_line(session.id)
        assert view is not None
        assert [WaitlistStatus.OFFERED, WaitlistStatus.WAITING, WaitlistStatus.WAITING] == [
            entry.status for entry in view.entries
        ]
        assert [entry.id for entry in entries] == [entry.id for entry in view.entries]
        assert (1, 2) == (view.session.offered_seats, view.session.waiting_count)

    async def test_an_offer_is_accepted_or_lapses(self, stores: Sequence[Store]) -> None:
        store = stores[0]
        workshop, session = await stored_session(store, current_participants=2, offered_seats=1)
        offer = make_waiting(session, status=WaitlistStatus.OFFERED, offer_expires_at=NOW)
        await stock(store, offer)
        bought = seat_rival(workshop, session)
        accepted = evolve(
            bought,
            updates=(moved(offer, "accept", now=NOW),),
            seats=(SeatChange(session_id=session.id, seats=1, offered=-1),),
        )
        lapsed = evolve(_change(session, offered=-1), updates=(moved(offer, "lapse", now=NOW),))

        result = await outcomes(stores, [accepted, lapsed])

        assert 1 == result[WON]
        found, entry = await store.session(session.id), await store.waitlist_entry(offer.id)
        assert found is not None
        assert entry is not None
        seats = 3 if entry.status is WaitlistStatus.ACCEPTED else 2
        assert (seats, 0) == (found.current_participants, found.offered_seats)
