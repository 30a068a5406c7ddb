"""`estuary store export` and `import`: everything that a store holds as files, and back."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from adapters.cli import user
from adapters.cli.console import FOUND, AsJson, print_json, print_table, rfc3339, tell
from adapters.cli.copying import Batch, bar, report
from core.usecases.archiving import Exported, export_store, import_archive
from core.usecases.bring_in import BATCH, Arrival

Where = Annotated[Path, typer.Argument(metavar="PATH", help="A directory, or a file that ends with .zip.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export", epilog="Example: `estuary store export friday.zip`")(export)
    app.command("import", epilog="Example: `estuary store migrate && estuary store import friday.zip`")(
        import_
    )


def export(
    path: Where,
    user_id: Annotated[
        UUID | None, typer.Option("--user", metavar="UUID", help="Only what is a user's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write everything to newline-delimited JSON with a manifest.

    Stop everything that writes to the store first. Exit status 1 if it changed meanwhile. With `--user` it
    is the same as `estuary user export`.
    """
    if user_id is not None:
        user.export(user_id, path, as_json)
        return
    done = asyncio.run(_exported(path))
    if as_json:
        print_json(_plain(done))
    else:
        manifest = done.manifest
        print_table(("kind", "rows"), ((kind, f"{n:,}") for kind, n in manifest.rows.items()), numbers=1)
    if done.changed:
        tell(f"estuary: the store changed while it was written ({', '.join(done.changed)}): export it again")
        raise typer.Exit(FOUND)


def import_(path: Where, batch: Batch = BATCH, as_json: AsJson = False) -> None:
    """Bring an export into an empty store, and compare both row by row.

    A line that was changed or is missing is named, and nothing is written. Killed at any moment, the same
    command goes on. Exit status 1 if a row differs at the end.
    """
    arrival = asyncio.run(_imported(path, batch))
    report(arrival, as_json=as_json, hint="is the target in use? Empty it, and import again")


async def _exported(path: Path) -> Exported:
    from adapters.bootstrap import new_archive, open_target
    from adapters.settings import load_settings

    async with open_target(load_settings()) as source:
        writer = new_archive(path)
        try:
            with bar() as progress:
                return await export_store(source.store, writer, clock=source.clock, progress=progress)
        finally:
            writer.close()


async def _imported(path: Path, batch: int) -> Arrival:
    from adapters.bootstrap import open_archive, open_target
    from adapters.settings import load_settings

    archive = open_archive(path)
    try:
        async with open_target(load_settings()) as target:
            with bar() as progress:
                return await import_archive(archive, target=target, batch=batch, progress=progress)
    finally:
        archive.close()


def _plain(done: Exported) -> dict[str, object]:
    manifest = done.manifest
    return {
        "ok": not done.changed,
        "created_at": rfc3339(manifest.created_at),
        "changed": list(done.changed),
        "kinds": {k.value: {"rows": n, "hash": manifest.hashes[k]} for k, n in manifest.rows.items()},
    }
