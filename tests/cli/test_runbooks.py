"""The runbooks in docs/ can be carried out as they are written."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.cli.conftest import ESTUARY, Cli, environment
from tests.legacy.old_database import write_file
from tests.legacy.old_studio import old_studio
from tests.servers import PostgresServer
from tests.sql.databases import database

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def blocks_of(page: str) -> list[str]:
    """The shell blocks of a page."""
    return [block.strip() for block in BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))]


def carried_out(page: str, home: Path, variables: Mapping[str, str] | None = None) -> str:
    """Run a page's blocks one after the other, as far as every command ends well; what they printed."""
    path = {"PATH": f"{ESTUARY.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(  # noqa: S603 - the runbook's own commands
        ["bash", "-euxc", "\n".join(blocks_of(page))],  # noqa: S607 - whatever shell there is
        cwd=home,
        env={**environment({}), **(variables or {}), **path},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


async def test_a_store_is_swapped_as_it_is_written(kept: Cli, postgres_server: PostgresServer) -> None:
    async with database(postgres_server) as url:
        stores = {"OLD_URL": "sqlite:///estuary.db", "NEW_URL": url}
        printed = carried_out("backend-swap.md", kept.home, stores)

    assert 4 == len(blocks_of("backend-swap.md"))
    assert "rows that differ: 0" in printed
    assert 2 == printed.count("every invariant holds")
    assert (kept.home / "before-the-swap.zip").exists()


def test_the_migration_is_done_as_it_is_written(tmp_path: Path) -> None:
    write_file(old_studio(packages=2, bundles=1, direct=3, workshops=1, courses=1), tmp_path / "legacy.db")
    lines = "\n".join(blocks_of("migration.md")).splitlines()

    printed = carried_out("migration.md", tmp_path)

    assert {"audit", "migrate", "verify", "rollback"} == {
        line.split()[2] for line in lines if line.startswith("estuary legacy")
    }
    assert "3 packages and bundles migrated, 0 errors" in printed
    assert "everything is as it was, and every invariant holds" in printed
    assert "is taken back" in printed
    assert (tmp_path / "left.jsonl").exists()
