"""How much the sweep has to do, and how long the oldest of it has waited: for whoever watches over it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from core.usecases.context import Ports
from ports.store import DueKind, Overdue

LOOKED_UP: Final = (DueKind.PAYMENTS, DueKind.REFUNDS, DueKind.PAYOUTS)
"""Due only at the age at which the sweep first asks the gateway about them."""


async def read_overdue(*, ports: Ports) -> Mapping[DueKind, Overdue]:
    """What is due now of each kind, as the sweep would find it."""
    now = ports.clock.now()
    first_asked = now - timedelta(seconds=ports.lookup_seconds)
    return {
        kind: await ports.store.overdue(kind, first_asked if kind in LOOKED_UP else now) for kind in DueKind
    }
