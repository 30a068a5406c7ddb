"""The package's story over HTTP with payments in Stripe's test mode, and what Stripe's side shows of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.cli.demo.server import Installation
from adapters.stripe.gateway import StripeAccess, StripeGateway
from core.domain.gateway import Succeeded
from tests.e2e.conftest import Installed
from tests.e2e.shop import in_days, opened, soon
from tests.stripe_test_mode.access import TestMode


@pytest.fixture
async def stripe(mode: TestMode) -> AsyncIterator[StripeGateway]:
    """Stripe's own lists."""
    made = StripeGateway(StripeAccess(api_key=mode.key, api_base=mode.base))
    yield made
    await made.close()


@pytest.fixture
def paying(tmp_path: Path, sqlite_template: Path, mode: TestMode) -> Installation:
    """An installation that takes payments in test mode."""
    installation = Installed(tmp_path, template=sqlite_template)
    chosen = {"PAYMENTS": "stripe", "STRIPE_API_KEY": mode.key, "STRIPE_API_BASE": mode.base}
    with (installation.home / ".env").open("a") as file:
        file.writelines(f"ESTUARY_{name}={value}\n" for name, value in chosen.items())
    return installation


async def test_a_package_is_charged_delivered_refunded_and_paid_out(
    paying: Installation, stripe: StripeGateway, mode: TestMode
) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    server = paying.start()
    try:
        shop = opened(paying, server)
        ana, eva = shop.caller(server, "practitioner"), shop.caller(server, "client")
        profile = {"display_name": "Ana Reis", "timezone": "Europe/Lisbon"}
        if mode.account is not None:
            profile["stripe_account_id"] = mode.account
        ana.put(f"/practitioners/{shop.ids['practitioner']}", profile)
        purchase = eva.post("/checkout", shop.buy_package())
        order_id = purchase["order"]["id"]
        for day, booking in enumerate(purchase["bookings"][:2], start=1):
            seat = eva.post(f"/bookings/{booking['id']}/schedule", {"start_time": in_days(day)})
            ana.post(f"/sessions/{seat['service_session']['id']}/start", {})
            ana.post(f"/sessions/{seat['service_session']['id']}/complete", {})
        paying.run("sweep", "--at", soon(hours=49))
        expected = {f"pi:{order_id}:1": 30_000}
        if mode.account is not None:
            expected[f"tr:{ana.post('/payouts', {})['id']}"] = 13_600
        expected[f"rf:{eva.post(f'/orders/{order_id}/refunds', {})['id']}"] = 18_000
    finally:
        server.stop()
    done = {
        movement.idempotency_key: movement.amount_cents
        async for movement in stripe.movements(since=since)
        if isinstance(movement.outcome, Succeeded)
    }

    assert expected == {key: done.get(key) for key in expected}
    assert [] == paying.run_json("ledger", "check")["violations"]
