"""An empty deployment on each of the stores that outlive a process, and the tally of crash points."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from adapters.bootstrap import open_store
from adapters.memory.payments import FakeGateway
from adapters.settings import load_settings
from tests.conftest import CRASH_POINTS
from tests.crashes.judging import FakeBank
from tests.crashes.lives import Deployment
from tests.crashes.rounds import Ground
from tests.usecases.world import World


@pytest.fixture
async def ground(store_url: str, tmp_path: Path) -> AsyncIterator[Ground]:
    """A deployment that is paid through the fake gateway, as yet without anybody in it."""
    settings = load_settings(_env_file=None, store_url=store_url, fake_payments_file=tmp_path / "payments.db")
    deployment = Deployment(settings=settings, home=tmp_path)
    gateway, store = FakeGateway(deployment.book), await open_store(deployment.settings)
    yield Ground(
        backend=store_url.partition(":")[0],
        deployment=deployment,
        world=World(store=store, gateway=gateway),
        bank=FakeBank(gateway),
    )
    await store.close()
    await gateway.close()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Who sends requests to servers."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """Counts crash points for the summary of the test run."""

    def count(backend: str, points: int) -> None:
        request.node.user_properties.append((CRASH_POINTS, (backend, points)))

    return count
