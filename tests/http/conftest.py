"""The marketplace that a test of the API starts with."""

from collections.abc import AsyncIterator

import pytest

from tests.http.market import Market, open_market


@pytest.fixture
async def market() -> AsyncIterator[Market]:
    """A market of one deployment."""
    async with open_market() as market:
        yield market


@pytest.fixture
async def crowd() -> AsyncIterator[Market]:
    """The same, over a store in which other requests run between any two calls."""
    async with open_market(yielding=True) as market:
        yield market
