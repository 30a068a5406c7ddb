"""The ports that a use case works with."""

from attrs import field, frozen

from core.domain.rules import Rules
from ports.clock import Clock
from ports.endpoints import Endpoints, NoEndpoints
from ports.ids import Ids
from ports.payments import PaymentGateway
from ports.rooms import RoomService
from ports.store import Store


@frozen(kw_only=True)
class Ports:
    """One deployment: its store, its gateway, its clock and ids, and the marketplace's rules.

    `lookup_seconds`: how long a charge, refund or transfer may stay undecided before the sweep
    asks the gateway about it. Without `rooms` sessions have no rooms to enter. `endpoints`: where
    webhooks may go; nowhere unless it is given.
    """

    store: Store
    payments: PaymentGateway
    clock: Clock
    ids: Ids
    rules: Rules
    lookup_seconds: int = 15
    rooms: RoomService | None = None
    endpoints: Endpoints = field(factory=NoEndpoints)
