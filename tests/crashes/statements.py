"""Boundaries inside a commit: after each statement of it, while its transaction is open."""

import re
from typing import Any, Final, cast

from attrs import evolve
from pymongo import monitoring
from sqlalchemy import event
from sqlalchemy.engine import Engine

from core.domain.changes import Changes
from core.usecases.context import Ports
from ports.store import Store
from tests.crashes.boundaries import Boundaries, Tell

WRITES: Final = re.compile(r"\b(?<!FOR )(INSERT|UPDATE|DELETE)\s+(?:INTO\s+|FROM\s+)?(\w+)")
"""The first write of a statement: PostgreSQL gets one that writes several tables."""
COMMANDS: Final = ("insert", "update", "delete", "findAndModify", "bulkWrite")


class StatementBoundaries(Boundaries):
    """The boundaries after the writes of commits, by what the drivers tell."""

    def __init__(self, tell: Tell, *, dies_at: int | None = None) -> None:
        super().__init__(tell, dies_at=dies_at)
        self.commits = False

        @event.listens_for(Engine, "after_cursor_execute")
        def executed(_: Any, __: Any, statement: str, *___: Any) -> None:
            found = WRITES.search(statement)
            if found is not None:
                self.wrote(found[1].lower(), found[2])

        monitoring.register(_Commands(self))

    def around(self, ports: Ports) -> Ports:
        """The ports, with a store whose commits are watched."""
        return evolve(ports, store=cast(Store, _Watched(ports.store, self)))

    def wrote(self, verb: str, table: str) -> None:
        """Something was written; nobody else sees it yet if it is part of a commit."""
        if self.commits:
            self.come_to(f"after {verb} {table}")


class _Watched:
    """The store, which says when it commits. Nothing else of this process writes meanwhile."""

    def __init__(self, store: Store, boundaries: StatementBoundaries) -> None:
        self._store = store
        self._boundaries = boundaries

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, changes: Changes) -> None:
        self._boundaries.commits = True
        try:
            await self._store.commit(changes)
        finally:
            self._boundaries.commits = False


class _Commands(monitoring.CommandListener):
    """Hears what MongoDB has done."""

    def __init__(self, boundaries: StatementBoundaries) -> None:
        self._boundaries = boundaries
        self._tables: dict[int, str] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self._tables[event.request_id] = str(event.command.get(event.command_name))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        table = self._tables.pop(event.request_id, "")
        if event.command_name in COMMANDS:
            self._boundaries.wrote(event.command_name, table)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self._tables.pop(event.request_id, None)
