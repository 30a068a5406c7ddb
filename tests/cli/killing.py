"""Commands that are killed with -9 in the midst of what they write, on whichever store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from adapters.bootstrap import open_store
from adapters.settings import load_settings
from core.usecases.store_state import store_state
from ports.queries import Page
from ports.store import Store
from tests.cli.conftest import Cli

PAGE = Page(limit=100)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    """The store at an address, with the settings that the command has."""
    store = await open_store(load_settings(_env_file=None, store_url=url))
    try:
        yield store
    finally:
        await store.close()


async def rows_brought(store: Store, *counts: str) -> int:
    """How far the store's runs are, as their last commits say; of all that is counted unless named."""
    runs = (await store.runs(PAGE)).items
    return sum(rows for run in runs for name, rows in run.counts.items() if not counts or name in counts)


async def cut_short(
    cli: Cli, *command: str, store: Store, seed: int, counts: tuple[str, ...] = (), **settings: str
) -> list[int]:
    """Kill the command twice, each a little further than the last; how far each came."""
    random = Random(seed)
    reached = [await rows_brought(store, *counts)]
    for _ in range(2):
        wanted = reached[-1] + random.randrange(5, 40)
        with cli.running(*command, **settings) as process:
            while process.poll() is None and await rows_brought(store, *counts) < wanted:
                pass
            process.kill()
            process.wait(timeout=30)
        reached.append(await rows_brought(store, *counts))
    return reached


async def state_at(url: str) -> object:
    """Everything in the store at an address."""
    async with opened(url) as store:
        return await store_state(store=store)
