"""The `estuary` command."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from adapters.cli import config, demo, ledger, legacy, outbox, payments, serve, store, token, user, work
from adapters.cli.console import UNUSABLE, CannotRun, tell
from adapters.settings import BadSettings
from core.domain.errors import DomainError
from ports.errors import PortError

app = typer.Typer(
    name="estuary",
    help="A backend for marketplaces where practitioners sell sessions.",
    epilog="Settings are environment variables, ESTUARY_…, or lines of .env: see `estuary config`."
    " Exit status: 0 done, 1 found a problem, 2 wrong usage or settings.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("estuary"))
        raise typer.Exit


@app.callback()
def _estuary(
    wanted: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


for group in (serve, work, token, config, demo):
    group.add_to(app)
app.add_typer(store.app, name="store")
app.add_typer(ledger.app, name="ledger")
app.add_typer(outbox.app, name="outbox")
app.add_typer(payments.app, name="payments")
app.add_typer(user.app, name="user")
app.add_typer(legacy.app, name="legacy")


def main() -> None:
    """Run the command line. An error that an operator can mend is one line, never a stack trace."""
    try:
        app()
    except (BadSettings, CannotRun) as error:
        tell(f"estuary: {error}")
    except (DomainError, PortError) as error:
        tell(f"estuary: {error.detail}")
    sys.exit(UNUSABLE)
