"""Contract: what waits in the outbox, what is parked, and how much of either there is."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.testing.ids import NOW, moments, new_id
from adapters.memory.testing.journal import make_dispatch, make_event
from adapters.memory.testing.paging import MANY, assert_paged
from adapters.memory.testing.sales import stock
from adapters.memory.testing.waiting import waiting_events
from core.domain.changes import Changes
from core.domain.dispatches import Channel, Dispatch, Notice
from core.domain.events import Event
from core.domain.ids import DispatchId, EventId
from core.domain.outbox import planned, retried, retried_event
from core.domain.statuses import DispatchStatus
from ports.errors import AlreadyExists, ConcurrencyConflict
from ports.queries import Backlog, OutboxState, Parked
from ports.store import Kind, Store

NOTHING = Backlog(waiting=0, parked=0, oldest_at=None)


class Outbox:
    """Events wait until they are planned, and are planned once, with all their dispatches or none."""

    async def test_an_event_that_is_planned_or_parked_waits_no_more(self, store: Store) -> None:
        first, second, third = (make_event(occurred_at=at) for at in moments(3))
        await store.commit(Changes(events=(first, second, third)))

        await store.commit(planned(first, (), now=NOW, new_id=new_id))
        await store.commit(Changes(updates=(evolve(second, parked_at=NOW, version=2),)))

        assert [third] == await waiting_events(store)

    async def test_a_plan_is_kept_with_its_event(self, store: Store) -> None:
        event = make_event()
        await store.commit(Changes(events=(event,)))
        notices = [Notice(channel=channel, recipient="r", payload={"n": 1}) for channel in Channel]

        await store.commit(planned(event, notices, now=NOW, new_id=new_id))

        (after,) = [row async for row in store.scan(Kind.EVENT)]
        made = [row async for row in store.scan(Kind.DISPATCH)]
        assert evolve(event, published_at=NOW, attempts=1, version=2) == after
        assert [(event.id, channel, "r", {"n": 1}) for channel in Channel] == [
            (row.event_id, row.channel, row.recipient, dict(row.payload))
            for row in made
            if isinstance(row, Dispatch)
        ]

    async def test_an_event_is_planned_once(self, store: Store) -> None:
        event = make_event()
        await store.commit(Changes(events=(event,)))
        notice = Notice(channel=Channel.MAIL, recipient="r")
        await store.commit(planned(event, [notice], now=NOW, new_id=new_id))

        with pytest.raises((ConcurrencyConflict, AlreadyExists)):
            await store.commit(planned(event, [notice], now=NOW, new_id=new_id))

        assert 1 == len([row async for row in store.scan(Kind.DISPATCH)])

    async def test_a_recipient_gets_one_dispatch_of_an_event_on_a_channel(self, store: Store) -> None:
        event = make_event()
        first = make_dispatch(event, recipient="r")
        other_way = make_dispatch(event, recipient="r", channel=Channel.WEBHOOK)
        await stock(store, first, other_way, make_dispatch(event, recipient="s"))

        with pytest.raises(AlreadyExists) as refused:
            await stock(store, make_dispatch(event, recipient="r"))

        assert "dispatch_recipient" == refused.value.constraint
        assert 3 == len([row async for row in store.scan(Kind.DISPATCH)])

    async def test_items_are_found_by_id(self, store: Store) -> None:
        events = [make_event() for _ in range(3)]
        dispatches = [make_dispatch(event) for event in events]
        await stock(store, *events, *dispatches)

        nobody = new_id()
        found_events = await store.load_events([events[0].id, events[2].id, EventId(nobody)])
        found = await store.load_dispatches([dispatches[1].id, DispatchId(nobody)])

        assert [events[0], events[2]] == sorted(found_events, key=lambda row: row.id)
        assert [dispatches[1]] == list(found)
        assert ([], []) == (list(await store.load_events([])), list(await store.load_dispatches([])))

    async def test_an_empty_outbox_has_no_age(self, store: Store) -> None:
        assert OutboxState(events=NOTHING, dispatches=NOTHING) == await store.outbox_state()

    async def test_the_outbox_is_told_in_figures(self, store: Store) -> None:
        at = list(moments(6))
        event = make_event(occurred_at=at[0])
        await stock(
            store,
            make_event(occurred_at=at[1], published_at=at[5]),
            # Put off, and held by somebody: waiting all the same.
            make_event(occurred_at=at[2], next_attempt_at=at[5]),
            make_event(occurred_at=at[3], claimed_by=new_id(), claimed_until=at[5]),
            make_event(occurred_at=at[0], parked_at=at[5]),
            make_dispatch(event, created_at=at[4], recipient="1"),
            make_dispatch(event, created_at=at[5], recipient="2", channel=Channel.WEBHOOK),
            make_dispatch(event, created_at=at[0], recipient="3", status=DispatchStatus.SENT, sent_at=at[1]),
            make_dispatch(event, created_at=at[0], recipient="4", status=DispatchStatus.DROPPED),
            make_dispatch(
                event, created_at=at[0], recipient="5", status=DispatchStatus.PARKED, parked_at=at[1]
            ),
        )

        expected = OutboxState(
            events=Backlog(waiting=2, parked=1, oldest_at=at[2]),
            dispatches=Backlog(waiting=2, parked=1, oldest_at=at[4]),
        )
        assert expected == await store.outbox_state()


class ParkedItems:
    """What waits for a person is listed, whatever kind it is of."""

    async def test_parked_items_are_listed_newest_first(self, store: Store) -> None:
        items = [_parked(number) for number in range(7)]
        await stock(store, *items, make_event(), make_dispatch())

        assert [item.id for item in reversed(items)] == [
            found.id for found in (await store.parked(MANY)).items
        ]
        await assert_paged(store.parked, [_told(item) for item in reversed(items)])

    async def test_items_that_were_parked_at_once_are_all_listed(self, store: Store) -> None:
        items = [_parked(number, hours=0) for number in range(6)]
        await stock(store, *items)

        await assert_paged(store.parked, [_told(item) for item in reversed(items)])

    async def test_what_is_tried_again_is_parked_no_more(self, store: Store) -> None:
        event, dispatch = _parked(0), _parked(1)
        assert isinstance(event, Event)
        assert isinstance(dispatch, Dispatch)
        await stock(store, event, dispatch)

        await store.commit(Changes(updates=(retried_event(event, now=NOW), retried(dispatch, now=NOW))))

        assert [] == list((await store.parked(MANY)).items)
        assert [retried_event(event, now=NOW)] == await waiting_events(store)


def _parked(number: int, *, hours: int = 1) -> Event | Dispatch:
    """Events and dispatches in turn, each parked so many hours after the one before."""
    at = NOW + timedelta(hours=hours * number)
    fields: dict[str, Any] = {"parked_at": at, "attempts": 10, "last_error": f"error {number}"}
    if number % 2 == 0:
        return make_event(**fields)
    return make_dispatch(recipient=f"{number}", status=DispatchStatus.PARKED, **fields)


def _told(item: Event | Dispatch) -> Parked:
    if item.parked_at is None:
        raise ValueError("not parked")
    to = item if isinstance(item, Dispatch) else None
    return Parked(
        id=item.id,
        event_type=item.type.value if isinstance(item, Event) else item.event_type,
        subject_id=item.subject_id,
        channel=None if to is None else to.channel,
        recipient=None if to is None else to.recipient,
        attempts=10,
        last_error=item.last_error,
        parked_at=item.parked_at,
    )
