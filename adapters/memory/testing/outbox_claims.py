"""Contract: workers take from the outbox, and nobody takes what another one holds."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from attrs import evolve, frozen

from adapters.memory.testing.ids import NOW, moments, new_id
from adapters.memory.testing.journal import make_dispatch, make_event, make_lease
from adapters.memory.testing.sales import stock
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Failed, Lease, Notice, Sent
from core.domain.events import Event
from core.domain.outbox import failed, not_planned, planned, settled
from core.domain.statuses import DispatchStatus
from ports.errors import AlreadyExists, ConcurrencyConflict
from ports.store import Kind, Store

MINUTE = timedelta(minutes=1)
TICK = timedelta(milliseconds=1)
RIVALS = 16
ITEMS = 100

Item = Event | Dispatch


@frozen(kw_only=True)
class Taken:
    """How items of one kind are made, taken and done with."""

    make: Callable[..., Item]
    claim: Callable[[Store, Lease, int], Awaitable[Sequence[Item]]]
    done: Callable[[Any], Changes]
    kind: Kind


def _planned(event: Event) -> Changes:
    return planned(event, [Notice(channel=Channel.MAIL, recipient="r")], now=NOW, new_id=new_id)


def _sent(dispatch: Dispatch) -> Changes:
    return Changes(updates=(settled(dispatch, Sent(), now=NOW),))


TAKEN: Mapping[str, Taken] = {
    "events": Taken(
        make=lambda at, **fields: make_event(occurred_at=NOW, next_attempt_at=at, **fields),
        claim=lambda store, lease, limit: store.claim_events(lease, limit),
        done=_planned,
        kind=Kind.EVENT,
    ),
    "dispatches": Taken(
        make=lambda at, **fields: make_dispatch(next_attempt_at=at, **fields),
        claim=lambda store, lease, limit: store.claim_dispatches(Channel.MAIL, lease, limit),
        done=_sent,
        kind=Kind.DISPATCH,
    ),
}

each_kind = pytest.mark.parametrize("of", TAKEN)


class OutboxClaims:
    """A claim holds until it expires, and who comes back too late changes nothing."""

    @each_kind
    async def test_what_is_due_is_taken_first_due_first(self, store: Store, of: str) -> None:
        taken = TAKEN[of]
        items = [taken.make(at) for at in moments(4)]
        await stock(store, *reversed(items))
        lease = make_lease(at=NOW + 2 * MINUTE)

        found = await taken.claim(store, lease, 2)

        held = [evolve(item, claimed_by=lease.id, claimed_until=lease.until, version=2) for item in items[:2]]
        assert held == list(found)
        assert held == [row async for row in store.scan(taken.kind)][:2]
        assert [items[2].id] == [item.id for item in await taken.claim(store, make_lease(at=lease.at), 9)]
        assert [] == list(await taken.claim(store, make_lease(at=lease.at), 9))

    @each_kind
    async def test_an_item_is_due_at_the_very_millisecond(self, store: Store, of: str) -> None:
        taken = TAKEN[of]
        await stock(store, taken.make(NOW))

        assert [] == list(await taken.claim(store, make_lease(at=NOW - TICK), 9))
        assert 1 == len(await taken.claim(store, make_lease(at=NOW), 9))

    @each_kind
    async def test_an_expired_claim_is_taken_again(self, store: Store, of: str) -> None:
        taken = TAKEN[of]
        await stock(store, taken.make(NOW))
        first = make_lease()
        await taken.claim(store, first, 9)

        assert [] == list(await taken.claim(store, make_lease(at=first.until - TICK), 9))
        (again,) = await taken.claim(store, make_lease(at=first.until), 9)

        assert 3 == again.version

    @each_kind
    async def test_who_was_paused_beyond_the_claim_changes_nothing(self, store: Store, of: str) -> None:
        taken = TAKEN[of]
        await stock(store, taken.make(NOW))
        first = make_lease()
        (slow,) = await taken.claim(store, first, 9)
        (quick,) = await taken.claim(store, make_lease(at=first.until), 9)

        with pytest.raises(ConcurrencyConflict):
            await store.commit(taken.done(slow))
        await store.commit(taken.done(quick))
        with pytest.raises((ConcurrencyConflict, AlreadyExists)):
            await store.commit(taken.done(slow))

        assert [4] == [getattr(row, "version", None) async for row in store.scan(taken.kind)]

    @each_kind
    async def test_what_is_done_or_parked_is_not_taken(self, store: Store, of: str) -> None:
        taken = TAKEN[of]
        parked = {"parked_at": NOW}
        done: dict[str, Any] = {"published_at": NOW}
        if of == "dispatches":
            parked |= {"status": DispatchStatus.PARKED, "recipient": "parked"}  # type: ignore[dict-item] # fields of all types
            done = {"status": DispatchStatus.SENT, "sent_at": NOW}
        await stock(store, taken.make(NOW, **parked), taken.make(NOW, **done))

        assert [] == list(await taken.claim(store, make_lease(at=NOW + MINUTE), 9))

    async def test_what_failed_is_taken_again_when_its_pause_is_over(self, store: Store) -> None:
        await stock(store, make_event(), make_dispatch())
        (event,) = await store.claim_events(make_lease(), 9)
        (dispatch,) = await store.claim_dispatches(Channel.MAIL, make_lease(), 9)
        later = not_planned(event, "it broke", now=NOW)
        put_off = failed(dispatch, Failed(reason="it broke"), now=NOW)

        await store.commit(Changes(updates=(later, put_off)))

        for item, claim in ((later, TAKEN["events"].claim), (put_off, TAKEN["dispatches"].claim)):
            due = item.next_attempt_at
            assert [] == list(await claim(store, make_lease(at=due - TICK), 9))
            assert [item.id] == [found.id for found in await claim(store, make_lease(at=due), 9)]

    async def test_a_channel_takes_its_own_dispatches(self, store: Store) -> None:
        mail, hook = (make_dispatch(channel=channel) for channel in Channel)
        await stock(store, mail, hook)

        found = await store.claim_dispatches(Channel.WEBHOOK, make_lease(), 9)

        assert [hook.id] == [one.id for one in found]


class OutboxRaces:
    """Sixteen workers at once. `stores` are stores over one database, as in `Races`."""

    @pytest.fixture
    def stores(self, store: Store) -> Sequence[Store]:
        """The stores that race. Override it with two where a database serves many processes."""
        return (store,)

    @each_kind
    async def test_rivals_share_out_all_there_is(self, stores: Sequence[Store], of: str) -> None:
        taken = TAKEN[of]
        items = [taken.make(NOW, **_own(of, number)) for number in range(ITEMS)]
        await stock(stores[0], *items)

        shares = await _race(stores, taken, limit=10)
        rest = await taken.claim(stores[0], make_lease(at=NOW), ITEMS)

        everything = [item.id for share in (*shares, rest) for item in share]
        assert sorted(item.id for item in items) == sorted(everything)
        assert all(len(share) <= 10 for share in shares)
        assert all(item.version == 2 for share in (*shares, rest) for item in share)

    @each_kind
    async def test_one_item_is_taken_by_one(self, stores: Sequence[Store], of: str) -> None:
        taken = TAKEN[of]
        await stock(stores[0], taken.make(NOW))

        shares = await _race(stores, taken, limit=10)

        assert 1 == sum(len(share) for share in shares)

    @each_kind
    async def test_an_expired_claim_is_taken_over_by_one(self, stores: Sequence[Store], of: str) -> None:
        taken = TAKEN[of]
        await stock(stores[0], taken.make(NOW))
        first = make_lease()
        await taken.claim(stores[0], first, 1)

        shares = await _race(stores, taken, limit=10, at=first.until)

        assert [3] == [item.version for share in shares for item in share]


def _own(of: str, number: int) -> dict[str, str]:
    return {"recipient": f"{number}"} if of == "dispatches" else {}


async def _race(
    stores: Sequence[Store], taken: Taken, *, limit: int, at: datetime = NOW
) -> Sequence[Sequence[Item]]:
    rivals = zip(cycle(stores), range(RIVALS), strict=False)
    return await asyncio.gather(*(taken.claim(store, make_lease(at=at), limit) for store, _ in rivals))
