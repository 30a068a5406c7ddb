"""localstripe as a process of its own, and what a test arranges and reads on its side."""

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from tests.servers.errors import PortTaken
from tests.servers.ports import LOOPBACK, answers, on_free_port
from tests.servers.process import ServerProcess

SERVE: Final = Path(__file__).with_name("serve.py")

Json = dict[str, Any]


class LocalStripe(ServerProcess):
    """A localstripe that is ours alone. It forgets everything when it ends."""

    name = "localstripe"
    stop_signal = signal.SIGTERM
    api_key: Final = "sk_test_localstripe"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def command(self) -> Sequence[str | Path]:
        return [sys.executable, "-I", SERVE, str(self.port)]

    def is_ready(self) -> bool:
        return self.running and answers(self.port)

    def prove_identity(self) -> None:
        if not any(address.endswith(f":{self.port}") for address in self.listens()):
            raise PortTaken(f"port {self.port} is not our localstripe's")

    def listens(self) -> list[str]:
        """The addresses at which the process takes connections."""
        found = psutil.Process(self.pid).net_connections(kind="inet")
        return [f"{c.laddr.ip}:{c.laddr.port}" for c in found if c.status == psutil.CONN_LISTEN]

    # What customers do, and what is told to us.

    def card(self, number: str) -> str:
        """The payment method of a card, by its number."""
        fields = {"number": number, "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        form = {"type": "card"} | {f"card[{name}]": value for name, value in fields.items()}
        made: str = self._ask("POST", "/v1/payment_methods", data=form)["id"]
        return made

    def authenticate(self, intent: str, client_secret: str) -> None:
        """The customer finishes 3-D Secure."""
        form = {"client_secret": client_secret, "success": "true"}
        self._ask("POST", f"/v1/payment_intents/{intent}/_authenticate", data=form)

    def tell(self, url: str, secret: str) -> None:
        """Send webhooks there from now on, each once and a second late."""
        told = httpx.post(
            f"{self.url}/_config/webhooks/ours", json={"url": url, "secret": secret}, trust_env=False
        )
        told.raise_for_status()

    # What a test reads.

    def all(self, kind: str) -> list[Json]:
        """The objects of a kind, at most a hundred."""
        found: list[Json] = self._ask("GET", f"/v1/{kind}s", params={"limit": "100"})["data"]
        return found

    def _ask(self, method: str, path: str, **form: Any) -> Json:
        answer = httpx.request(method, self.url + path, auth=(self.api_key, ""), trust_env=False, **form)
        answer.raise_for_status()
        told: Json = answer.json()
        return told


@contextmanager
def localstripe() -> Iterator[LocalStripe]:
    """A server for as long as the block lasts."""
    home = Path(tempfile.mkdtemp(prefix="estuary-localstripe-"))
    servers: list[LocalStripe] = []
    try:

        def start(port: int) -> None:
            server = LocalStripe(home=home, port=port)
            server.start()
            servers.append(server)

        on_free_port(start)
        yield servers[-1]
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(home, ignore_errors=True)
