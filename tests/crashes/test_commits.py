"""A server is killed inside its commits, after each statement: nothing of such a commit ever happened."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

import httpx
import pytest
from attrs import evolve
from pymongo import AsyncMongoClient

from adapters.mongo.documents import Document
from tests.crashes.flows import by_card_and_credits
from tests.crashes.rounds import Ground, kill_servers_in
from tests.crashes.scenes import Flow
from tests.mongo.databases import raw
from tests.servers import MongoServer

CREDITS_HELD: Final[Mapping[str, str]] = {
    "sqlite": "update credit_accounts",
    "postgresql": "update credit_accounts",
    "mongodb": "update accounts",
}
"""PostgreSQL writes its tables with few statements, the others with one for each."""

LIFETIME: Final = "transactionLifetimeLimitSeconds"


@pytest.fixture
async def until_given_up(
    request: pytest.FixtureRequest, store_url: str
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Waits until the database has given up the transactions of the dead.

    The others do when the connection ends. MongoDB takes its time, as long as a transaction may last.
    """
    if not store_url.startswith("mongodb"):
        yield _at_once
        return
    server: MongoServer = request.getfixturevalue("mongo_server")
    async with raw(server) as client:
        before = await client.admin.command({"getParameter": 1, LIFETIME: 1})
        await client.admin.command({"setParameter": 1, LIFETIME: 2})

        async def given_up() -> None:
            async with asyncio.timeout(60):
                while await _open_transactions(client):  # noqa: ASYNC110 - it is the database that gives up
                    await asyncio.sleep(0.1)

        yield given_up
        await client.admin.command({"setParameter": 1, LIFETIME: before[LIFETIME]})


async def _open_transactions(client: AsyncMongoClient[Document]) -> int:
    status = await client.admin.command("serverStatus")
    return int(status["transactions"]["currentOpen"])


async def _at_once() -> None:
    """Nothing to wait for."""


async def test_a_server_killed_inside_a_commit_has_not_begun_it(
    ground: Ground,
    client: httpx.AsyncClient,
    tally: Callable[[str, int], None],
    until_given_up: Callable[[], Awaitable[None]],
) -> None:
    flow = Flow(
        name="inside the commits of a checkout",
        stage=by_card_and_credits,
        at_least=4,
        through=CREDITS_HELD[ground.backend],
        wake=until_given_up,
    )
    inside = evolve(ground, deployment=evolve(ground.deployment, inside_commits=True))
    found = await kill_servers_in(flow, inside, client)

    assert () == tuple(found.troubles)
    tally(ground.backend, found.points)
