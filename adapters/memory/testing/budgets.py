"""Contract: how many statements a load, a list or a commit may take, however many rows it touches.

Stores that speak to a database join with a fixture `statements`; a store that has no statements does
not join.
"""

# ruff: noqa: S101, SIM300 - assert is how a contract speaks, and it says what is expected first

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.memory.testing.budget_commits import commit_shapes
from adapters.memory.testing.budget_scenes import FEED, Busy, busy_marketplace
from adapters.memory.testing.calendar_reading import crowded_calendar
from adapters.memory.testing.examples_of_runs import make_run
from adapters.memory.testing.ids import NOW
from adapters.memory.testing.journal import make_lease
from adapters.memory.testing.runs import bring
from adapters.memory.testing.sales import make_sale
from core.domain.calendar import Span
from core.domain.changes import Changes
from core.domain.dispatches import Channel
from core.domain.ids import InboxId, RunId
from core.domain.statuses import InboxStatus
from ports.queries import Page
from ports.store import DueKind, Kind, Store

Statements = Callable[[], AbstractContextManager[Sequence[str]]]
"""Begins a count: the sequence grows with each statement or command that is sent to the database.

What begins, sets up or ends a transaction is not counted.
"""

ABSENT = UUID(int=7)
LATER = NOW + timedelta(days=365)
PAGE = Page(limit=50)
YEAR = Span(start=NOW, end=LATER)

Read = Callable[[Store, Busy], Awaitable[object]]

READS: Mapping[str, tuple[int, Read]] = {
    "load_checkout of a package": (3, lambda s, b: s.load_checkout(b.package.id, b.user)),
    "load_checkout of a course": (3, lambda s, b: s.load_checkout(b.course.id, b.user)),
    "load_checkout at a time": (3, lambda s, b: s.load_checkout(b.service.id, b.user, start_time=NOW)),
    "load_payment": (5, lambda s, b: s.load_payment(b.payment.id)),
    "load_order": (4, lambda s, b: s.load_order(b.order.id)),
    "load_schedule": (
        4,
        lambda s, b: s.load_schedule(b.seat.id, start_time=NOW, session_id=b.workshop_session.id),
    ),
    "load_delivery": (4, lambda s, b: s.load_delivery(b.workshop_session.id)),
    "load_cancellation": (4, lambda s, b: s.load_cancellation(b.workshop_session.id)),
    "load_checkout of a workshop": (
        3,
        lambda s, b: s.load_checkout(b.workshop_session.service_id, b.user, session_id=b.workshop_session.id),
    ),
    "load_place": (3, lambda s, b: s.load_place(b.workshop_session.id, b.user)),
    "load_line": (2, lambda s, b: s.load_line(b.workshop_session.id)),
    "line": (1, lambda s, b: s.line(PAGE, session_id=b.workshop_session.id)),
    "places": (1, lambda s, b: s.places(PAGE, user_id=b.user)),
    "inbox_items": (1, lambda s, _: s.inbox_items(PAGE)),
    "parked inbox_items": (1, lambda s, _: s.inbox_items(PAGE, status=InboxStatus.PARKED)),
    "inbox_item": (1, lambda s, _: s.inbox_item(InboxId(ABSENT))),
    "waitlist_entry": (1, lambda s, b: s.waitlist_entry(b.line[0].id)),
    "load_refund": (3, lambda s, b: s.load_refund(b.refund.id)),
    "load_payable": (2, lambda s, b: s.load_payable(b.practitioner.id)),
    "load_payout": (3, lambda s, b: s.load_payout(b.payout.id)),
    "load_earnings": (1, lambda s, b: s.load_earnings(b.earnings_ids)),
    "find_idempotency": (1, lambda s, _: s.find_idempotency("user:1", "k-1")),
    "services": (1, lambda s, _: s.services(PAGE)),
    "sessions": (1, lambda s, _: s.sessions(PAGE)),
    "sessions_for_review": (1, lambda s, b: s.sessions_for_review(PAGE, practitioner_id=b.practitioner.id)),
    "everybody's sessions_for_review": (1, lambda s, _: s.sessions_for_review(PAGE, practitioner_id=None)),
    "busy": (1, lambda s, b: s.busy(b.practitioner.id, start=NOW, end=LATER)),
    "orders": (1, lambda s, b: s.orders(PAGE, user_id=b.user)),
    "order_seats": (1, lambda s, b: s.order_seats(b.order.id)),
    "seat": (1, lambda s, b: s.seat(b.seat.id)),
    "seats": (1, lambda s, b: s.seats(PAGE, user_id=b.user, now=NOW)),
    "earnings": (1, lambda s, b: s.earnings(PAGE, practitioner_id=b.practitioner.id)),
    "earnings_summary": (2, lambda s, b: s.earnings_summary(b.practitioner.id, currency="usd")),
    "payouts": (1, lambda s, b: s.payouts(PAGE, practitioner_id=b.practitioner.id)),
    "order_disputes": (1, lambda s, b: s.order_disputes(b.order.id)),
    "disputes": (1, lambda s, _: s.disputes(PAGE)),
    "order_entries": (1, lambda s, b: s.order_entries(b.order.id)),
    "order_transactions": (1, lambda s, b: s.order_transactions(b.order.id)),
    "credit_transactions": (2, lambda s, b: s.credit_transactions(PAGE, user_id=b.user)),
    "account_balances": (1, lambda s, _: s.account_balances("payment_gateway")),
    "trial_balance": (1, lambda s, _: s.trial_balance()),
    "calendar": (2, lambda s, b: s.calendar(YEAR, practitioner_id=b.practitioner.id)),
    "everybody's calendar": (2, lambda s, _: s.calendar(YEAR, practitioner_id=None)),
    "practitioners_with_account": (1, lambda s, _: s.practitioners_with_account("acct_1")),
    "feed_owner": (1, lambda s, _: s.feed_owner(FEED)),
    "package_usage": (1, lambda s, b: s.package_usage(practitioner_id=b.practitioner.id)),
    "everybody's package_usage": (1, lambda s, _: s.package_usage(practitioner_id=None)),
    "day_sums": (1, lambda s, b: s.day_sums(YEAR, practitioner_id=b.practitioner.id)),
    "everybody's day_sums": (1, lambda s, _: s.day_sums(YEAR, practitioner_id=None)),
    "claim_events": (3, lambda s, _: s.claim_events(make_lease(), 100)),
    "claim_dispatches": (3, lambda s, _: s.claim_dispatches(Channel.MAIL, make_lease(), 100)),
    "load_events": (1, lambda s, b: s.load_events(b.event_ids)),
    "load_dispatches": (1, lambda s, b: s.load_dispatches(b.dispatch_ids)),
    "dispatches_to": (
        1,
        lambda s, _: s.dispatches_to(PAGE, channel=Channel.MAIL, recipient="somebody"),
    ),
    "subscription": (1, lambda s, b: s.subscription(b.subscription.id)),
    "subscriptions": (1, lambda s, b: s.subscriptions(PAGE, owner_id=b.subscription.owner_id)),
    "everybody's subscriptions": (1, lambda s, _: s.subscriptions(PAGE, owner_id=None)),
    "subscriptions_about": (1, lambda s, b: s.subscriptions_about(b.subscription.owner_id)),
    "load_run": (1, lambda s, _: s.load_run(RunId(ABSENT))),
    "runs": (1, lambda s, _: s.runs(PAGE)),
    "brought": (1, lambda s, _: s.brought(RunId(ABSENT), Kind.ORDER)),
    "brought_of": (1, lambda s, _: s.brought_of(RunId(ABSENT), Kind.ORDER, [str(ABSENT)])),
    "parked": (1, lambda s, _: s.parked(PAGE)),
    "outbox_state": (1, lambda s, _: s.outbox_state()),
    "forget_idempotency": (2, lambda s, _: s.forget_idempotency(LATER, 100)),
    "ping": (1, lambda s, _: s.ping()),
}
"""How many statements each may take at most, and how to ask for it."""

COMMITS: Mapping[str, int] = {
    "a package checkout of five seats": 10,
    "a course checkout of five seats": 8,
    "a confirmation of five seats": 9,
    "a scheduled seat": 5,
    "a called off session of five seats": 10,
    "a completed session of five seats": 7,
    "a lost dispute about five seats": 10,
    "an event in a room": 1,
    "a line in which five are offered seats": 3,
    "a release of fifty earnings": 2,
    "a payout of fifty earnings": 6,
}
"""How many statements each may take at most: one for each table, and one more for each guard."""


class StatementBudgets:
    """No statement per row, anywhere."""

    @pytest.mark.parametrize("what", READS)
    async def test_a_read_stays_within_its_budget(
        self, store: Store, statements: Statements, what: str
    ) -> None:
        budget, read = READS[what]
        busy = await busy_marketplace(store)

        with statements() as sent:
            await read(store, busy)

        assert len(sent) <= budget, sent
        assert sent

    async def test_a_calendar_takes_two_statements_however_many_come(
        self, store: Store, statements: Statements
    ) -> None:
        practitioner = await crowded_calendar(store, sessions=200, attendees=10)

        with statements() as sent:
            found = await store.calendar(YEAR, practitioner_id=practitioner.id)

        assert [10] * 200 == [len(item.attendees) for item in found]
        assert len(sent) <= 2, sent

    @pytest.mark.parametrize("kind", DueKind)
    async def test_what_is_due_takes_one_statement(
        self, store: Store, statements: Statements, kind: DueKind
    ) -> None:
        await busy_marketplace(store)

        with statements() as sent:
            await store.due(kind, LATER, 100)
        with statements() as counted:
            await store.overdue(kind, LATER)

        assert len(sent) <= 1, sent
        assert len(counted) <= 1, counted

    @pytest.mark.parametrize("kind", Kind)
    async def test_a_scan_takes_two_statements_for_each_batch(
        self, store: Store, statements: Statements, kind: Kind
    ) -> None:
        await busy_marketplace(store)

        with statements() as sent:
            rows = [row async for row in store.scan(kind, batch=10)]

        assert len(sent) <= 2 * (len(rows) // 10 + 1), sent

    async def test_counting_takes_one_statement(self, store: Store, statements: Statements) -> None:
        await busy_marketplace(store)

        with statements() as sent:
            counts = [await store.count(kind) for kind in Kind]

        assert sum(counts) > 100
        assert len(Kind) == len(sent), sent

    async def test_taking_rows_back_takes_as_many_statements_for_ten_as_for_one(
        self, store: Store, statements: Statements
    ) -> None:
        """For each kind: look, ask each kind that may name it, delete."""
        await busy_marketplace(store)
        run = make_run()
        batches = [[await bring(store, run, make_sale()) for _ in range(size)] for size in (1, 10)]

        counts = []
        for batch in batches:
            with statements() as sent:
                await store.commit(Changes(withdrawals=tuple(note for notes in batch for note in notes)))
            counts.append(len(sent))

        assert counts[0] == counts[1] <= 40

    @pytest.mark.parametrize("what", COMMITS)
    async def test_a_commit_stays_within_its_budget(
        self, store: Store, statements: Statements, what: str
    ) -> None:
        busy = await busy_marketplace(store)
        changes = commit_shapes(busy)[what]

        with statements() as sent:
            await store.commit(changes)

        assert len(sent) <= COMMITS[what], sent
        assert sent
