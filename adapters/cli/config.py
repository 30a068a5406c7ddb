"""`estuary config`: the settings in force."""

import typer

from adapters.cli.console import AsJson, print_json, print_table
from adapters.settings import load_settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: `ESTUARY_PORT=9000 estuary config --json`")(config)


def config(as_json: AsJson = False) -> None:
    """Print the settings in force, secrets hidden."""
    shown = load_settings().shown()
    if as_json:
        print_json(dict(shown))
        return
    print_table(("setting", "value"), ((name, _told(value)) for name, value in shown.items()))


def _told(value: object) -> object:
    return "" if value is None or value in ([], {}) else value
