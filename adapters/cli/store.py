"""`estuary store`: the store that the settings name, its schema, and the way to another one."""

from collections.abc import Sequence

import typer

from adapters.cli import archiving, copying
from adapters.cli.console import FOUND, AsJson, print_json, tell, with_ports
from core.usecases.context import Ports
from ports.errors import PortError, SchemaOutdated

app = typer.Typer(no_args_is_help=True, help="The store: its schema, and copies of what is in it.")


@app.command(epilog="Example: `ESTUARY_STORE_URL=postgresql://app@localhost/estuary estuary store migrate`")
def migrate(as_json: AsJson = False) -> None:
    """Create the schema or bring it up to date. A second time changes nothing."""

    async def work(ports: Ports) -> Sequence[str]:
        await ports.store.ping()
        return await ports.store.migrate()

    steps = with_ports(work, check=False)
    if as_json:
        print_json({"applied": list(steps)})
        return
    for step in steps:
        typer.echo(f"applied {step}")
    typer.echo("the schema is up to date" if steps else "the schema was up to date")


@app.command(epilog="Example: `estuary store check && estuary serve`")
def check(as_json: AsJson = False) -> None:
    """Connect, and compare the schema with this release's: names each migration that is pending.

    Exit status 1 if the store does not answer, or its schema is missing, older or newer.
    """

    async def work(ports: Ports) -> None:
        await ports.store.ping()
        await ports.store.check_schema()

    problem: PortError | None = None
    try:
        with_ports(work, check=False)
    except PortError as error:
        problem = error
    pending = problem.pending if isinstance(problem, SchemaOutdated) else ()
    if as_json:
        detail = None if problem is None else problem.detail
        print_json({"ok": problem is None, "problem": detail, "pending": list(pending)})
    elif problem is None:
        typer.echo("the store answers and its schema is up to date")
    else:
        tell(f"estuary: {problem.detail}")
        for step in pending:
            typer.echo(f"pending {step}")
    if problem is not None:
        raise typer.Exit(FOUND)


copying.add_to(app)
archiving.add_to(app)
