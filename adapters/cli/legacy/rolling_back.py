"""`estuary legacy rollback`: take back what a migration brought in."""

from typing import Annotated
from uuid import UUID

import typer

from adapters.cli.console import FOUND, AsJson, print_json, print_table, with_ports
from core.domain.ids import RunId
from core.usecases.context import Ports
from core.usecases.import_legacy_rollback import Depended, RolledBack, roll_back_migration


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `estuary legacy rollback`, or `--run ID` for an older migration")(rollback)


def rollback(
    run: Annotated[
        UUID | None, typer.Option(metavar="ID", help="The run. Default: the newest that stands.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove exactly what a migration brought in. Killed, it goes on where it was.

    Exit status 1 where newer activity depends on some of it: then nothing is removed, and what is in the
    way is named.
    """

    async def work(ports: Ports) -> RolledBack | Depended:
        try:
            return await roll_back_migration(None if run is None else RunId(run), ports=ports)
        except Depended as error:
            return error

    done = with_ports(work)
    if isinstance(done, Depended):
        _refuse(done, as_json=as_json)
        raise typer.Exit(FOUND)
    if as_json:
        print_json({"ok": True, "run": str(done.run_id), "rows": done.rows})
        return
    typer.echo(f"run {done.run_id} is taken back: {done.rows:,} rows removed")


def _refuse(error: Depended, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, "in_the_way": list(error.rows)})
        return
    print_table(("newer activity depends on what the run brought in",), ((row,) for row in error.rows))
    typer.echo("nothing was removed")
