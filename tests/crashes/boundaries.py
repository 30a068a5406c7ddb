"""Step boundaries: the moments before, between and after the calls that have an effect outside.

The ports of a process are wrapped, so that each such call is named, in order. A first run tells the names; in
later ones the process kills itself at one of them, for good: no handler runs, no buffer is flushed. After one
effect is the same as before the next: nothing that lasts has changed in between.
"""

import os
import signal
from collections.abc import Callable
from typing import Any, Final, cast

from attrs import evolve

from core.usecases.context import Ports
from ports.payments import PaymentGateway
from ports.senders import Sender
from ports.store import Store

STORE_EFFECTS: Final = frozenset({"commit", "claim_events", "claim_dispatches"})
TIDYING: Final = frozenset({"forget_idempotency"})
"""Done in every sweep, mostly to nothing: it has boundaries only where there is something to tidy away."""
GATEWAY_EFFECTS: Final = frozenset(
    {
        "charge",
        "find_charge",
        "cancel_charge",
        "refund",
        "find_refund",
        "transfer",
        "find_transfer",
        "reverse_transfer",
        "find_dispute",
        "find_account",
    }
)
"""Lookups change nothing there, but whoever dies at one dies between two steps of its own."""
SENDER_EFFECTS: Final = frozenset({"send"})

Tell = Callable[[str], None]


class Boundaries:
    """The boundaries that a process has come to. At number `dies_at`, from 1, it is killed with -9."""

    def __init__(self, tell: Tell, *, dies_at: int | None = None, tidies: bool = False) -> None:
        self._store_effects = STORE_EFFECTS | TIDYING if tidies else STORE_EFFECTS
        self._tell = tell
        self._dies_at = dies_at
        self._count = 0

    def begin(self, step: str) -> None:
        """The boundary before the first step; before every other is after the one that it follows."""
        if self._count == 0:
            self.come_to(f"before {step}")

    def come_to(self, name: str) -> None:
        """Tell the boundary's name, and die if it is the one."""
        self._tell(name)
        self._count += 1
        if self._count == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, ports: Ports) -> Ports:
        """The ports, every effect of which has a boundary on either side."""
        return evolve(
            ports,
            store=cast(Store, _Walled(ports.store, "store", self._store_effects, self)),
            payments=cast(PaymentGateway, _Walled(ports.payments, "payments", GATEWAY_EFFECTS, self)),
        )

    def around_sender(self, name: str, sender: Sender) -> Sender:
        """The same for what carries messages."""
        return cast(Sender, _Walled(sender, name, SENDER_EFFECTS, self))


class _Walled:
    """A port that tells of each of its effects, also of one that fails."""

    def __init__(self, port: object, name: str, effects: frozenset[str], boundaries: Boundaries) -> None:
        self._port = port
        self._name = name
        self._effects = effects
        self._boundaries = boundaries

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if attribute not in self._effects:
            return found

        async def walled(*arguments: Any, **named: Any) -> Any:
            step = f"{self._name}.{attribute}"
            self._boundaries.begin(step)
            try:
                return await found(*arguments, **named)
            finally:
                self._boundaries.come_to(f"after {step}")

        return walled
