"""A server that is killed in the middle of a charge: the next sweep finds out what became of it."""

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.memory.payments import FakeGateway, Fault, Operation
from tests.cli.conftest import Cli, await_ready


class Market:
    """A running server with something to buy, and its gateway seen from outside."""

    def __init__(self, estuary: Cli, url: str) -> None:
        self.url = f"{url}/api/v1"
        self.client = _headers(estuary, "client")
        self.admin = _headers(estuary, "admin")

    def offer(self) -> str:
        practitioner = str(uuid4())
        self._call("PUT", f"/practitioners/{practitioner}", {"display_name": "Ana", "timezone": "UTC"})
        service = {
            "practitioner_id": practitioner,
            "service_type": "session",
            "name": "Breathing",
            "price_cents": 8000,
            "currency": "usd",
        }
        return str(self._call("POST", "/services", service)["id"])

    def buy(self, service_id: str) -> None:
        """Ask, and hear nothing: the server is killed meanwhile."""
        start = (datetime.now(UTC) + timedelta(days=7)).isoformat()
        body = {"service_id": service_id, "payment_method_id": "pm_card_visa", "start_time": start}
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{self.url}/checkout", json=body, headers=self.client, timeout=60, trust_env=False)

    def orders(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/orders", headers=self.client, trust_env=False)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def _call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        answer = httpx.request(method, self.url + path, json=body, headers=self.admin, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()


def _headers(estuary: Cli, role: str) -> dict[str, str]:
    token = estuary("token", "--sub", str(uuid4()), "--role", role).out.strip()
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("fault", "status", "charged_cents"),
    [(Fault.HANG_BEFORE, "canceled", 0), (Fault.HANG_AFTER, "paid", 8000)],
)
async def test_a_charge_that_was_cut_off_is_settled_by_what_the_gateway_knows(
    kept: Cli, port: str, fault: Fault, status: str, charged_cents: int
) -> None:
    url = f"http://127.0.0.1:{port}"
    gateway = FakeGateway(kept.home / "payments.db")
    before = gateway.charged_cents()
    with kept.running("serve", PORT=port) as process:
        await_ready(process, url)
        market = Market(kept, url)
        service_id = market.offer()
        gateway.script(Operation.CHARGE, fault)
        buyer = threading.Thread(target=market.buy, args=(service_id,))
        buyer.start()
        wait_for_hang(gateway)
        os.killpg(process.pid, signal.SIGKILL)
        buyer.join()

    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    report = kept("sweep", "--at", later, "--json").document
    with kept.running("serve", PORT=port) as process:
        await_ready(process, url)
        orders = market.orders()

    assert (1, []) == (report["payments_settled"], report["failures"])
    assert [status] == [order["status"] for order in orders]
    assert charged_cents == gateway.charged_cents() - before
    assert 0 == kept("ledger", "check").status
    await gateway.close()


def wait_for_hang(gateway: FakeGateway) -> None:
    deadline = time.monotonic() + 60
    while gateway.hanging() == 0:
        assert time.monotonic() < deadline
