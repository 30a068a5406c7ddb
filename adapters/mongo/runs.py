"""Runs and what they brought in: each read is one query."""

from collections.abc import Collection, Sequence, Set

from bson.max_key import MaxKey

from adapters.mongo.documents import RECORDS, Document
from adapters.mongo.pages import ASCENDING, after, order_by, page_of
from adapters.mongo.subscriptions import Subscriptions
from core.domain.ids import RunId
from core.domain.kinds import Kind
from core.domain.runs import Brought, Run
from ports.queries import Items, Page


class Runs(Subscriptions):
    """What the store tells of runs, and how many rows there are."""

    async def load_run(self, run_id: RunId) -> Run | None:
        """A run as it is now."""
        return await self._connection.get(Run, run_id)

    async def runs(self, page: Page) -> Items[Run]:
        """The runs that brought rows in, newest first."""
        found = await self._connection.find(
            Run, after(page, "started_at"), sort=order_by("started_at"), limit=page.limit + 1
        )
        return page_of(found, page, lambda run: (run.started_at, run.id))

    async def brought(
        self, run_id: RunId, kind: Kind, *, after: str | None = None, limit: int = 500
    ) -> Sequence[Brought]:
        """What a run brought in of a kind, by the rows' keys as text."""
        of_kind: Document = {"run_id": run_id, "kind": kind.value}
        # A range of whole keys, for those are what is indexed.
        where = {"_id": {"$gt": {**of_kind, "key": after or ""}, "$lt": {**of_kind, "key": MaxKey()}}}
        return await self._connection.find(Brought, where, sort=(("_id", ASCENDING),), limit=limit)

    async def brought_of(self, run_id: RunId, kind: Kind, keys: Collection[str]) -> Set[str]:
        """Those of the keys under which a run brought in a row of that kind."""
        of_kind: Document = {"run_id": run_id, "kind": kind.value}
        where = {"_id": {"$in": [{**of_kind, "key": key} for key in keys]}}
        return frozenset(note.key for note in await self._connection.find(Brought, where))

    async def count(self, kind: Kind) -> int:
        """How many rows of a kind there are."""
        # By the index of the keys: it is smaller than what it points to.
        counted = await self._connection.aggregate(
            RECORDS[kind], [{"$group": {"_id": None, "rows": {"$sum": 1}}}], hint="_id_"
        )
        return sum(int(row["rows"]) for row in counted)
