"""Every list, load and sweep is served by indexes, in their order: the server's own word for it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from attrs import evolve, frozen
from pymongo import AsyncMongoClient

from adapters.memory.testing.budget_scenes import Busy, busy_marketplace
from adapters.memory.testing.budgets import READS
from adapters.memory.testing.builders import make_dispute, make_earnings, make_payment, make_service
from adapters.memory.testing.ids import NOW
from adapters.memory.testing.sales import make_sale
from adapters.mongo.documents import CODEC, Document
from adapters.mongo.indexes import INDEXES
from adapters.mongo.store import MongoStore
from core.domain.calendar import Span
from core.domain.catalogue import ServiceType
from core.domain.changes import Changes
from core.domain.dispatches import Channel
from core.domain.ids import RunId
from core.domain.orders import OrderType
from core.domain.statuses import DisputeStatus, EarningsStatus, InboxStatus, OrderStatus, WaitlistStatus
from ports.queries import BookingState, Cursor, Page
from ports.store import DueKind, Kind
from tests.mongo.commands import Commands
from tests.mongo.databases import new_name, opened, raw
from tests.servers import MongoServer

LATER: Final = NOW + timedelta(days=365)
PAGE: Final = Page(limit=5, after=Cursor(at=LATER, id=UUID(int=2**128 - 1)))
FIRST: Final = Page(limit=5, after=Cursor(at=NOW, id=UUID(int=0)))
WEEK: Final = Span(start=NOW, end=NOW + timedelta(days=7))

Read = Callable[[MongoStore, Busy], Awaitable[object]]


def _due(kind: DueKind) -> Read:
    return lambda store, _: store.due(kind, LATER, 100)


def _overdue(kind: DueKind) -> Read:
    return lambda store, _: store.overdue(kind, LATER)


LISTS: Final[Mapping[str, Read]] = {
    "services": lambda s, _: s.services(PAGE),
    "services of a type": lambda s, _: s.services(PAGE, service_type=ServiceType.COURSE),
    "a practitioner's services": lambda s, b: s.services(PAGE, practitioner_id=b.practitioner.id),
    "public sessions": lambda s, _: s.sessions(FIRST),
    "public sessions in a week": lambda s, _: s.sessions(FIRST, start=NOW, end=LATER),
    "a service's public sessions": lambda s, b: s.sessions(FIRST, service_id=b.course.id, start=NOW),
    "sessions for review": lambda s, _: s.sessions_for_review(FIRST, practitioner_id=None),
    "a practitioner's sessions for review": lambda s, b: s.sessions_for_review(
        FIRST, practitioner_id=b.practitioner.id
    ),
    "everybody's orders": lambda s, _: s.orders(PAGE, user_id=None),
    "everybody's refunded orders": lambda s, _: s.orders(PAGE, user_id=None, status=OrderStatus.REFUNDED),
    "a user's orders": lambda s, b: s.orders(PAGE, user_id=b.user),
    "a user's packages": lambda s, b: s.orders(PAGE, user_id=b.user, order_type=OrderType.PACKAGE),
    "an order's seats": lambda s, b: s.order_seats(b.order.id),
    "an order's payments": lambda s, b: s.order_payments(b.order.id),
    "an order's refunds": lambda s, b: s.refunds(b.order.id),
    "a user's seats": lambda s, b: s.seats(PAGE, user_id=b.user, now=NOW),
    "a user's seats to come": lambda s, b: s.seats(
        PAGE, user_id=b.user, now=NOW, state=BookingState.UPCOMING
    ),
    "a user's drafts": lambda s, b: s.seats(PAGE, user_id=b.user, now=NOW, state=BookingState.UNSCHEDULED),
    "a user's seats in a session": lambda s, b: s.seats(
        PAGE, user_id=b.user, now=NOW, session_id=b.workshop_session.id
    ),
    "a user's seats of an order": lambda s, b: s.seats(PAGE, user_id=b.user, now=NOW, order_id=b.order.id),
    "a session's line": lambda s, b: s.line(FIRST, session_id=b.workshop_session.id),
    "a user's places in lines": lambda s, b: s.places(PAGE, user_id=b.user),
    "a user's places that wait": lambda s, b: s.places(PAGE, user_id=b.user, status=WaitlistStatus.WAITING),
    "the inbox": lambda s, _: s.inbox_items(PAGE),
    "parked notices": lambda s, _: s.inbox_items(PAGE, status=InboxStatus.PARKED),
    "everybody's earnings": lambda s, _: s.earnings(PAGE, practitioner_id=None),
    "everybody's pending earnings": lambda s, _: s.earnings(
        PAGE, practitioner_id=None, status=EarningsStatus.PENDING
    ),
    "a practitioner's earnings": lambda s, b: s.earnings(PAGE, practitioner_id=b.practitioner.id),
    "a practitioner's pending earnings": lambda s, b: s.earnings(
        PAGE, practitioner_id=b.practitioner.id, status=EarningsStatus.PENDING
    ),
    "everybody's disputes": lambda s, _: s.disputes(PAGE),
    "open disputes": lambda s, _: s.disputes(PAGE, status=DisputeStatus.OPEN),
    "an order's disputes": lambda s, b: s.order_disputes(b.order.id),
    "everybody's payouts": lambda s, _: s.payouts(PAGE, practitioner_id=None),
    "a practitioner's payouts": lambda s, b: s.payouts(PAGE, practitioner_id=b.practitioner.id),
    "what a payout could take": lambda s, b: s.load_payable(b.practitioner.id),
    "what a payout took": lambda s, b: s.load_payout(b.payout.id),
    "a practitioner's calendar": lambda s, b: s.calendar(WEEK, practitioner_id=b.practitioner.id),
    "everybody's calendar": lambda s, _: s.calendar(WEEK, practitioner_id=None),
    "everybody's subscriptions": lambda s, _: s.subscriptions(PAGE, owner_id=None),
    "an owner's subscriptions": lambda s, b: s.subscriptions(PAGE, owner_id=b.subscription.owner_id),
    "a recipient's messages": lambda s, _: s.dispatches_to(PAGE, channel=Channel.MAIL, recipient="somebody"),
    "requests to forget": lambda s, _: s.forget_idempotency(NOW, 100),
    "runs": lambda s, _: s.runs(PAGE),
    "what a run brought in": lambda s, b: s.brought(RunId(b.user), Kind.ORDER),
    **{f"due {kind}": _due(kind) for kind in DueKind},
    **{f"overdue {kind}": _overdue(kind) for kind in DueKind},
}
"""Whatever comes in an order."""

UNORDERED: Final[Mapping[str, Read]] = {
    name: read
    for name, (_, read) in READS.items()
    if name not in (*LISTS, "calendar", "trial_balance", "ping")
}
"""Whatever else is looked up. The trial balance reads the whole journal, as it must."""


@frozen
class Explained:
    """A store that has been busy, and a way to ask its server how it does things."""

    store: MongoStore
    busy: Busy
    commands: Commands
    client: AsyncMongoClient[Document]

    async def plans(self, read: Read) -> list[Document]:
        """How the server carries out what a read sends."""
        start = len(self.commands.sent)
        await read(self.store, self.busy)
        sent = [command for command in self.commands.sent[start:] if {"find", "aggregate"} & command.keys()]
        return [await self._explain(command) for command in sent]

    async def _explain(self, command: Document) -> Document:
        told = ("find", "aggregate", "filter", "sort", "limit", "projection", "pipeline", "cursor")
        asked = {name: value for name, value in command.items() if name in told}
        database = self.client[self.store.database]
        return await database.command("explain", asked, verbosity="executionStats", codec_options=CODEC)


@pytest.fixture(scope="module")
async def explained(mongo_server: MongoServer) -> AsyncIterator[Explained]:
    commands = Commands()
    async with (
        opened(mongo_server, new_name(), listeners=(commands,)) as store,
        raw(mongo_server) as client,
    ):
        await store.migrate()
        busy = await busy_marketplace(store)
        await store.commit(_others(busy))
        yield Explained(store, busy, commands, client)


def _others(busy: Busy) -> Changes:
    """Enough of what is not asked for: the practitioner's earnings are released, another's are not; and
    disputes that are over.
    """
    sale = make_sale(seats=30)
    charge = make_payment(sale.order)
    released = (evolve(row, status=EarningsStatus.AVAILABLE, version=2) for row in busy.earned)
    return Changes(
        inserts=(
            *sale.rows,
            *(make_earnings(seat) for seat in sale.bookings),
            *(make_service(sale.practitioner) for _ in range(30)),
            charge,
            *(make_dispute(charge, status=DisputeStatus.WON) for _ in range(30)),
            make_dispute(charge),
        ),
        updates=tuple(released),
    )


@pytest.mark.parametrize("what", LISTS)
async def test_a_list_follows_an_index(explained: Explained, what: str) -> None:
    plans = await explained.plans(LISTS[what])

    assert plans
    for plan in plans:
        stages = set(_stages(plan))
        assert not stages & {"COLLSCAN", "SORT", "$sort"}, plan
        assert stages & {"IXSCAN", "IDHACK"}, plan
        assert 0 == sum(_collection_scans(plan)), plan


@pytest.mark.parametrize("what", UNORDERED)
async def test_a_load_reads_no_collection_from_end_to_end(explained: Explained, what: str) -> None:
    for plan in await explained.plans(UNORDERED[what]):
        assert "COLLSCAN" not in set(_stages(plan)), plan
        assert 0 == sum(_collection_scans(plan)), plan


@pytest.mark.parametrize("kind", Kind)
async def test_a_scan_follows_an_index(explained: Explained, kind: Kind) -> None:
    async def scan(store: MongoStore, _: Busy) -> object:
        return [row async for row in store.scan(kind, batch=10)]

    for plan in await explained.plans(scan):
        assert not set(_stages(plan)) & {"COLLSCAN", "SORT"}, plan


async def test_every_index_is_there_for_some_read(explained: Explained) -> None:
    used: set[str] = set()
    for read in (*LISTS.values(), *UNORDERED.values()):
        for plan in await explained.plans(read):
            used.update(_indexes(plan))

    made = {index.document["name"] for indexes in INDEXES.values() for index in indexes}
    keys = {"payment_key", "refund_key", "payout_key", "dispute_ref", "chain", "seat", "place"}
    keys |= {"dispatch_recipient", "orders_of_service", "disputes_of_payment"}
    assert made - keys == (used - {"_id_"}) - keys


def _indexes(plan: Any) -> Iterator[str]:
    """The indexes that the winning plans and their lookups use."""
    if isinstance(plan, list):
        for part in plan:
            yield from _indexes(part)
    if isinstance(plan, dict):
        if "indexName" in plan:
            yield plan["indexName"]
        yield from plan.get("indexesUsed", ())
        for name, part in plan.items():
            if name != "rejectedPlans":
                yield from _indexes(part)


def _stages(plan: Any) -> Iterator[str]:
    """The stages of the winning plans, wherever they are nested; rejected plans do not count."""
    if isinstance(plan, list):
        for part in plan:
            yield from _stages(part)
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan["stage"]
        for name, part in plan.items():
            if name.startswith("$"):
                yield name
            if name not in ("rejectedPlans", "command", "parsedQuery", "pipeline"):
                yield from _stages(part)


def _collection_scans(plan: Any) -> Iterator[int]:
    """How often each lookup read a collection from end to end."""
    if isinstance(plan, list):
        for part in plan:
            yield from _collection_scans(part)
    if isinstance(plan, dict):
        if "collectionScans" in plan:
            yield int(plan["collectionScans"])
        for part in plan.values():
            yield from _collection_scans(part)
