"""What a group of old rows becomes: rows to insert, and an account of every old row."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from core.domain.catalogue import Practitioner, ServiceType
from core.domain.changes import Changes
from core.domain.legacy.findings import Finding
from core.domain.legacy.rows import Table
from core.domain.rules import Rules


class Tally(StrEnum):
    """What a migration counts, besides rows by table."""

    PACKAGES = "packages"
    BUNDLES = "bundles"
    COURSES = "courses"
    ORDERS_OF_PARENTS = "bookings_placed_by_parent"
    ORDERS_OF_TRANSACTIONS = "bookings_placed_by_transaction"
    ORDERS_NEARBY = "bookings_placed_by_service_and_time"
    ORDERS_SYNTHETIC = "bookings_placed_in_synthetic_order"
    SESSIONS_MADE = "sessions_made_for_bookings"
    EARNINGS_MADE = "earnings_made_for_delivered_seats"
    EARNINGS_PROJECTED = "earnings_made_for_seats_to_come"
    PENDING_PROJECTED = "pending_earnings_now_projected"
    REFUNDS_MADE = "refunds_made_for_canceled_seats"
    SEATS_FORFEITED = "seats_forfeited"


Row = tuple[Table, int]


@frozen(kw_only=True)
class Frame:
    """What a whole migration goes by. `at` is what `migrated_at` says, and when reminders are set from.

    `unscheduled_sessions` and `unscheduled_bookings` lost their time to another appointment of their
    practitioner. `type_rates` are the marketplace's old rates by type, in basis points.
    """

    rules: Rules
    at: datetime
    type_rates: Mapping[ServiceType, int] = field(factory=dict)
    unscheduled_sessions: AbstractSet[int] = frozenset()
    unscheduled_bookings: AbstractSet[int] = frozenset()

    def rate_of(self, practitioner: Practitioner, service_type: ServiceType) -> int:
        """The commission on a seat that the old system has no earnings for."""
        return self.rules.commission_for(practitioner, service_type)


@frozen(kw_only=True)
class Lost:
    """Earnings that a payout took and that are not brought over as its own."""

    payout_id: int
    net_cents: int


@frozen(kw_only=True)
class Piece:
    """What belongs together: it is committed as one.

    Each old row of the group is in `mapped`, or has a quarantining finding, of one piece. `tally` names
    what is counted once for each time. `seat_shifts` say by how much more or fewer of a session's
    bookings take a seat than its old figures tell.
    """

    changes: Changes = field(factory=Changes)
    mapped: tuple[Row, ...] = ()
    findings: tuple[Finding, ...] = ()
    tally: tuple[Tally, ...] = ()
    lost: tuple[Lost, ...] = ()
    seat_shifts: tuple[tuple[int, int], ...] = ()


def rows_of(table: Table, ids: Iterable[int]) -> tuple[Row, ...]:
    """The rows of a table with these ids."""
    return tuple((table, old_id) for old_id in ids)
