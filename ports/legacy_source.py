"""The old database, read only: rows in groups that can be judged on their own, streamed in a fixed order.

A reader holds a batch at a time, whatever the size of the tables, and never writes. Groups come by the id
that names them, so that a reading can go on `after` one. All of it is read as of one moment where the
database can do that. Methods raise Unavailable when the database cannot be reached, and Unreadable for a
database that does not have the old tables, or for a value that is not what its column promises.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from core.domain.legacy.rows import (
    Anomaly,
    Appointment,
    Customer,
    Meeting,
    Offer,
    OldServiceType,
    OldTotals,
    OldUser,
    PackageSample,
    Payee,
    Stray,
    Table,
)
from ports.errors import PortError


class Unreadable(PortError):
    """The old database is not what it should be; the text names the table, and the row where there is one."""

    code = "legacy_unreadable"


class LegacySource(Protocol):
    """The old database. Each stream may be begun again at any time; `after` is a group's id."""

    @property
    def name(self) -> str:
        """Where it is, for people and for finding a run again: the URL without user and password."""
        ...

    async def counts(self) -> Mapping[Table, int]:
        """The rows of each table."""
        ...

    async def totals(self) -> OldTotals:
        """Sums of money over whole tables, added up by the database."""
        ...

    def users(self, *, after: int = 0) -> AsyncIterator[OldUser]:
        """Every user, by id."""
        ...

    async def service_types(self) -> Sequence[OldServiceType]:
        """Every service type, by id; a handful."""
        ...

    def payees(self, *, after: int = 0) -> AsyncIterator[Payee]:
        """Every practitioner with the payouts to them, by the practitioner's id."""
        ...

    def offers(self, *, after: int = 0) -> AsyncIterator[Offer]:
        """Every service, by id."""
        ...

    def meetings(self, *, after: int = 0) -> AsyncIterator[Meeting]:
        """Every session, by id."""
        ...

    def customers(self, *, after: int = 0) -> AsyncIterator[Customer]:
        """Every user with everything of theirs, by the user's id; also users who never bought anything."""
        ...

    def appointments(self) -> AsyncIterator[Appointment]:
        """Times that keep practitioners busy, by practitioner id, start, kind (sessions first) and id.

        Of sessions whose service is of the type `words.INDIVIDUAL` and whose status is in
        `words.BUSY_SESSIONS`, and of bookings that are no parents, have no session and a status in
        `words.BUSY_BOOKINGS`; with a start time only. The practitioner is the booking's, else the service's.
        """
        ...

    def strays(self) -> AsyncIterator[Stray]:
        """Rows in no group, by table and id: relationships without a parent service, payouts without their
        practitioner, orders, bookings, transactions and presences without their user, earnings without
        their booking or its user.
        """
        ...

    async def anomalies(self) -> Mapping[Anomaly, int]:
        """How often each is found. BOOKINGS_… count no parents; BOOKINGS_NOTHING_CAN_PLACE those without an
        order that neither a parent's order, nor a transaction's, nor an order of the same user and service
        within ten minutes places; DUPLICATE_WORKSHOP_TIMES the sessions beyond the first of a workshop or
        course at one start; SHARED_EMAILS the users beyond the first with an address, in any case;
        DOUBLE_BOOKED the appointments that begin before an earlier one of their practitioner has ended.
        """
        ...

    async def examples(self, anomaly: Anomaly, limit: int) -> Sequence[int]:
        """The ids of the first rows of an anomaly, by id."""
        ...

    async def sample_packages(self, limit: int) -> Sequence[PackageSample]:
        """The first parent bookings, by id."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
