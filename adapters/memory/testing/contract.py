"""The contract of `ports.store.Store`, to be run against any store.

A test module joins with a subclass whose fixture `store` yields an empty store, and may override
the fixture `stores` of `Races` and `OutboxRaces` with several stores over one database:

    class TestMyStore(StoreContract):
        @pytest.fixture
        async def store(self) -> AsyncIterator[Store]:
            ...

The tests are coroutines: run them with pytest-asyncio in its auto mode. A store that speaks to a
database also joins `budgets.StatementBudgets`.
"""

from adapters.memory.testing.accounts import GatewayAccounts
from adapters.memory.testing.analytics_reading import AnalyticsReads
from adapters.memory.testing.atomicity import Atomicity, UniqueKeys
from adapters.memory.testing.availability import Availabilities
from adapters.memory.testing.calendar_reading import CalendarReads
from adapters.memory.testing.cancellation_loading import CancellationLoads, RearrangingLoads
from adapters.memory.testing.changing_hands import ChangingHands
from adapters.memory.testing.contacts import Contacts
from adapters.memory.testing.delivery_loading import DeliveryLoads, ScheduleLoads
from adapters.memory.testing.dispute_reading import Disputes
from adapters.memory.testing.due import DueItems, Requests
from adapters.memory.testing.earnings_listing import EarningsLists
from adapters.memory.testing.expiry_races import ExpiryRaces
from adapters.memory.testing.guards import CreditGuards, HeadGuards, SeatGuards
from adapters.memory.testing.inbox_reading import InboxReads
from adapters.memory.testing.listing import CatalogueLists, OrderLists, SeatLists
from adapters.memory.testing.loading import CheckoutLoads, OrderLoads
from adapters.memory.testing.outbox import Outbox, ParkedItems
from adapters.memory.testing.outbox_claims import OutboxClaims, OutboxRaces
from adapters.memory.testing.reports import Balances, Transactions
from adapters.memory.testing.room_ends import RoomEnds
from adapters.memory.testing.room_reading import Reviews, RoomEvents
from adapters.memory.testing.round_trips import RoundTrips
from adapters.memory.testing.runs import AsTheyAre, Runs, Scans, Withdrawals
from adapters.memory.testing.slot_guards import SlotGuards
from adapters.memory.testing.subscriptions import Deliveries, SubscriptionReads
from adapters.memory.testing.waitlist_guards import LineGuards, LineRaces
from adapters.memory.testing.waitlist_reading import DueLines, LineLoads, PlaceLists


class Commits(RoundTrips, Atomicity, UniqueKeys, SeatGuards, CreditGuards, HeadGuards, SlotGuards):
    """What is written, and what is refused."""


class Reads(
    CheckoutLoads,
    OrderLoads,
    ScheduleLoads,
    DeliveryLoads,
    CancellationLoads,
    RearrangingLoads,
    Transactions,
    Balances,
):
    """What decisions, users and auditors are told."""


class Lists(CatalogueLists, OrderLists, SeatLists, EarningsLists, DueItems, Requests):
    """What is found, in which order."""


class Messages(Outbox, ParkedItems, OutboxClaims, OutboxRaces, Contacts, SubscriptionReads, Deliveries):
    """What workers share out among themselves, and whom it goes to."""


class Reports(CalendarReads, AnalyticsReads):
    """What is told of many rows at once."""


class Rooms(RoomEvents, RoomEnds, Reviews):
    """What happened in rooms, and what somebody has to look at."""


class Waitlists(LineGuards, LineLoads, PlaceLists, DueLines, LineRaces):
    """Who waits for a seat, and who may take it."""


class Packages(ExpiryRaces, ChangingHands):
    """What becomes of packages that run out or are given away."""


class Bulk(AsTheyAre, Scans, Runs, Withdrawals):
    """What brings many rows in, and takes them back."""


class StoreContract(
    Bulk,
    Commits,
    Reads,
    Lists,
    Reports,
    Waitlists,
    Packages,
    Availabilities,
    Rooms,
    Disputes,
    Messages,
    InboxReads,
    GatewayAccounts,
):
    """Everything that every store promises."""
