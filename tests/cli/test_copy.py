"""`estuary store copy`: from the command line, killed and started again, refused in one line."""

import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Cli
from tests.cli.killing import cut_short, opened

SOURCE = "sqlite:///estuary.db"
TARGET = "sqlite:///new.db"


@pytest.fixture
def ready(kept: Cli) -> Cli:
    """What the demo left, and beside it an empty store with a schema."""
    assert 0 == kept("store", "migrate", STORE_URL=TARGET).status
    return kept


def test_a_copy_holds_everything_and_says_so(ready: Cli) -> None:
    done = ready("store", "copy", "--to", TARGET, "--json")
    again = ready("store", "copy", "--from", SOURCE, "--to", TARGET)
    books = ready("ledger", "check", "--json", STORE_URL=TARGET)

    assert (0, True, False, 0) == (
        done.status,
        done.document["ok"],
        done.document["resumed"],
        done.document["different"],
    )
    kinds = done.document["kinds"]
    assert [] == [kind for kind, sides in kinds.items() if sides["source"] != sides["target"]]
    assert 34 == kinds["booking"]["target"]["rows"]
    assert (0, True, 34) == (books.status, books.document["ok"], books.document["rows"]["booking"])
    assert 0 == again.status
    assert "rows that differ: 0" in again.out


@pytest.mark.usefixtures("brief_transactions")
async def test_killed_at_any_moment_the_same_again_comes_to_the_same_end(kept: Cli, store_url: str) -> None:
    """Batches of one row make hundreds of commits, and moments between them to die in."""
    command = ("store", "copy", "--from", SOURCE, "--to", store_url, "--batch", "1", "--json")
    async with opened(store_url) as store:
        reached = await cut_short(kept, *command, store=store, seed=20260302)

    done = kept(*command)

    assert sorted(reached) == reached
    assert 0 < reached[1] < reached[-1]
    assert (0, True, 0) == (done.status, done.document["resumed"], done.document["different"])
    sides = done.document["kinds"].values()
    assert [side["source"] for side in sides] == [side["target"] for side in sides]
    assert sum(side["target"]["rows"] for side in sides) > reached[-1]


def test_a_difference_is_named_and_fails(ready: Cli) -> None:
    ready("store", "copy", "--to", TARGET)
    with closing(sqlite3.connect(ready.home / "estuary.db")) as database, database:
        (order,) = database.execute("SELECT id FROM orders LIMIT 1").fetchone()
        database.execute("UPDATE orders SET client_notes = 'new' WHERE id = ?", (order,))

    done = ready("store", "copy", "--to", TARGET)
    told = ready("store", "copy", "--to", TARGET, "--json")

    assert 1 == done.status
    assert "changed" in done.out
    assert "source and target differ" in done.err
    (difference,) = told.document["differences"]
    assert ("order", order, "changed") == (
        difference["kind"],
        difference["key"].replace("-", ""),
        difference["flaw"],
    )


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        (SOURCE, SOURCE, "source and target are the same"),
        (SOURCE, "sqlite:///../kept/estuary.db", "source and target are the same"),
        ("memory://", TARGET, "--from: memory:// is gone"),
        (SOURCE, "memory://", "--to: memory:// is gone"),
        (SOURCE, "oracle://app:hunter2@host/db", "--to: must be sqlite"),
        ("postgresql://app:hunter2@127.0.0.1:1/db", TARGET, "127.0.0.1:1/db is not available"),
        (SOURCE, "sqlite:///bare.db", "has no tables yet: run `estuary store migrate`"),
    ],
)
def test_what_cannot_be_copied_is_refused_in_one_line(ready: Cli, source: str, target: str, why: str) -> None:
    done = ready("store", "copy", "--from", source, "--to", target)

    assert 2 == done.status
    assert why in done.refusal
    assert "hunter2" not in done.out + done.err


def test_an_older_schema_is_refused(ready: Cli) -> None:
    with closing(sqlite3.connect(ready.home / "new.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001_first_tables'")

    done = ready("store", "copy", "--to", TARGET)

    assert 2 == done.status
    assert "is at revision 0001_first_tables" in done.refusal


def test_a_store_in_use_is_not_filled(ready: Cli) -> None:
    done = ready("store", "copy", "--from", TARGET, "--to", SOURCE)

    assert 2 == done.status
    assert "not empty" in done.refusal
    assert "sqlite:///" in done.refusal
