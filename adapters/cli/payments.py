"""`estuary payments`: what the gateway told, and whether both sides' books agree."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import attrs
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from adapters.cli.console import FOUND, AsJson, CannotRun, print_json, print_table, rfc3339, with_ports
from core.domain.ids import InboxId
from core.domain.inbox import InboxItem
from core.domain.reconciling import Difference
from core.domain.statuses import InboxStatus
from core.domain.time import instant
from core.usecases.context import Ports
from core.usecases.inbox import retry_all_notices, retry_notices
from core.usecases.reconcile import Reconciliation
from core.usecases.reconcile import reconcile as compare_and_mend
from ports.queries import Page

app = typer.Typer(no_args_is_help=True, help="Payments, refunds and payouts beside the gateway's own books.")

INBOX_HELP = "List what webhooks told, the newest first, and what became of it; `retry` what is parked."

LISTED = 200
"""How many events the inbox shows, the newest."""


def _moment(text: str) -> datetime:
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError as error:
        raise typer.BadParameter("write a time with its offset: 2026-05-04T09:00:00Z") from error


@app.command(epilog="Example: `estuary payments reconcile --since 2026-05-01T00:00:00Z --json`")
def reconcile(
    since: Annotated[
        datetime | None,
        typer.Option(parser=_moment, metavar="TIME", help="Leave out what is older. Default: everything."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the books with the gateway's, mend what is clear. Exit status 1 if a difference is left."""
    found = with_ports(lambda ports: _compared(ports, since))
    if as_json:
        print_json(_plain(found))
    else:
        _print_differences(found)
    if found.left:
        raise typer.Exit(FOUND)


inbox = typer.Typer(
    invoke_without_command=True, epilog="Example: `estuary payments inbox --parked`", help=INBOX_HELP
)
app.add_typer(inbox, name="inbox")


@inbox.callback()
def list_inbox(
    context: typer.Context,
    only_parked: Annotated[bool, typer.Option("--parked", help="Only what somebody has to look at.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what webhooks told, the newest first, and what became of it."""
    if context.invoked_subcommand is not None:
        return
    status = InboxStatus.PARKED if only_parked else None
    items = with_ports(lambda ports: _told(ports, status))
    if as_json:
        print_json([_event(item) for item in items])
        return
    rows = (
        (i.id, rfc3339(i.received_at), i.event_type, i.object_id or "", i.status, i.reason or "")
        for i in items
    )
    print_table(("id", "received", "event", "object", "status", "why"), rows)


@inbox.command(epilog="Example: `estuary payments inbox retry --all`")
def retry(
    ids: Annotated[
        list[UUID] | None, typer.Argument(help="Parked events, by the ids that are listed.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is parked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make parked events due at once; a worker or the next sweep applies them, by what the gateway says."""
    if bool(ids) == everything:
        raise CannotRun("name what to try again, or say --all")
    count = with_ports(lambda ports: _retried(ids, ports))
    if as_json:
        print_json({"retried": count})
    else:
        typer.echo(f"due again: {count}")


async def _retried(ids: Sequence[UUID] | None, ports: Ports) -> int:
    if not ids:
        return await retry_all_notices(ports=ports)
    return await retry_notices([InboxId(item) for item in ids], ports=ports)


async def _told(ports: Ports, status: InboxStatus | None) -> Sequence[InboxItem]:
    found = await ports.store.inbox_items(Page(limit=LISTED), status=status)
    return found.items


async def _compared(ports: Ports, since: datetime | None) -> Reconciliation:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("asking", total=None)

        def progress(what: str, count: int) -> None:
            bar.update(task, description=f"{what}: {count:,}")

        return await compare_and_mend(ports=ports, since=since, progress=progress)


def _print_differences(found: Reconciliation) -> None:
    typer.echo(f"compared: {found.compared:,} here, {found.at_gateway:,} at the gateway")
    for title, differences in (("mended", found.mended), ("left", found.left)):
        if differences:
            rows = ((d.kind, d.flaw, d.id or "", d.ref or "", d.ours, d.theirs) for d in differences)
            print_table(("kind", "difference", "ours", "gateway's", "here", "there"), rows, title=title)
    typer.echo(f"differences: {len(found.left)}")


def _plain(found: Reconciliation) -> dict[str, object]:
    return {
        "ok": not found.left,
        "compared": found.compared,
        "at_gateway": found.at_gateway,
        "mended": [_difference(difference) for difference in found.mended],
        "differences": [_difference(difference) for difference in found.left],
    }


def _difference(difference: Difference) -> dict[str, object]:
    return attrs.asdict(difference)


def _event(item: InboxItem) -> dict[str, object]:
    told = attrs.asdict(item)
    del told["version"]
    return told
