"""Runs and what they brought in: each read is one statement."""

from collections.abc import Collection, Sequence, Set
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from adapters.sql.dialects import record_set
from adapters.sql.engine import Engine
from adapters.sql.lists import get, page_of
from adapters.sql.rows import BROUGHT, RUN, SHAPES_BY_KIND
from adapters.sql.tables import brought, entries, runs
from core.domain.ids import RunId
from core.domain.kinds import Kind
from core.domain.runs import Brought, Run
from ports.queries import Cursor, Items, Page


class SqlRuns:
    """What the store tells of runs, and how many rows there are."""

    _engine: Engine

    async def load_run(self, run_id: RunId) -> Run | None:
        """A run as it is now."""
        return await self._engine.read(get, RUN, run_id)

    async def runs(self, page: Page) -> Items[Run]:
        """The runs that brought rows in, newest first."""
        return await self._engine.read(_runs, page)

    async def brought(
        self, run_id: RunId, kind: Kind, *, after: str | None = None, limit: int = 500
    ) -> Sequence[Brought]:
        """What a run brought in of a kind, by the rows' keys as text."""
        return await self._engine.read(_brought, run_id, kind, after, limit)

    async def brought_of(self, run_id: RunId, kind: Kind, keys: Collection[str]) -> Set[str]:
        """Those of the keys under which a run brought in a row of that kind."""
        return await self._engine.read(_brought_of, run_id, kind, keys)

    async def count(self, kind: Kind) -> int:
        """How many rows of a kind there are."""
        return await self._engine.read(_count, kind)


def _runs(connection: Connection, page: Page) -> Items[Run]:
    return page_of(
        connection,
        sa.select(runs),
        page,
        at=runs.c.started_at,
        key=runs.c.id,
        read=RUN.read,
        place=lambda run: Cursor(at=run.started_at, id=run.id),
    )


_BROUGHT = (
    sa.select(brought)
    .where(
        brought.c.run_id == sa.bindparam("run"),
        brought.c.kind == sa.bindparam("kind"),
        brought.c.key > sa.bindparam("after"),
    )
    .order_by(brought.c.key)
    .limit(sa.bindparam("limit", type_=sa.Integer()))
)


def _brought(
    connection: Connection, run_id: RunId, kind: Kind, after: str | None, limit: int
) -> Sequence[Brought]:
    wanted = {"run": run_id, "kind": kind.value, "after": after or "", "limit": limit}
    return BROUGHT.read_all(connection.execute(_BROUGHT, wanted))


def _brought_of(connection: Connection, run_id: RunId, kind: Kind, keys: Collection[str]) -> Set[str]:
    wanted = {"run": run_id, "kind": kind.value, "keys": [{"key": key} for key in keys]}
    return frozenset(connection.execute(_among(connection.dialect.name), wanted).scalars())


@cache
def _among(dialect: str) -> sa.Select[str]:
    keys = record_set("keys", [brought.c.key], dialect, name="wanted")
    return sa.select(brought.c.key).where(
        brought.c.run_id == sa.bindparam("run"),
        brought.c.kind == sa.bindparam("kind"),
        brought.c.key.in_(sa.select(*keys.c)),
    )


def _count(connection: Connection, kind: Kind) -> int:
    counted: int = connection.execute(_counted(kind)).scalar_one()
    return counted


@cache
def _counted(kind: Kind) -> sa.Select[Any]:
    table = entries if kind is Kind.ENTRY else SHAPES_BY_KIND[kind].table
    return sa.select(sa.func.count()).select_from(table)
