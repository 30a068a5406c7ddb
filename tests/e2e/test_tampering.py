"""Whoever changes the books behind Estuary's back is found out, on each store."""

import json
import sqlite3
from uuid import UUID

import asyncpg
from pymongo import AsyncMongoClient

from adapters.cli.demo.server import Installation
from tests.e2e.shop import opened

RAISE_IT = (
    "UPDATE journal_postings SET amount_cents = amount_cents + 1 WHERE type = 'grant' RETURNING entry_id"
)


async def raise_a_grant(installation: Installation) -> str:
    """Make the granted credits 1 cent more, past every trigger; tells the changed entry's id."""
    url = installation.store_url
    if url.startswith("sqlite"):
        return _in_sqlite(installation)
    if url.startswith("postgresql"):
        return await _in_postgresql(url)
    return await _in_mongodb(url)


def _in_sqlite(installation: Installation) -> str:
    with sqlite3.connect(installation.home / "estuary.db") as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        ((raw,),) = db.execute(RAISE_IT).fetchall()
    db.close()
    return str(UUID(bytes=raw) if isinstance(raw, bytes) else UUID(raw))


async def _in_postgresql(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")  # fires no triggers
        return str(await connection.fetchval(RAISE_IT))
    finally:
        await connection.close()


async def _in_mongodb(url: str) -> str:
    async with AsyncMongoClient[dict[str, object]](url, uuidRepresentation="standard") as client:
        changed = await client.get_default_database()["entries"].find_one_and_update(
            {"kind": "credit_grant"}, {"$inc": {"postings.0.amount_cents": 1}}, bypassDocumentValidation=True
        )
    assert changed is not None
    return str(changed["_id"])


async def test_a_changed_row_is_found_and_named(installation: Installation) -> None:
    server = installation.start()
    opened(installation, server)
    server.stop()
    assert 0 == installation.execute("ledger", "check").returncode

    entry_id = await raise_a_grant(installation)
    checked = installation.execute("ledger", "check", "--json")

    assert 1 == checked.returncode
    found = {(v["rule"], v["subject"]) for v in json.loads(checked.stdout)["violations"]}
    assert {
        ("entries never change", f"entry {entry_id}"),
        ("entry sums to zero", f"entry {entry_id}"),
    } <= found
    assert "balances equal their postings" in {rule for rule, _ in found}
