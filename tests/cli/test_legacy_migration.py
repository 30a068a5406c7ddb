"""`estuary legacy migrate`, `verify` and `rollback`, as an operator meets them; killed, too."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.usecases.import_legacy import migrate_legacy
from core.usecases.store_state import store_state
from tests.cli.conftest import Cli
from tests.cli.killing import cut_short, opened, rows_brought, state_at
from tests.legacy.old_database import write_file
from tests.legacy.old_studio import old_studio
from tests.legacy.world import AT, deployment

MOMENT = AT.isoformat()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an old database with everything that real ones have."""
    rows = old_studio(packages=3, bundles=1, direct=6, workshops=1, courses=1, broken=True)
    return write_file(rows, tmp_path_factory.mktemp("old") / "legacy.db")


@pytest.fixture
def migrated(estuary: Cli) -> Cli:
    """The command line beside an empty store."""
    assert 0 == estuary("store", "migrate").status
    return estuary


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_migration_is_tried_done_verified_and_taken_back(migrated: Cli, old: str) -> None:
    left = migrated.home / "left.jsonl"
    trial = migrated("legacy", "migrate", "--source", old, "--dry-run", "--json").document
    done = migrated("legacy", "migrate", "--source", old, "--quarantine", str(left), "--json").document
    again = migrated("legacy", "migrate", "--source", old, "--json").document
    verified = migrated("legacy", "verify", "--source", old, "--json")
    gone = migrated("legacy", "rollback", "--json").document

    assert trial == done | {"run": None, "rows": 0}
    assert (5, 5) == (done["packages_and_bundles_migrated"], done["errors"])
    assert {"childless_parent": 3, "orphaned_child": 2} == done["quarantined"]
    assert done["errors"] == sum(line["outcome"] == "quarantined" for line in lines(left))
    assert (done["run"], 0) == (again["run"], again["rows"])
    assert (0, True, [], []) == (
        verified.status,
        verified.document["ok"],
        verified.document["differences"],
        verified.document["violations"],
    )
    assert {"ok": True, "run": done["run"], "rows": done["rows"]} == gone


def test_what_is_in_the_way_is_named(migrated: Cli, old: str) -> None:
    done = migrated("legacy", "migrate", "--source", old)
    with closing(sqlite3.connect(migrated.home / "estuary.db")) as store, store:
        store.execute("UPDATE contacts SET email = 'new@example.com' WHERE email = 'user9@example.com'")
    verified = migrated("legacy", "verify", "--source", old)
    refused = migrated("legacy", "rollback", "--json")

    assert "5 packages and bundles migrated, 5 errors" in done.out
    assert (1, 1) == (verified.status, refused.status)
    assert "differences: 2" in verified.out
    assert 2 == len([row for row in refused.document["in_the_way"] if "has changed since" in row])


@pytest.mark.parametrize("command", ["migrate", "verify"])
def test_an_address_of_no_database_is_one_line(migrated: Cli, command: str) -> None:
    done = migrated("legacy", command, "--source", "mysql://localhost/old")

    assert 2 == done.status
    assert done.refusal.startswith("--source: ")


def test_a_quarantine_that_cannot_be_written_is_one_line(migrated: Cli, old: str) -> None:
    done = migrated("legacy", "migrate", "--source", old, "--quarantine", "missing/left.jsonl")

    assert 2 == done.status
    assert done.refusal.startswith("--quarantine: ")


@pytest.mark.usefixtures("brief_transactions")
async def test_killed_again_and_again_it_comes_to_the_same(estuary: Cli, old: str, store_url: str) -> None:
    """Twice; the third run finishes."""
    command = ("legacy", "migrate", "--source", old, "--at", MOMENT, "--batch", "1")
    async with opened(store_url) as store:
        reached = await cut_short(
            estuary, *command, store=store, seed=20251115, counts=("rows",), STORE_URL=store_url
        )
        sweeping = estuary("sweep", STORE_URL=store_url)
        last = estuary("legacy", "migrate", "--source", old, "--json", STORE_URL=store_url).document
        whole = await rows_brought(store, "rows")

    assert (2, True) == (sweeping.status, "is not through yet: start it again" in sweeping.refusal)
    assert await expected_state() == await state_at(store_url)
    assert sorted(reached) == reached
    assert 0 < reached[1] < reached[-1] < whole
    assert whole == reached[-1] + last["rows"]


async def expected_state() -> object:
    """What comes of it at once."""
    rows = old_studio(packages=3, bundles=1, direct=6, workshops=1, courses=1, broken=True)
    whole = deployment()
    await migrate_legacy(rows, ports=whole, at=AT)
    return await store_state(store=whole.store)
