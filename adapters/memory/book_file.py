"""The fake gateway's memory in a small SQLite file.

Several processes share it, it outlives every one of them, and through it a test scripts and reads
the gateway of a running server.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from adapters.memory.movements import Fault, Movement, MovementKind, MovementStatus, Operation

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS movements (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    ref TEXT NOT NULL UNIQUE,
    idempotency_key TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    currency TEXT NOT NULL,
    target TEXT,
    metadata TEXT NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    UNIQUE (kind, idempotency_key)
) STRICT;
CREATE INDEX IF NOT EXISTS movements_target ON movements (kind, target);
CREATE TABLE IF NOT EXISTS faults (
    number INTEGER PRIMARY KEY,
    operation TEXT NOT NULL,
    fault TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS hangs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL
) STRICT;
"""

COLUMNS: Final = "kind, ref, idempotency_key, amount_cents, currency, target, metadata, status, code"

WAIT_SECONDS: Final = 10.0
"""How long a process waits for another one's step."""


class FileBook:
    """A book in a SQLite file, made if it does not exist. What it was told survives `kill -9`."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def find(self, kind: MovementKind, *, key: str | None, ref: str | None) -> Movement | None:
        column, value = ("ref", ref) if ref is not None else ("idempotency_key", key)
        query = f"SELECT {COLUMNS} FROM movements WHERE kind = ? AND {column} = ?"  # noqa: S608 - both names are ours
        row = self._db.execute(query, (kind.value, value)).fetchone()
        return None if row is None else _movement(row)

    def write(self, movement: Movement) -> None:
        self._db.execute(
            f"INSERT INTO movements ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - names of ours
            " ON CONFLICT (ref) DO UPDATE SET status = excluded.status, code = excluded.code",
            (
                movement.kind.value,
                movement.ref,
                movement.idempotency_key,
                movement.amount_cents,
                movement.currency,
                movement.target,
                json.dumps(dict(movement.metadata)),
                movement.status.value,
                movement.code,
            ),
        )

    def movements(self, kind: MovementKind, *, target: str | None = None) -> tuple[Movement, ...]:
        query = f"SELECT {COLUMNS} FROM movements WHERE kind = ?"  # noqa: S608 - names of ours
        parameters = [kind.value] if target is None else [kind.value, target]
        query += " ORDER BY number" if target is None else " AND target = ? ORDER BY number"
        return tuple(_movement(row) for row in self._db.execute(query, parameters))

    def queue(self, operation: Operation, faults: Iterable[Fault]) -> None:
        with self.at_once():
            self._db.executemany(
                "INSERT INTO faults (operation, fault) VALUES (?, ?)",
                [(operation.value, fault.value) for fault in faults],
            )

    def next_fault(self, operation: Operation) -> Fault:
        row = self._db.execute(
            "DELETE FROM faults WHERE number = (SELECT min(number) FROM faults WHERE operation = ?)"
            " RETURNING fault",
            (operation.value,),
        ).fetchone()
        return Fault.NONE if row is None else Fault(row[0])

    def hang(self, operation: Operation) -> int:
        row = self._db.execute(
            "INSERT INTO hangs (operation) VALUES (?) RETURNING number", (operation.value,)
        ).fetchone()
        return int(row[0])

    def is_hanging(self, number: int) -> bool:
        return self._db.execute("SELECT 1 FROM hangs WHERE number = ?", (number,)).fetchone() is not None

    def hanging(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM hangs").fetchone()[0])

    def release(self) -> None:
        self._db.execute("DELETE FROM hangs")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


def _movement(row: tuple[Any, ...]) -> Movement:
    kind, ref, key, amount_cents, currency, target, metadata, status, code = row
    return Movement(
        kind=MovementKind(kind),
        ref=ref,
        idempotency_key=key,
        amount_cents=amount_cents,
        currency=currency,
        target=target,
        metadata=json.loads(metadata),
        status=MovementStatus(status),
        code=code,
    )
