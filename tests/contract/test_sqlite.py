"""The SQL store keeps the store's contract, and its budget of statements, on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.memory.testing.budgets import StatementBudgets, Statements
from adapters.memory.testing.contract import StoreContract
from adapters.sql import SqlStore
from tests.sql.databases import copied_file, opened
from tests.sql.statements import counted


class TestSqliteStore(StoreContract, StatementBudgets):
    """On a real file."""

    @pytest.fixture
    async def store(self, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[SqlStore]:
        """An empty store."""
        async with opened(copied_file(sqlite_template, tmp_path)) as (store,):
            yield store

    @pytest.fixture
    def statements(self) -> Statements:
        """What any store sends."""
        return counted
