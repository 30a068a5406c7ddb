"""Contract: what webhooks told is kept once, listed, and due until it is through."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from adapters.memory.testing.ids import NOW, moments, new_id
from adapters.memory.testing.paging import assert_paged
from adapters.memory.testing.sales import stock
from core.domain.changes import Changes
from core.domain.inbox import InboxItem, Notice, Subject, applied, parked, put_off, received
from core.domain.statuses import InboxStatus
from ports.errors import AlreadyExists, ConcurrencyConflict
from ports.store import DueKind, Kind, Store


def make_notice(**overrides: Any) -> InboxItem:
    """An event about a payment of ours, received at NOW."""
    at = overrides.pop("received_at", NOW)
    fields: dict[str, Any] = {
        "provider": "stripe",
        "event_id": f"evt_{new_id().hex}",
        "event_type": "payment_intent.succeeded",
        "object_id": "pi_1",
        "subject": Subject.PAYMENT,
        "subject_id": UUID(int=7),
    }
    return received(Notice(**(fields | overrides)), now=at)


class InboxReads:
    """An event is one row, however often it is told."""

    async def test_a_notice_comes_back_equal(self, store: Store) -> None:
        ours, foreign = make_notice(), make_notice(subject=Subject.OTHER, subject_id=None, object_id=None)
        await stock(store, ours, foreign)

        assert [ours, foreign] == [await store.inbox_item(item.id) for item in (ours, foreign)]
        assert None is await store.inbox_item(make_notice().id)

    async def test_a_known_event_is_refused(self, store: Store) -> None:
        item = make_notice(event_id="evt_1")
        await stock(store, item)

        with pytest.raises(AlreadyExists) as refused:
            await store.commit(Changes(inserts=(make_notice(event_id="evt_1", event_type="other"),)))
        await stock(store, make_notice(event_id="evt_1", provider="somebody else"))

        assert Kind.INBOX == refused.value.constraint
        assert item == await store.inbox_item(item.id)

    async def test_fifty_copies_at_once_are_one_row(self, store: Store) -> None:
        item = make_notice()
        told = await asyncio.gather(
            *(store.commit(Changes(inserts=(item,))) for _ in range(50)), return_exceptions=True
        )

        assert 1 == sum(1 for answer in told if answer is None)
        assert [item] == [row async for row in store.scan(Kind.INBOX)]

    async def test_what_waits_is_due_at_its_next_try(self, store: Store) -> None:
        first, second = (make_notice(received_at=at) for at in moments(2))
        late = put_off(make_notice(), "no answer", now=NOW)
        await stock(store, second, first, evolve(late, version=1), parked_now(), applied_now())

        assert [first.id] == list(await store.due(DueKind.INBOX, NOW, 10))
        assert [first.id, late.id, second.id] == list(
            await store.due(DueKind.INBOX, NOW + timedelta(hours=1), 10)
        )
        assert [first.id, late.id] == list(await store.due(DueKind.INBOX, NOW + timedelta(hours=1), 2))

    async def test_only_one_of_two_who_apply_a_notice_moves_it(self, store: Store) -> None:
        item = make_notice()
        await stock(store, item)
        await store.commit(Changes(updates=(applied(item),)))

        with pytest.raises(ConcurrencyConflict):
            await store.commit(Changes(updates=(parked(item, "late"),)))

        assert [applied(item)] == [row async for row in store.scan(Kind.INBOX)]
        assert [] == list(await store.due(DueKind.INBOX, NOW + timedelta(days=9), 10))

    async def test_the_inbox_is_listed_newest_first(self, store: Store) -> None:
        first, second, third = (make_notice(received_at=at) for at in moments(3))
        left = parked_now(received_at=NOW + timedelta(days=1))
        await stock(store, third, left, first, second)

        await assert_paged(store.inbox_items, [left, third, second, first])
        await assert_paged(lambda p: store.inbox_items(p, status=InboxStatus.WAITING), [third, second, first])
        await assert_paged(lambda p: store.inbox_items(p, status=InboxStatus.PARKED), [left])


def parked_now(**overrides: Any) -> InboxItem:
    """An event that nobody applies."""
    return make_notice(parked="dispute", **overrides)


def applied_now() -> InboxItem:
    """An event that is through."""
    return evolve(applied(make_notice()), version=1)
