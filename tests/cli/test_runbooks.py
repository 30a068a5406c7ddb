"""The runbooks' commands, as they stand there, one after the other in one directory."""

import re
import shlex
import subprocess
from pathlib import Path

from tests.cli.conftest import ESTUARY, environment
from tests.legacy.old_database import write_file
from tests.legacy.old_studio import old_studio

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    """The lines of all shell blocks of a page."""
    blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return [line for block in blocks for line in block.splitlines()]


def run(line: str, home: Path) -> str:
    """Run one line; what it printed. Its status must be 0."""
    program, *arguments = shlex.split(line)
    done = subprocess.run(  # noqa: S603 - our own documentation
        [ESTUARY if program == "estuary" else program, *arguments],
        cwd=home,
        env=environment({}),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert (line, 0) == (line, done.returncode), done.stdout + done.stderr
    return done.stdout


def test_the_migration_is_done_as_it_is_written(tmp_path: Path) -> None:
    write_file(old_studio(packages=2, bundles=1, direct=3, workshops=1, courses=1), tmp_path / "legacy.db")
    lines = commands("migration.md")

    printed = "".join(run(line, tmp_path) for line in lines)

    assert {"audit", "migrate", "verify", "rollback"} == {
        line.split()[2] for line in lines if line.startswith("estuary legacy")
    }
    assert "3 packages and bundles migrated, 0 errors" in printed
    assert "everything is as it was, and every invariant holds" in printed
    assert "is taken back" in printed
    assert (tmp_path / "left.jsonl").exists()
