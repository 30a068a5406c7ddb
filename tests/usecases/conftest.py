"""Use cases run on the in-memory adapters, which ship for exactly this."""

from collections.abc import AsyncIterator

import pytest

from tests.usecases.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A marketplace whose books must balance when the test is over."""
    world = World()
    yield world
    await world.assert_books_balance()
