"""Stripe dies at every boundary of what it is asked: there is one charge, refund and transfer, or none."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from attrs import evolve

from tests.crashes.chores import Chore
from tests.crashes.flows import by_card, earnings_ripen, payout, refund
from tests.crashes.rounds import Ground
from tests.crashes.scenes import Flow
from tests.crashes.stripe import StripeBank, StripeProcess, TwoGateways
from tests.crashes.stripe_rounds import PaidByStripe
from tests.crashes.unheard import UNHEARD

FLOWS = (
    Flow(name="checkout by card", stage=by_card, at_least=2, through="charge"),
    Flow(name="refund", stage=refund, at_least=2, through="refund"),
    Flow(name="payout", stage=payout, at_least=2, through="transfer", ripe=earnings_ripen),
)
"""The boundaries are Stripe's own here: before and after each request that it gets."""


@pytest.fixture
async def paid_by_stripe(ground: Ground, tmp_path: Path) -> AsyncIterator[PaidByStripe]:
    """The same deployment, paid through Stripe."""
    stripe = StripeProcess(tmp_path)
    deployment = evolve(ground.deployment, stripe_url=stripe.url)
    gateway = deployment.stripe_gateway()
    silent = evolve(deployment, stripe_url="http://127.0.0.1:9").stripe_gateway()
    world = TwoGateways(store=ground.world.store, process=stripe, stripe=gateway, silent=silent)
    yield PaidByStripe(
        ground=evolve(ground, deployment=deployment, world=world, bank=StripeBank(stripe.file)), stripe=stripe
    )
    await silent.close()
    await gateway.close()


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name.replace(" ", "_"))
async def test_a_stripe_killed_anywhere_has_done_what_a_server_asked_once_or_not_at_all(
    flow: Flow, paid_by_stripe: PaidByStripe, client: httpx.AsyncClient, tally: Callable[[str, int], None]
) -> None:
    found = await paid_by_stripe.kill_in(flow, client)

    assert () == tuple(found.troubles)
    tally(paid_by_stripe.ground.backend, found.points)


@pytest.mark.parametrize("chore", UNHEARD, ids=lambda chore: chore.name.replace(" ", "_"))
async def test_a_stripe_killed_anywhere_has_done_what_a_worker_asked_once_or_not_at_all(
    chore: Chore, paid_by_stripe: PaidByStripe, tally: Callable[[str, int], None]
) -> None:
    found = await paid_by_stripe.kill_at_work(chore)

    assert () == tuple(found.troubles)
    tally(paid_by_stripe.ground.backend, found.points)
