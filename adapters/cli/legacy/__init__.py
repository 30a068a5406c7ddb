"""`estuary legacy`: bring a marketplace over from the old schema."""

import typer

from adapters.cli.legacy import auditing, migrating, rolling_back, verifying

app = typer.Typer(
    no_args_is_help=True,
    help="Bring a marketplace over from the old schema, in which packages were parent bookings.",
)
for command in (auditing, migrating, verifying, rolling_back):
    command.add_to(app)
