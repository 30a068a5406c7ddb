"""`estuary legacy migrate`: bring the old database over."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.console import AsJson, CannotRun, print_json, with_ports
from adapters.cli.legacy.options import Source, plain_account, print_account, progress_bar, reading
from core.domain.legacy.findings import Finding
from core.domain.time import instant
from core.usecases.context import Ports
from core.usecases.import_legacy import BATCH, Migrated, migrate_legacy, try_migration
from core.usecases.import_legacy_judging import Told, unheard


def _moment(text: str) -> datetime:
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError as error:
        raise typer.BadParameter("write a time with its offset: 2026-05-04T09:00:00Z") from error


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Example: `estuary legacy migrate --source sqlite:///legacy.db --quarantine left.jsonl`"
    )(migrate)


def migrate(
    source: Source,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing: the same report, the same quarantine.")
    ] = False,
    quarantine: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help="Write one JSON line for each row that is left out, or is not quite what it was.",
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="About how many rows a commit has.")] = BATCH,
    at: Annotated[
        datetime | None,
        typer.Option(
            parser=_moment, metavar="TIME", help="What orders say of when they were migrated. Default: now."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring everything over that fits. Killed, it goes on where it was; a second time changes nothing.

    Rows that would break a rule of the books are left out, each with its reason: put them into a file
    with `--quarantine`. Nothing may use the store meanwhile.
    """

    async def work(ports: Ports) -> Migrated:
        async with reading(source) as old:
            with progress_bar(await old.counts()) as bar, _told(quarantine) as told:
                if dry_run:
                    return await try_migration(old, ports=ports, at=at, told=told, progress=bar)
                return await migrate_legacy(old, ports=ports, at=at, batch=batch, told=told, progress=bar)

    done = with_ports(work)
    if as_json:
        run = None if done.run_id is None else str(done.run_id)
        print_json({"run": run, "rows": done.rows, **plain_account(done.account)})
        return
    print_account(done.account)
    typer.echo("nothing was written" if dry_run else f"run {done.run_id}: {done.rows:,} rows brought in")


@contextmanager
def _told(file: Path | None) -> Iterator[Told]:
    """Writes findings into a file that is complete when it has its name, whatever was in it before."""
    if file is None:
        yield unheard
        return
    partial = file.with_name(f"{file.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as lines:

            def tell(found: Finding) -> None:
                lines.write(json.dumps(_line(found)) + "\n")

            yield tell
        partial.replace(file)
    except OSError as error:
        raise CannotRun(f"--quarantine: {error}") from error


def _line(found: Finding) -> dict[str, object]:
    return {
        "table": found.table.value,
        "id": found.id,
        "outcome": found.outcome.value,
        "reason": found.reason.value,
        "detail": found.detail,
    }
