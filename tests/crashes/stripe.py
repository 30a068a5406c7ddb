"""Stripe's double in a process of its own, which is killed, and starts again on its file and its port."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
from attrs import evolve, frozen

from adapters.stripe.gateway import StripeGateway
from tests.crashes.lives import play_stripe
from tests.crashes.processes import Child
from tests.servers.ports import LOOPBACK, free_port
from tests.stripe.world import StripeWorld


class StripeProcess:
    """Stripe at one address, whichever process it is at the moment."""

    def __init__(self, home: Path) -> None:
        self.file = home / "stripe.json"
        self._port = free_port()

    @property
    def url(self) -> str:
        """Where it answers while one lives."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self, *, dies_at: int | None = None) -> Child:
        """A process that serves, until it is stopped or comes to that boundary."""
        child = Child(play_stripe, self.file, self._port, dies_at)
        child.hear()
        return child

    @contextmanager
    def alive(self) -> Iterator[Child]:
        """One for as long as the block lasts, every answer of which was as Stripe describes its answers."""
        child = self.start()
        try:
            yield child
        finally:
            defects = child.stop()
        assert [] == defects

    def open_account(self, account: str) -> None:
        """A practitioner has finished Stripe's onboarding."""
        httpx.post(f"{self.url}/_test/accounts/{account}/add", trust_env=False).raise_for_status()


class StripeBank:
    """What moved at the double, read from its file: it need not live."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def charges(self, order_id: UUID) -> Sequence[int]:
        return self._amounts("charge", order_id=str(order_id))

    def refunds(self, order_id: UUID) -> Sequence[int]:
        return self._amounts("refund", order_id=str(order_id))

    def transfers(self, practitioner_id: UUID) -> Sequence[int]:
        return self._amounts("transfer", practitioner_id=str(practitioner_id))

    def _amounts(self, kind: str, **metadata: str) -> Sequence[int]:
        made = json.loads(self._file.read_bytes())["books"]["objects"][kind].values()
        moved = (one for one in made if one.get("status", "succeeded") == "succeeded")
        return [one["amount"] for one in moved if metadata.items() <= one["metadata"].items()]


@frozen(kw_only=True)
class TwoGateways(StripeWorld):
    """A marketplace that is paid through Stripe, and `silent`: a gateway that reaches nobody."""

    process: StripeProcess
    silent: StripeGateway

    @property
    def unheard(self) -> "TwoGateways":
        """The same marketplace while Stripe cannot be reached."""
        return evolve(self, stripe=self.silent)
