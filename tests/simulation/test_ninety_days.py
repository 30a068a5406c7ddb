"""Ninety days of a studio with hundreds of customers: the books add up every night."""

import os
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pytest

from adapters.memory.faults import Fault, FaultyStore
from adapters.memory.store import MemoryStore
from core.domain.events import Event, EventType
from core.domain.gateway import ChargeRequest
from core.domain.ledger import EntryKind, JournalEntry
from ports.errors import Unavailable
from ports.store import Kind
from tests.simulation.days import live
from tests.simulation.money import assert_cash_adds_up
from tests.simulation.studio import Studio, studio_on
from tests.usecases.world import VISA

SEED: Final = int(os.environ.get("ESTUARY_SIMULATION_SEED", "20260302"))

HAPPENED: Final[Mapping[str, int]] = {
    "buy a session: paid by card": 100,
    "buy a session: paid by both": 10,
    "buy a session: paid by credits": 10,
    "buy a session: failed": 2,
    "buy a session: unknown": 5,
    "buy a session: processing": 1,
    "buy a session: abandoned": 2,
    "buy a session: not confirmed": 2,
    "buy a session: confirmed, then paid": 2,
    "buy a session: confirmed late": 2,
    "buy a session: refused, outside_availability": 5,
    "buy a session: refused, validation_failed": 10,
    "buy a free session: free": 50,
    "buy a workshop: paid by": 50,
    "buy a workshop: free": 50,
    "buy a workshop: refused, session_full": 10,
    "buy a course: paid by": 10,
    "buy a course: refused, course_started": 10,
    "join a course late: paid by": 5,
    "buy a package: paid by card": 50,
    "buy a package: paid by both": 10,
    "buy credits: paid by card": 50,
    "pay too late: has the seat": 10,
    "pay too late: sent back": 10,
    "join a waitlist: waits": 100,
    "join a waitlist: refused, already_waiting": 1,
    "join a waitlist: refused, already_booked": 1,
    "join a waitlist: refused, seats_free": 2,
    "leave a waitlist: left": 10,
    "answer an offer: accepted, paid by": 3,
    "answer an offer: declined": 1,
    "give a package away: a seat": 10,
    "give a package away: all that is left": 10,
    "give a package away: refused, nothing_to_transfer": 2,
    "schedule a seat: at a free time": 100,
    "schedule a seat: at a free time, received": 10,
    "schedule a seat: into a workshop": 10,
    "schedule a seat: into a workshop, received": 3,
    "schedule a seat: refused, package_expired": 20,
    "move a seat: to another time": 50,
    "move a seat: into another session": 10,
    "move a seat: refused, too_late_to_reschedule": 10,
    "cancel a seat: in full": 50,
    "cancel a seat: in full, received": 3,
    "cancel a seat: in part": 5,
    "cancel a seat: for nothing": 10,
    "give an order back: to credits": 10,
    "give an order back: to the card": 10,
    "give an order back: refused, nothing_to_refund": 5,
    "cancel an order: by its buyer, refunded": 10,
    "cancel an order: by its buyer, partially_refunded": 3,
    "cancel an order: by its practitioner, refunded": 3,
    "take a delivered seat back: succeeded": 20,
    "teach: started": 10,
    "teach: completed": 20,
    "meet in the room: completed, with the practitioner": 30,
    "meet in the room: in_progress, with the practitioner": 5,
    "meet in the room: in_progress, without the practitioner": 5,
    "room event lost": 20,
    "room event told late": 20,
    "room event told twice": 40,
    "review an absence: called off": 2,
    "review an absence: completed by an admin": 2,
    "review an absence: refused, practitioner_absent": 1,
    "note attendance: attended, noted before": 10,
    "note attendance: attended, noted afterwards": 20,
    "note attendance: missed, noted before": 10,
    "note attendance: missed, noted afterwards": 10,
    "move a session: individual": 20,
    "call a session off: with seats": 20,
    "change a price": 10,
    "give credits": 50,
    "dispute a payment: about all of": 15,
    "dispute a payment: about a part of": 10,
    "dispute a payment: not told": 5,
    "decide on a dispute: lost": 10,
    "decide on a dispute: won": 10,
    "decide on a dispute: withdrawn": 1,
    "cancel a seat: refused, payment_disputed": 1,
    "payout paid": 5,
    "payout paid less a clawback": 1,
    "payout failed": 1,
    "payout taken back": 5,
    "refund sent back": 5,
    "sweep: sessions_completed": 200,
    "sweep: sessions_for_review": 5,
    "sweep: earnings_released": 200,
    "sweep: expiry_warnings": 30,
    "sweep: packages_expired": 20,
    "sweep: lines_advanced": 20,
    "sweep: payments_settled": 50,
    "sweep: orders_lapsed": 20,
    "sweep: refunds_settled": 20,
    "sweep: payouts_settled": 2,
    "charge lost_before": 5,
    "charge lost_after": 5,
    "refund lost_before": 3,
    "refund lost_after": 3,
    "refund declined": 1,
    "transfer declined": 1,
}
"""How often things must have happened at least, by the start of their name: no plan of nothing passes."""

BOOKED: Final[Mapping[str, int]] = {
    EntryKind.PURCHASE: 300,
    EntryKind.CREDIT_PURCHASE: 50,
    EntryKind.CREDIT_GRANT: 50,
    EntryKind.DELIVERY: 300,
    EntryKind.COMPLIMENTARY: 20,
    EntryKind.NO_SHOW: 5,
    EntryKind.CORRECTION: 10,
    EntryKind.REVERSAL: 20,
    EntryKind.REFUND: 100,
    EntryKind.REFUND_SETTLED: 100,
    EntryKind.FORFEIT: 3,
    EntryKind.EXPIRY: 15,
    EntryKind.LATE_PAYMENT: 10,
    EntryKind.PAYOUT: 5,
    EntryKind.DISPUTE: 60,
    EntryKind.PAYOUT_REVERSAL: 5,
    EntryKind.REFUND_RETURNED: 5,
}
"""How many entries of each kind the journal must have at least."""

TOLD: Final[Mapping[str, int]] = {
    EventType.WAITLIST_JOINED: 100,
    EventType.WAITLIST_OFFERED: 20,
    EventType.WAITLIST_LAPSED: 10,
    EventType.WAITLIST_CLOSED: 30,
    EventType.PACKAGE_EXPIRING: 30,
    EventType.PACKAGE_TRANSFERRED: 20,
    f"{EventType.PACKAGE_EXPIRED}, as credits": 5,
    f"{EventType.PACKAGE_EXPIRED}, forfeited": 15,
    EventType.SESSION_REVIEW_NEEDED: 5,
}
"""What customers and practitioners must have been told at least."""


@pytest.mark.parametrize("seed", [SEED])
async def test_the_books_add_up_at_the_end_of_every_day(seed: int) -> None:
    studio = studio_on(MemoryStore(), seed=seed, customers=320)

    await live(studio, days=90, actions=95)

    assert 300 <= len(studio.buyers)
    assert {} == missing(HAPPENED, studio.happened + studio.gateway.met)
    assert {} == missing(BOOKED, await booked(studio))
    assert {} == missing(TOLD, await told(studio))


def missing(least: Mapping[str, int], counts: Counter[str]) -> dict[str, int]:
    """What happened less often than it must, and how often."""
    found = {name: sum(count for what, count in counts.items() if what.startswith(name)) for name in least}
    return {name: count for name, count in found.items() if count < least[name]}


async def booked(studio: Studio) -> Counter[str]:
    """How many entries of each kind there are."""
    kinds: Counter[str] = Counter()
    async for entry in studio.store.scan(Kind.ENTRY):
        assert isinstance(entry, JournalEntry)
        kinds[entry.kind] += 1
    return kinds


async def told(studio: Studio) -> Counter[str]:
    """How many events of each type there are; of packages that ran out also what became of the money."""
    types: Counter[str] = Counter()
    async for row in studio.store.scan(Kind.EVENT):
        assert isinstance(row, Event)
        if row.type is EventType.PACKAGE_EXPIRED:
            types[f"{row.type}, {'as credits' if row.payload['credits_cents'] else 'forfeited'}"] += 1
        else:
            types[row.type] += 1
    return types


async def test_money_that_the_books_do_not_know_is_found_the_same_night() -> None:
    studio = studio_on(MemoryStore(), seed=SEED, customers=20)
    await live(studio, days=2, actions=20)
    await assert_cash_adds_up(studio)

    studio.gateway.steady = True
    await studio.gateway.charge(
        ChargeRequest(idempotency_key="nobody's", amount_cents=100, currency="usd", payment_method_id=VISA)
    )

    with pytest.raises(AssertionError):
        await assert_cash_adds_up(studio)


async def test_a_failure_says_how_to_replay_it_and_what_came_before() -> None:
    fails_at_once = FaultyStore([*[None] * 200, *[Fault.UNAVAILABLE] * 100])
    studio = studio_on(fails_at_once, seed=SEED, customers=20)

    with pytest.raises((Unavailable, AssertionError)) as raised:
        await live(studio, days=14, actions=20)

    replay, story = raised.value.__notes__
    assert replay.startswith(f"replay with ESTUARY_SIMULATION_SEED={SEED}; day ")
    assert 30 == len(story.splitlines())
