"""`ports.legacy_source.LegacySource` over the old schema, in SQLite or PostgreSQL."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from heapq import nsmallest
from typing import Any, Final

import sqlalchemy as sa

from adapters.legacy import counting, customers, figures
from adapters.legacy.catalogue import Catalogue, seller, sellers
from adapters.legacy.customers import Sorted
from adapters.legacy.diary import appointment, appointments
from adapters.legacy.schema import Schema, schema_of, shape
from adapters.legacy.snapshot import Row, Snapshot, open_snapshot
from core.domain.legacy.appointments import Diary
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

TOGETHER: Final = 200
"""Services or sessions whose parts are looked up at once."""

OWNERS: Final = (
    (Table.RELATIONSHIPS, "parent_service_id", Table.SERVICES),
    (Table.ORDERS, "user_id", Table.USERS),
    (Table.BOOKINGS, "user_id", Table.USERS),
    (Table.TRANSACTIONS, "user_id", Table.USERS),
    (Table.PAYOUTS, "practitioner_id", Table.PRACTITIONERS),
    (Table.EARNINGS, "booking_id", Table.BOOKINGS),
    (Table.PRESENCES, "user_id", Table.USERS),
)
"""Who owns the rows that are read in their owner's group."""


class SqlLegacySource:
    """The old database. Everything is read in one transaction, which cannot write and sees one moment.

    Statements are a handful for each stream and each few hundred groups, never one for a row. One reader
    at a time: streams may be interleaved, not run side by side.
    """

    def __init__(self, snapshot: Snapshot, schema: Schema) -> None:
        self._snapshot = snapshot
        self._schema = schema
        self._catalogue = Catalogue(snapshot, schema)

    @classmethod
    async def open(cls, url: str) -> "SqlLegacySource":
        """The source at `sqlite:///FILE` or `postgresql://…`.

        Raises ValueError for another kind of address, Unavailable, and Unreadable for another schema.
        """
        snapshot = open_snapshot(url)
        try:
            return cls(snapshot, await schema_of(snapshot))
        except BaseException:
            await snapshot.close()
            raise

    @property
    def name(self) -> str:
        """Where it is, without user and password."""
        return self._snapshot.name

    async def counts(self) -> Mapping[Table, int]:
        """The rows of each table."""
        counted = (
            sa.select(sa.func.count()).select_from(self._schema[table]).scalar_subquery() for table in Table
        )
        (row,) = await self._snapshot.rows(sa.select(*counted))
        return dict(zip(Table, map(int, row), strict=True))

    async def totals(self) -> OldTotals:
        """Sums of money over whole tables."""
        summed = {
            "order_subtotal_cents": self._schema[Table.ORDERS].c.subtotal_amount_cents,
            "order_credits_cents": self._schema[Table.ORDERS].c.credits_applied_cents,
            "order_card_cents": self._schema[Table.ORDERS].c.total_amount_cents,
            "transactions_cents": self._schema[Table.TRANSACTIONS].c.amount_cents,
            "earnings_gross_cents": self._schema[Table.EARNINGS].c.gross_amount_cents,
            "earnings_net_cents": self._schema[Table.EARNINGS].c.net_amount_cents,
            "payouts_cents": self._schema[Table.PAYOUTS].c.amount_cents,
        }
        sums = (sa.select(sa.func.coalesce(sa.func.sum(of), 0)).scalar_subquery() for of in summed.values())
        (row,) = await self._snapshot.rows(sa.select(*sums))
        return OldTotals(**dict(zip(summed, map(int, row), strict=True)))

    async def users(self, *, after: int = 0) -> AsyncGenerator[OldUser, None]:
        """Every user above an id, by id."""
        table = self._schema[Table.USERS]
        statement = sa.select(*shape(Table.USERS).columns(table)).where(table.c.id > after)
        async with aclosing(self._snapshot.stream(statement.order_by(table.c.id))) as rows:
            async for row in rows:
                yield shape(Table.USERS).read(row)

    async def service_types(self) -> Sequence[OldServiceType]:
        """Every service type, by id."""
        return tuple((await self._catalogue.types()).values())

    async def payees(self, *, after: int = 0) -> AsyncGenerator[Payee, None]:
        """Every practitioner above an id with the payouts to them, by id."""
        practitioners, payouts = self._schema[Table.PRACTITIONERS], self._schema[Table.PAYOUTS]
        everybody = sellers(self._schema).where(practitioners.c.id > after).order_by(practitioners.c.id)
        figured = figures.settlements(self._schema)
        paid = (
            sa.select(payouts.c.practitioner_id, *figured.columns)
            .select_from(figured.source)
            .where(payouts.c.practitioner_id > after)
            .order_by(payouts.c.practitioner_id, payouts.c.id)
        )
        async with (
            aclosing(self._snapshot.stream(everybody)) as rows,
            aclosing(self._snapshot.stream(paid)) as paid_rows,
        ):
            settled = Sorted(paid_rows)
            async for row in rows:
                found = seller(row)
                theirs = await settled.take(found.practitioner.id)
                yield Payee(seller=found, settlements=tuple(map(figures.settlement, theirs)))

    async def offers(self, *, after: int = 0) -> AsyncGenerator[Offer, None]:
        """Every service above an id, by id."""
        table = self._schema[Table.SERVICES]
        statement = sa.select(table.c.id).where(table.c.id > after).order_by(table.c.id)
        async with aclosing(self._together(statement)) as groups:
            async for rows in groups:
                found = await self._catalogue.offers(int(row[0]) for row in rows)
                for _, offer in sorted(found.items()):
                    yield offer

    async def meetings(self, *, after: int = 0) -> AsyncGenerator[Meeting, None]:
        """Every session above an id, by id."""
        sessions, figured = self._schema[Table.SESSIONS], figures.meetings(self._schema)
        statement = sa.select(*figured.columns).select_from(figured.source).where(sessions.c.id > after)
        service = [field.name for field in shape(Table.SESSIONS).fields].index("service_id")
        async with aclosing(self._together(statement.order_by(sessions.c.id))) as groups:
            async for rows in groups:
                offers = await self._catalogue.offers(int(row[service]) for row in rows)
                for row in rows:
                    yield figures.meeting(row, offers)

    def customers(self, *, after: int = 0) -> AsyncGenerator[Customer, None]:
        """Every user above an id with everything of theirs, by id."""
        return customers.customers(self._snapshot, self._schema, self._catalogue, after=after)

    async def appointments(self) -> AsyncGenerator[Appointment, None]:
        """Times that keep practitioners busy, by practitioner and start."""
        async with aclosing(self._snapshot.stream(appointments(self._schema))) as rows:
            async for row in rows:
                yield appointment(row)

    async def strays(self) -> AsyncGenerator[Stray, None]:
        """Rows whose owner is missing, by table and id."""
        for table, column, owners in OWNERS:
            statement = counting.strays(self._schema, table, column, owners)
            async with aclosing(self._snapshot.stream(statement)) as rows:
                async for key, owner in rows:
                    yield Stray(table=table, id=int(key), names=f"{column} {owner}")
            if table is Table.EARNINGS:
                async with aclosing(self._snapshot.stream(counting.nobodys(self._schema))) as rows:
                    async for key, booking, user in rows:
                        yield Stray(table=table, id=int(key), names=f"user_id {user} of booking {booking}")

    async def anomalies(self) -> Mapping[Anomaly, int]:
        """How often each is found."""
        (row,) = await self._snapshot.rows(counting.counts_of(self._schema))
        double_booked = await self._double_booked()
        found = dict(zip(counting.FOUND, map(int, row), strict=True))
        return {**found, Anomaly.DOUBLE_BOOKED: len(double_booked.sessions) + len(double_booked.bookings)}

    async def examples(self, anomaly: Anomaly, limit: int) -> Sequence[int]:
        """The ids of the first rows of an anomaly, by id."""
        if anomaly is Anomaly.DOUBLE_BOOKED:
            found = await self._double_booked()
            return nsmallest(limit, [*found.sessions, *found.bookings])
        rows = await self._snapshot.rows(counting.first_ids(self._schema, anomaly, limit))
        return [int(row[0]) for row in rows]

    async def sample_packages(self, limit: int) -> Sequence[PackageSample]:
        """The first parent bookings, by id."""
        rows = await self._snapshot.rows(counting.sample_packages(self._schema, limit))
        return [
            PackageSample(
                booking_id=int(key),
                is_bundle=bool(is_bundle),
                price_charged_cents=int(price),
                order_id=None if order is None else int(order),
                children=int(children),
            )
            for key, is_bundle, price, order, children in rows
        ]

    async def close(self) -> None:
        """Let go of the connection."""
        await self._snapshot.close()

    async def _double_booked(self) -> Diary:
        diary = Diary()
        async with aclosing(self.appointments()) as found:
            async for one in found:
                diary.note(one)
        return diary

    async def _together(self, statement: sa.Select[Any]) -> AsyncGenerator[list[Row], None]:
        """The rows of a statement, a few hundred at a time."""
        rows: list[Row] = []
        async with aclosing(self._snapshot.stream(statement)) as found:
            async for row in found:
                rows.append(row)
                if len(rows) == TOGETHER:
                    yield rows
                    rows = []
        if rows:
            yield rows
