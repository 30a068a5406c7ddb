"""`estuary outbox`: what workers have given up on, and another try."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import attrs
import typer

from adapters.cli.console import FOUND, AsJson, CannotRun, print_json, print_table, rfc3339, with_ports
from core.usecases.context import Ports
from core.usecases.outbox import retry_all_parked, retry_parked
from ports.queries import Backlog, OutboxState, Page, Parked

app = typer.Typer(no_args_is_help=True, help="Messages to the outside: what waits, and what is parked.")

LIMIT = 100


@app.command("list", epilog="Example: `estuary outbox list --json | jq -r '.parked[].id'`")
def list_parked(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many parked items at most.")] = LIMIT,
    as_json: AsJson = False,
) -> None:
    """Print how much waits and what is parked, newest first. Exit status 1 if anything is parked."""
    state, parked = with_ports(lambda ports: _read(ports, limit))
    if as_json:
        print_json(_plain(state, parked))
    else:
        _print(state, parked)
    if parked:
        raise typer.Exit(FOUND)


@app.command(epilog="Example: `estuary outbox retry --all`")
def retry(
    ids: Annotated[list[UUID] | None, typer.Argument(help="Parked events or messages.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is parked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make parked items due at once, with all their attempts before them; a worker does the rest."""
    if bool(ids) == everything:
        raise CannotRun("name what to try again, or say --all")
    count = with_ports(lambda ports: retry_parked(ids, ports=ports) if ids else retry_all_parked(ports=ports))
    if as_json:
        print_json({"retried": count})
    else:
        typer.echo(f"due again: {count}")


async def _read(ports: Ports, limit: int) -> tuple[OutboxState, Sequence[Parked]]:
    page = await ports.store.parked(Page(limit=limit))
    return await ports.store.outbox_state(), page.items


def _plain(state: OutboxState, parked: Sequence[Parked]) -> dict[str, object]:
    return {
        "events": attrs.asdict(state.events),
        "dispatches": attrs.asdict(state.dispatches),
        "parked": [attrs.asdict(item) for item in parked],
    }


def _print(state: OutboxState, parked: Sequence[Parked]) -> None:
    rows = (_backlog("events", state.events), _backlog("messages", state.dispatches))
    print_table(("what", "oldest waiting", "waiting", "parked"), rows, numbers=2)
    if parked:
        print_table(
            ("parked", "at", "event", "channel", "recipient", "attempts", "why"),
            (
                (
                    item.id,
                    rfc3339(item.parked_at),
                    item.event_type,
                    item.channel or "",
                    item.recipient or "",
                    item.attempts,
                    item.last_error or "",
                )
                for item in parked
            ),
        )


def _backlog(what: str, backlog: Backlog) -> tuple[object, ...]:
    oldest = "" if backlog.oldest_at is None else rfc3339(backlog.oldest_at)
    return what, oldest, backlog.waiting, backlog.parked
