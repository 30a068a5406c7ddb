"""`/metrics` tells what is due for the sweep, and how long the oldest of it has waited."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from core.domain.changes import Changes
from core.domain.statuses import PaymentStatus
from ports.errors import Unavailable
from ports.store import DueKind
from tests.builders import make_order, make_payment, make_practitioner, make_service, make_session
from tests.http.market import Market, open_market


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    """A market with an application of its own: figures are kept for a moment."""
    async with open_market(docs_enabled=False) as market:
        yield market


async def figures(market: Market) -> dict[str, float]:
    """What is told of the sweep."""
    lines = (await market.client.get("/metrics")).text.splitlines()
    told = (line.rpartition(" ") for line in lines if line.startswith("estuary_sweep_"))
    return {name.removeprefix("estuary_sweep_"): float(value) for name, _, value in told}


async def test_what_is_due_is_told_by_kind(market: Market) -> None:
    now, order, seller = market.ports.clock.now(), make_order(), make_practitioner()
    service = make_service(seller)
    ended = [
        make_session(service, start_time=now - timedelta(hours=2 + n), end_time=now - timedelta(hours=1 + n))
        for n in range(2)
    ]
    undecided = [
        make_payment(
            order,
            status=PaymentStatus.UNKNOWN,
            updated_at=now - timedelta(seconds=seconds),
            idempotency_key=f"pi:{seconds}",
        )
        for seconds in (14, 60)
    ]
    await market.ports.store.commit(Changes(inserts=(order, seller, service, *ended, *undecided)))

    told = await figures(market)

    assert (2, 7200) == (told['due_items{kind="sessions"}'], told['oldest_due_seconds{kind="sessions"}'])
    assert (1, 60) == (told['due_items{kind="payments"}'], told['oldest_due_seconds{kind="payments"}'])
    assert (0, 0) == (told['due_items{kind="payouts"}'], told['oldest_due_seconds{kind="payouts"}'])
    assert {kind.value for kind in DueKind} == {name.split('"')[1] for name in told}


async def test_a_store_that_is_down_makes_no_figures_and_no_error(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(kind: DueKind, now: datetime) -> None:
        raise Unavailable("down for a moment")

    monkeypatch.setattr(market.ports.store, "overdue", down)

    told = await figures(market)

    assert 2 * len(DueKind) == len(told)
    assert all(value != value for value in told.values()), told  # noqa: PLR0124 - only NaN differs from itself
