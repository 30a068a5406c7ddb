"""The runbooks in docs/ can be carried out as they are written."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import ESTUARY, Cli, environment
from tests.cli.test_demo import database
from tests.servers import PostgresServer

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["backend-swap.md"])
def test_its_commands_lead_to_the_end(page: str, kept: Cli, postgres_server: PostgresServer) -> None:
    blocks = [block.strip() for block in BLOCK.findall((DOCS / page).read_text())]
    with database(postgres_server) as url:
        stores = {"OLD_URL": "sqlite:///estuary.db", "NEW_URL": url}
        path = {"PATH": f"{ESTUARY.parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(  # noqa: S603 - the runbook's own commands
            ["bash", "-euxc", "\n".join(blocks)],  # noqa: S607 - whatever shell there is
            cwd=kept.home,
            env=environment({}) | stores | path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

        assert 0 == done.returncode, done.stderr
    assert 4 == len(blocks)
    assert "rows that differ: 0" in done.stdout
    assert 2 == done.stdout.count("every invariant holds")
    assert (kept.home / "before-the-swap.zip").exists()
