"""`/metrics` tells how old and how much the work of the outbox is."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.http import readings
from core.domain.changes import Changes
from core.domain.statuses import DispatchStatus
from ports.errors import Unavailable
from tests.builders import make_dispatch, make_event
from tests.http.market import Market, open_market


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    """A market with an application of its own: figures are kept for a moment."""
    async with open_market(docs_enabled=False) as market:
        yield market


async def figures(market: Market) -> dict[str, float]:
    """What is told of the outbox."""
    lines = (await market.client.get("/metrics")).text.splitlines()
    told = (line.rpartition(" ") for line in lines if line.startswith("estuary_outbox_"))
    return {name.removeprefix("estuary_outbox_"): float(value) for name, _, value in told}


async def test_the_outbox_is_told_in_figures(market: Market) -> None:
    before = await market.ports.store.outbox_state()
    now = market.ports.clock.now()
    old = make_event(occurred_at=now - timedelta(hours=1))
    parked = {"status": DispatchStatus.PARKED, "parked_at": now}
    await market.ports.store.commit(
        Changes(
            inserts=(
                old,
                make_event(parked_at=now),
                make_dispatch(old, created_at=now - timedelta(minutes=1)),
                make_dispatch(old, recipient="another", **parked),
            )
        )
    )

    assert {
        'items{kind="event",state="waiting"}': before.events.waiting + 1,
        'items{kind="event",state="parked"}': 1,
        'items{kind="message",state="waiting"}': 1,
        'items{kind="message",state="parked"}': 1,
        'oldest_waiting_seconds{kind="event"}': 3600,
        'oldest_waiting_seconds{kind="message"}': 60,
    } == await figures(market)


async def test_figures_are_read_no_oftener_than_needed(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await figures(market)
    await market.ports.store.commit(Changes(inserts=(make_dispatch(),)))

    assert first == await figures(market)
    monkeypatch.setattr(readings, "KEPT_SECONDS", 0.0)
    assert first != await figures(market)


async def test_a_store_that_is_down_makes_no_figures_and_no_error(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down() -> None:
        raise Unavailable("down for a moment")

    monkeypatch.setattr(market.ports.store, "outbox_state", down)

    told = await figures(market)

    assert 6 == len(told), told
    assert all(value != value for value in told.values()), told  # noqa: PLR0124 - only NaN differs from itself
