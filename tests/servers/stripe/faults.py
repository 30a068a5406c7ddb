"""What a test lets go wrong, one fault per request, in order."""

from asyncio import Event
from collections import Counter, defaultdict, deque
from enum import Enum, auto
from typing import Final

from tests.servers.stripe.refusals import throttled, unavailable


class Fault(Enum):
    """What befalls a request."""

    NONE = auto()
    LOST_BEFORE = auto()
    """The connection closes before anything was done."""
    LOST_AFTER = auto()
    """It is done, the answer is kept under its key, and the connection closes."""
    HANGS_BEFORE = auto()
    """Nothing is done, and no answer ever comes."""
    HANGS_AFTER = auto()
    """It is done, and no answer ever comes."""
    HELD = auto()
    """The work is under way until the test lets it go on."""
    THROTTLED = auto()
    """429: too many requests."""
    LOCKED = auto()
    """429: somebody else holds the object, with the advice to ask again in a second."""
    DISMISSED = auto()
    """429, with the advice not to ask again."""
    UNAVAILABLE = auto()
    """503: nothing was done, and nothing is kept."""
    BROKEN_BEFORE = auto()
    """500 before anything was done; the 500 is kept under the key."""
    BROKEN_AFTER = auto()
    """500 after it was done; the 500 is kept under the key."""
    GARBLED = auto()
    """It is done, but what comes back is not Stripe's: some proxy's page."""


CLOSES: Final = frozenset({Fault.LOST_BEFORE, Fault.LOST_AFTER})
HANGS: Final = frozenset({Fault.HANGS_BEFORE, Fault.HANGS_AFTER})
BEFORE: Final = frozenset({Fault.LOST_BEFORE, Fault.HANGS_BEFORE})
BREAKS: Final = frozenset({Fault.BROKEN_BEFORE, Fault.BROKEN_AFTER})

OPERATIONS: Final = {
    ("post", "/v1/payment_intents"): "charge",
    ("get", "/v1/payment_intents"): "find_charge",
    ("get", "/v1/payment_intents/{intent}"): "find_charge",
    ("post", "/v1/payment_intents/{intent}/cancel"): "cancel_charge",
    ("post", "/v1/refunds"): "refund",
    ("get", "/v1/refunds"): "find_refund",
    ("get", "/v1/refunds/{refund}"): "find_refund",
    ("post", "/v1/transfers"): "transfer",
    ("get", "/v1/transfers"): "find_transfer",
    ("get", "/v1/transfers/{transfer}"): "find_transfer",
    ("post", "/v1/transfers/{id}/reversals"): "reverse_transfer",
    ("get", "/v1/accounts/{account}"): "find_account",
}
"""Requests by the names of the port's operations."""


class Faults:
    """The script, and how often each operation was asked for."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.held = Event()
        self.go_on = Event()

    def script(self, operation: str, *faults: Fault) -> None:
        """Let the next requests of an operation meet these faults, one each."""
        if operation not in OPERATIONS.values():
            raise ValueError(f"no request is called {operation}")
        self._waiting[operation].extend(faults)

    def next(self, operation: str) -> Fault:
        """What befalls the request that has just come."""
        self.requests[operation] += 1
        waiting = self._waiting[operation]
        return waiting.popleft() if waiting else Fault.NONE

    def turn_away(self, fault: Fault) -> None:
        """Raises Refused if the request is not even looked at."""
        match fault:
            case Fault.THROTTLED:
                raise throttled("rate_limit")
            case Fault.LOCKED:
                raise throttled("lock_timeout", {"Stripe-Should-Retry": "true", "Retry-After": "1"})
            case Fault.DISMISSED:
                raise throttled("rate_limit", {"Stripe-Should-Retry": "false"})
            case Fault.UNAVAILABLE:
                raise unavailable()

    async def hold(self) -> None:
        """Wait for the test to let the work go on."""
        self.held.set()
        await self.go_on.wait()
        self.go_on.clear()
        self.held.clear()
