"""Customers with everything of theirs: streams that are sorted by user, read side by side."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final

import sqlalchemy as sa
from attrs import frozen

from adapters.legacy.catalogue import Catalogue
from adapters.legacy.figures import meeting, meetings, settlement, settlements
from adapters.legacy.schema import Schema, records, shape
from adapters.legacy.snapshot import Row, Snapshot
from core.domain.legacy.rows import Customer, Offer, OldUser, Table

GROUPED: Final = 2_000
"""Rows after which the services and practitioners that they name are looked up, but no customer is parted."""

THEIRS: Final = (Table.ORDERS, Table.BOOKINGS, Table.TRANSACTIONS, Table.PRESENCES)
"""Tables whose rows name their user themselves."""


class Sorted:
    """Rows in the order of their first column, taken key by key."""

    def __init__(self, rows: AsyncIterator[Row]) -> None:
        self._rows = rows
        self._next: Row | None = None
        self._begun = False

    async def take(self, key: int) -> list[Row]:
        """The rows of a key, without it; those of lower keys are passed over: nobody asks for them again."""
        if not self._begun:
            self._begun = True
            await self._advance()
        found = []
        while self._next is not None and self._next[0] <= key:
            if self._next[0] == key:
                found.append(self._next[1:])
            await self._advance()
        return found

    async def _advance(self) -> None:
        self._next = await anext(self._rows, None)


@frozen(kw_only=True)
class Gathered:
    """A user and the rows of theirs, before what they name is looked up."""

    user: OldUser
    rows: Mapping[Table, list[Any]]
    meetings: list[Row]
    settlements: list[Row]

    @property
    def size(self) -> int:
        """How many rows there are."""
        return 1 + sum(map(len, self.rows.values())) + len(self.meetings) + len(self.settlements)


async def customers(
    snapshot: Snapshot, schema: Schema, catalogue: Catalogue, *, after: int
) -> AsyncGenerator[Customer, None]:
    """Every user above an id, by id, with everything of theirs."""
    waiting: list[Gathered] = []
    rows = 0
    async with aclosing(_gathered(snapshot, schema, after)) as found:
        async for gathered in found:
            waiting.append(gathered)
            rows += gathered.size
            if rows >= GROUPED:
                for customer in await _completed(waiting, catalogue):
                    yield customer
                waiting, rows = [], 0
    for customer in await _completed(waiting, catalogue):
        yield customer


async def _gathered(snapshot: Snapshot, schema: Schema, after: int) -> AsyncGenerator[Gathered, None]:
    users = schema[Table.USERS]
    everybody = sa.select(*shape(Table.USERS).columns(users)).where(users.c.id > after).order_by(users.c.id)
    statements = {table: _theirs(schema, table, after) for table in THEIRS}
    statements[Table.EARNINGS] = _earnings(schema, after)
    async with AsyncExitStack() as stack:

        async def opened(statement: sa.Select[Any]) -> Sorted:
            return Sorted(await stack.enter_async_context(aclosing(snapshot.stream(statement))))

        rows = {table: await opened(statement) for table, statement in statements.items()}
        meeting_rows = await opened(_meetings(schema, after))
        settlement_rows = await opened(_settlements(schema, after))
        async for row in await stack.enter_async_context(aclosing(snapshot.stream(everybody))):
            user = shape(Table.USERS).read(row)
            yield Gathered(
                user=user,
                rows={table: records(table, await source.take(user.id)) for table, source in rows.items()},
                meetings=await meeting_rows.take(user.id),
                settlements=await settlement_rows.take(user.id),
            )


def _theirs(schema: Schema, table: Table, after: int) -> sa.Select[Any]:
    source = schema[table]
    return (
        sa.select(source.c.user_id, *shape(table).columns(source))
        .where(source.c.user_id > after)
        .order_by(source.c.user_id, source.c.id)
    )


def _earnings(schema: Schema, after: int) -> sa.Select[Any]:
    earnings, bookings = schema[Table.EARNINGS], schema[Table.BOOKINGS]
    return (
        sa.select(bookings.c.user_id, *shape(Table.EARNINGS).columns(earnings))
        .select_from(earnings.join(bookings, bookings.c.id == earnings.c.booking_id))
        .where(bookings.c.user_id > after)
        .order_by(bookings.c.user_id, earnings.c.id)
    )


def _meetings(schema: Schema, after: int) -> sa.Select[Any]:
    """The sessions that a user's bookings and presences name, each once for the user."""
    named = sa.union(
        *(
            sa.select(source.c.user_id, source.c.service_session_id).where(source.c.user_id > after)
            for source in (schema[Table.BOOKINGS], schema[Table.PRESENCES])
        )
    ).subquery("named")
    figured, session_id = meetings(schema), schema[Table.SESSIONS].c.id
    return (
        sa.select(named.c.user_id, *figured.columns)
        .select_from(figured.source.join(named, named.c.service_session_id == session_id))
        .order_by(named.c.user_id, session_id)
    )


def _settlements(schema: Schema, after: int) -> sa.Select[Any]:
    """The payouts that a user's earnings are in, each once for the user."""
    earnings, bookings = schema[Table.EARNINGS].alias("paid_out"), schema[Table.BOOKINGS].alias("booked")
    named = (
        sa.select(bookings.c.user_id, earnings.c.payout_id)
        .select_from(earnings.join(bookings, bookings.c.id == earnings.c.booking_id))
        .where(bookings.c.user_id > after, earnings.c.payout_id.is_not(None))
        .distinct()
        .subquery("named")
    )
    figured, payout_id = settlements(schema), schema[Table.PAYOUTS].c.id
    return (
        sa.select(named.c.user_id, *figured.columns)
        .select_from(figured.source.join(named, named.c.payout_id == payout_id))
        .order_by(named.c.user_id, payout_id)
    )


async def _completed(waiting: list[Gathered], catalogue: Catalogue) -> list[Customer]:
    """The customers with the services and practitioners that their rows name."""
    if not waiting:
        return []
    sold = [_services(one) for one in waiting]
    met = [[row[1] for row in one.meetings] for one in waiting]
    offers = await catalogue.offers(set[int]().union(*sold, *met))
    selling = [
        _practitioners(one, [offers[key] for key in sold[at] if key in offers])
        for at, one in enumerate(waiting)
    ]
    sellers = await catalogue.sellers(set[int]().union(*selling))
    return [
        Customer(
            user=one.user,
            orders=tuple(one.rows[Table.ORDERS]),
            bookings=tuple(one.rows[Table.BOOKINGS]),
            transactions=tuple(one.rows[Table.TRANSACTIONS]),
            earnings=tuple(one.rows[Table.EARNINGS]),
            presences=tuple(one.rows[Table.PRESENCES]),
            offers=tuple(offers[key] for key in sorted(sold[index]) if key in offers),
            meetings=tuple(meeting(row, offers) for row in one.meetings),
            sellers=tuple(sellers[key] for key in sorted(selling[index]) if key in sellers),
            settlements=tuple(settlement(row) for row in one.settlements),
        )
        for index, one in enumerate(waiting)
    ]


def _services(gathered: Gathered) -> set[int]:
    named = (row.service_id for row in (*gathered.rows[Table.ORDERS], *gathered.rows[Table.BOOKINGS]))
    return {key for key in named if key is not None}


def _practitioners(gathered: Gathered, offers: list[Offer]) -> set[int]:
    """Those of bookings, earnings and services."""
    rows = (*gathered.rows[Table.BOOKINGS], *gathered.rows[Table.EARNINGS])
    named = [row.practitioner_id for row in rows]
    named += [offer.service.primary_practitioner_id for offer in offers]
    return {key for key in named if key is not None}
