"""`kill -9` of `estuary serve` while the gateway is asked: after a restart and one sweep all is settled.

It is the server and the commands as they are shipped, in one of their steps; `tests/crashes` has every step.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from uuid import uuid4

import httpx
import pytest

from adapters.cli.demo.server import Installation, RunningServer
from adapters.memory.payments import FakeGateway, Fault, Operation
from tests.e2e.shop import opened, soon


def gateway_of(installation: Installation) -> FakeGateway:
    """The book that the server's gateway keeps, in this process."""
    return FakeGateway(installation.home / "payments.db")


def killed_while_hanging(server: RunningServer, gateway: FakeGateway, request: Callable[[], object]) -> None:
    """Send a request, wait until the gateway keeps it waiting, and kill the server."""
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(request)
        deadline = monotonic() + 20
        while gateway.hanging() == 0:
            assert monotonic() < deadline, "the request never reached the gateway"
            assert not sent.done(), f"the request did not hang: {sent.result()}"
            sleep(0.01)
        server.kill()
        with pytest.raises(httpx.TransportError):
            sent.result()


def test_a_checkout_killed_between_its_commits(installation: Installation) -> None:
    gateway = gateway_of(installation)
    first = installation.start()
    shop = opened(installation, first)
    key = str(uuid4())
    gateway.script(Operation.CHARGE, Fault.HANG_AFTER)
    killed_while_hanging(first, gateway, lambda: shop.post("/checkout", shop.buy_package(), key=key))

    server = installation.start()
    try:
        eva = shop.caller(server, "client")
        (order,) = eva.get("/orders")["items"]
        assert ("pending_payment", 10000) == (order["status"], eva.get("/credits")["held_cents"])
        assert 409 == shop.post("/checkout", shop.buy_package(), key=key).status_code

        report = installation.run_json("sweep", "--at", soon(seconds=16))

        assert [] == report["failures"]
        (order,) = eva.get("/orders")["items"]
        account = eva.get("/credits")
        assert ("paid", 30000, 0, 0) == (
            order["status"],
            gateway.charged_cents(),
            account["balance_cents"],
            account["held_cents"],
        )
        assert 201 == shop.post("/checkout", shop.buy_package(), key=key).status_code
        assert 1 == len(eva.get("/orders")["items"])
        assert [] == installation.run_json("ledger", "check")["violations"]
    finally:
        server.stop()
