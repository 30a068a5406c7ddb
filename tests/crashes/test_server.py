"""A server is killed at every boundary of what moves money: each request is done once, or not at all."""

from collections.abc import Callable

import httpx
import pytest

from tests.crashes.flows import FLOWS
from tests.crashes.rounds import Ground, kill_servers_in
from tests.crashes.scenes import Flow


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name.replace(" ", "_"))
async def test_a_server_killed_anywhere_leaves_each_request_done_once_or_not_at_all(
    flow: Flow, ground: Ground, client: httpx.AsyncClient, tally: Callable[[str, int], None]
) -> None:
    found = await kill_servers_in(flow, ground, client)

    assert () == tuple(found.troubles)
    tally(ground.backend, found.points)
