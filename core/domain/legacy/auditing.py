"""What an audit of the old database finds, what becomes of it, and what somebody has to decide on first.

Most of it is how the old system worked: parents become orders, sessions are made, earnings that were pending
too early are projected again. The rest is a mistake in the old data. `migrate` has an answer to each, which
may not be the one that its owners want.
Source: domain.md, "Legacy import"; the source documents' audit asks to fix orphans and missing orders first.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from core.domain.legacy.rows import Anomaly, PackageSample, Table

BECOMES: Final[Mapping[Anomaly, str]] = {
    Anomaly.PACKAGE_PARENTS: "each is told by its order",
    Anomaly.BUNDLE_PARENTS: "each is told by its order",
    Anomaly.ORPHANED_CHILDREN: "left out, unless they name an order themselves",
    Anomaly.PACKAGES_WITHOUT_ORDERS: "an order is made up from the parent",
    Anomaly.CHILDLESS_PARENTS: "left out with its order: it has no seats",
    Anomaly.PENDING_EARNINGS_OF_UNDELIVERED_BOOKINGS: "projected again, until the booking is delivered",
    Anomaly.BOOKINGS_WITHOUT_ORDER: "placed by their parent, their transaction, or user, service and time",
    Anomaly.BOOKINGS_NOTHING_CAN_PLACE: "an order is made up for each",
    Anomaly.BOOKINGS_WITHOUT_SESSION: "each gets a private session of its own",
    Anomaly.DUPLICATE_WORKSHOP_TIMES: "both sessions stay, each with its own seats",
    Anomaly.SHARED_EMAILS: "stay users of their own: nobody is merged",
    Anomaly.DOUBLE_BOOKED: "who begins first keeps the time, others stay paid and become unscheduled",
}
"""What `migrate` does with each."""

UNDECIDED: Final = frozenset(
    {
        Anomaly.ORPHANED_CHILDREN,
        Anomaly.PACKAGES_WITHOUT_ORDERS,
        Anomaly.CHILDLESS_PARENTS,
        Anomaly.BOOKINGS_NOTHING_CAN_PLACE,
        Anomaly.DUPLICATE_WORKSHOP_TIMES,
        Anomaly.SHARED_EMAILS,
    }
)
"""Mistakes: somebody should mend them in the old database, or agree to what becomes of them."""


@frozen(kw_only=True)
class Audit:
    """The old database at a glance. `examples` are the ids of the first rows of each anomaly that there is;
    `strays` counts rows whose owner is missing, which are left out.
    """

    rows: Mapping[Table, int]
    counts: Mapping[Anomaly, int]
    strays: int
    examples: Mapping[Anomaly, Sequence[int]]
    samples: Sequence[PackageSample]

    @property
    def to_decide(self) -> tuple[Anomaly, ...]:
        """What was found that somebody has to decide on."""
        return tuple(anomaly for anomaly in Anomaly if anomaly in UNDECIDED and self.counts[anomaly] > 0)

    @property
    def is_clean(self) -> bool:
        """Whether nothing has to be decided on."""
        return not self.to_decide and self.strays == 0
