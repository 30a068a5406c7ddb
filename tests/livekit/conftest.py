"""A workshop that meets online."""

from collections.abc import AsyncIterator

import pytest

from tests.livekit.live import Live, open_live


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    async with open_live() as live:
        yield live
