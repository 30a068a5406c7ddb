"""Contract: who is told of events, and what was sent to them."""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from adapters.memory.testing.example import LATER, TEXT, Example
from adapters.memory.testing.ids import NOW, moments, new_id, new_user
from adapters.memory.testing.journal import make_dispatch
from adapters.memory.testing.paging import assert_paged
from adapters.memory.testing.sales import stock
from core.domain.changes import Changes
from core.domain.dispatches import Channel
from core.domain.events import EventType
from core.domain.ids import SubscriptionId
from core.domain.statuses import DispatchStatus
from core.domain.subscriptions import Subscription, SubscriptionStatus
from ports.errors import ConcurrencyConflict
from ports.queries import Page
from ports.store import Store

OLD = "whsec_b2xk"


def make_subscription(**overrides: Any) -> Subscription:
    """Somebody's active subscription to all events that name them."""
    owner = new_user()
    fields: dict[str, Any] = {
        "id": SubscriptionId(new_id()),
        "owner_id": owner,
        "practitioner_id": overrides.get("owner_id", owner),
        "url": "https://example.org/hook",
        "secret": "whsec_c2VjcmV0",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Subscription(**(fields | overrides))


def subscription() -> Example:
    """A subscription in the middle of a rotation, whose receiver is gone after it."""
    first = make_subscription(
        url="https://example.org/" + "x" * 2000,
        event_types=(EventType.PAYOUT_PAID, EventType.BOOKING_CONFIRMED),
        description=TEXT,
        previous_secret=OLD,
        previous_secret_until=LATER,
        created_at=NOW + timedelta(milliseconds=1),
    )
    second = evolve(
        first,
        url="",
        event_types=(),
        description="",
        secret="",
        previous_secret=None,
        previous_secret_until=None,
        status=SubscriptionStatus.DISABLED,
        disabled_reason=TEXT,
        updated_at=LATER,
        version=2,
    )
    return Example(first=first, second=second)


class SubscriptionReads:
    """Subscriptions are found by id, by owner, and by whom an event is about."""

    async def test_a_subscription_is_found_by_its_id(self, store: Store) -> None:
        one = make_subscription()
        await stock(store, one, make_subscription())

        assert one == await store.subscription(one.id)
        assert await store.subscription(SubscriptionId(new_id())) is None

    async def test_subscriptions_are_listed_newest_first(self, store: Store) -> None:
        owner = new_user()
        rows = [make_subscription(owner_id=owner, created_at=at) for at in moments(3) for _ in range(2)]
        rows[2] = evolve(rows[2], status=SubscriptionStatus.DISABLED)
        gone = make_subscription(owner_id=owner, status=SubscriptionStatus.DELETED)
        other = make_subscription(created_at=NOW - timedelta(days=1))
        await stock(store, *reversed(rows), gone, other)

        newest = rows[::-1]
        await assert_paged(lambda page: store.subscriptions(page, owner_id=owner), newest)
        await assert_paged(lambda page: store.subscriptions(page, owner_id=None), [*newest, other])
        assert [] == list((await store.subscriptions(Page(), owner_id=new_user())).items)

    async def test_an_event_finds_whoever_may_hear_of_it(self, store: Store) -> None:
        ana = new_user()
        hers = make_subscription(owner_id=ana)
        everybodys = make_subscription(practitioner_id=None)
        silent = [
            make_subscription(owner_id=ana, status=SubscriptionStatus.DISABLED),
            make_subscription(practitioner_id=None, status=SubscriptionStatus.DELETED),
            make_subscription(),
        ]
        await stock(store, hers, everybodys, *silent)

        about_her = await store.subscriptions_about(ana)

        assert {hers.id, everybodys.id} == {row.id for row in about_her}
        assert 2 == len(about_her)
        assert [everybodys] == list(await store.subscriptions_about(None))
        assert [everybodys] == list(await store.subscriptions_about(new_user()))

    async def test_a_subscription_changes_from_the_version_before(self, store: Store) -> None:
        one = make_subscription()
        await stock(store, one)
        after = evolve(one, status=SubscriptionStatus.DISABLED, version=2)

        await store.commit(Changes(updates=(after,)))

        with pytest.raises(ConcurrencyConflict):
            await store.commit(Changes(updates=(after,)))
        assert after == await store.subscription(one.id)
        assert [] == list(await store.subscriptions_about(one.owner_id))


class Deliveries:
    """What was planned for one recipient."""

    async def test_a_recipients_dispatches_are_listed_newest_first(self, store: Store) -> None:
        to: dict[str, Any] = {"channel": Channel.WEBHOOK, "recipient": "r"}
        statuses = (DispatchStatus.SENT, DispatchStatus.PARKED, DispatchStatus.WAITING)
        rows = [
            make_dispatch(**to, created_at=at, status=status, parked_at=at)
            for at, status in zip(moments(3), statuses, strict=True)
        ]
        others = (make_dispatch(recipient="r"), make_dispatch(channel=Channel.WEBHOOK, recipient="s"))
        await stock(store, *rows, *others)

        await assert_paged(lambda page: store.dispatches_to(page, **to), rows[::-1])
        for row in rows:
            found = await store.dispatches_to(Page(), **to, status=row.status)
            assert [row] == list(found.items)
