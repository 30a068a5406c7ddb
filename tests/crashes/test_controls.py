"""What would make the crash tests worthless: a judge who sees nothing, a port that nobody watches."""

import inspect

import httpx
import pytest
from attrs import evolve

from core.domain.purchasing import charge_request
from core.usecases.relay import relay_events
from ports.payments import PaymentGateway
from ports.queries import Queries
from ports.store import Store
from tests.crashes.boundaries import GATEWAY_EFFECTS, STORE_EFFECTS, TIDYING
from tests.crashes.chores import ends
from tests.crashes.flows import CHECKOUTS, sold_hour
from tests.crashes.judging import FakeBank, left_over
from tests.crashes.rounds import Ground, kill_servers_in
from tests.usecases.world import World

MAINTENANCE = {"migrate", "close", "ping", "check_schema"}
READS = {"brought", "brought_of", "count", "due", "overdue", "scan", "unpublished"}


@pytest.fixture(params=["sqlite"])
def store_url(sqlite_url: str) -> str:
    """One store is enough to see whether the judge can see."""
    return sqlite_url


@pytest.fixture
def world() -> World:
    """In memory."""
    return World()


async def test_the_judge_notices_a_second_charge(world: World) -> None:
    _, _, receipt = await sold_hour(world)
    assert receipt.payment is not None
    await relay_events([], ports=world.ports)
    judge, bank = ends(receipt, receipt.order.status, charged=8000), FakeBank(world.gateway)
    before = [*await judge(world, bank), *await left_over(world.ports)]
    await world.gateway.charge(evolve(charge_request(receipt.payment), idempotency_key="another"))
    after = [*await judge(world, bank), *await left_over(world.ports)]

    assert [] == before
    assert f"order {receipt.order.id} was charged 2 times: [8000, 8000]" in after
    assert "charge another: missing_here, ours nothing, theirs 8000 usd succeeded" in after


async def test_a_gateway_that_is_given_random_keys_is_found_out(
    ground: Ground, client: httpx.AsyncClient
) -> None:
    forgetful = evolve(ground, deployment=evolve(ground.deployment, forgetful=True))
    found = await kill_servers_in(CHECKOUTS[0], forgetful, client)

    kept = "is canceled, and 8000 were kept for it"
    points = [trouble.partition(":")[2].partition(": ")[0] for trouble in found.troubles if kept in trouble]
    assert ["3 after payments.charge"] == points


@pytest.mark.parametrize(
    "trace",
    [[], ["before payments.charge", "after payments.charge"], ["before store.commit"] * 4],
    ids=["empty", "short", "another"],
)
def test_a_trace_that_has_shrunk_is_refused(trace: list[str]) -> None:
    with pytest.raises(AssertionError):
        CHECKOUTS[0].check(trace)


def test_every_effect_of_a_port_has_its_boundaries() -> None:
    store, gateway = _methods(Store) - _methods(Queries), _methods(PaymentGateway)
    reads = {name for name in store if name.startswith(("load_", "find_")) or name in READS}

    assert STORE_EFFECTS | TIDYING == store - reads - MAINTENANCE
    assert GATEWAY_EFFECTS == gateway - {"movements"} - MAINTENANCE


def _methods(port: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(port, inspect.isfunction) if not name.startswith("_")}
