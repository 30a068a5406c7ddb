"""`estuary worker` and `estuary sweep`: what time alone moves."""

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

import attrs
import structlog
import typer

from adapters.cli.console import FOUND, AsJson, print_json, print_table, rfc3339, with_ports
from adapters.cli.working import work
from adapters.logs import configure_logs
from adapters.settings import PREFIX, Settings, load_settings
from core.domain.time import instant
from core.usecases.context import Ports
from core.usecases.runs import require_whole
from core.usecases.sweep import SweepReport
from core.usecases.sweep import sweep as sweep_once

STOPS: Final = (signal.SIGTERM, signal.SIGINT)

LOCAL_GATEWAY: Final = (
    f"payments are fake and {PREFIX}FAKE_PAYMENTS_FILE is not set:"
    " this process knows nothing of another one's charges"
)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: `ESTUARY_LOG_FORMAT=json estuary worker`")(worker)
    app.command(epilog="Example: `estuary sweep --at 2026-05-04T09:00:00Z --json`")(sweep)


def _moment(text: str) -> datetime:
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError as error:
        raise typer.BadParameter("write a time with its offset: 2026-05-04T09:00:00Z") from error


def sweep(
    at: Annotated[
        datetime | None,
        typer.Option(parser=_moment, metavar="TIME", help="Sweep as if it were this time. Default: now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run every sweep once and print what it did. Exit status 1 if an item could not be moved."""

    async def swept(ports: Ports) -> SweepReport:
        await require_whole(ports.store)
        return await sweep_once(ports=ports, at=at)

    report = with_ports(swept)
    if as_json:
        print_json(attrs.asdict(report))
    else:
        _print_report(report)
    if report.failures:
        raise typer.Exit(FOUND)


def worker() -> None:
    """Sweep, plan what events mean to the outside and send it, until SIGTERM or Ctrl-C.

    Any number of workers may run. What is under way when one is stopped is finished within 10 seconds.
    """
    # Held back until there is a loop that heeds them: a stop that comes while we start is a stop too.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    from adapters.bootstrap import remembers_alone

    if remembers_alone(settings):
        structlog.get_logger("estuary.worker").warning(LOCAL_GATEWAY)
    asyncio.run(_until_stopped(settings))


async def _until_stopped(settings: Settings) -> None:
    """Open everything and work. A stop breaks the opening off, and lets the work come to its end."""
    from adapters.bootstrap import open_outlets, open_ports

    this, stop = asyncio.current_task(), asyncio.Event()
    if this is None:
        raise AssertionError("a coroutine that runs is part of a task")

    def break_off() -> None:
        stop.set()
        this.cancel()

    _at_a_stop(break_off)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    try:
        async with open_ports(settings) as ports, open_outlets(settings, ports) as outlets:
            await require_whole(ports.store)
            _at_a_stop(stop.set)
            await work(
                ports,
                consumers=outlets.consumers,
                senders=outlets.senders,
                pace=settings.pace,
                interval_seconds=settings.sweep_interval_seconds,
                stop=stop,
            )
    except asyncio.CancelledError:
        structlog.get_logger("estuary.worker").info("worker stopped before it started")


def _at_a_stop(act: Callable[[], object]) -> None:
    """Do this from now on when the process is told to stop, and nothing else."""
    for number in STOPS:
        asyncio.get_running_loop().add_signal_handler(number, act)


def _counts(report: SweepReport) -> dict[str, int]:
    return {name: value for name, value in attrs.asdict(report).items() if isinstance(value, int)}


def _print_report(report: SweepReport) -> None:
    rows = ((name.replace("_", " "), count) for name, count in _counts(report).items())
    print_table(("sweep", "items"), rows, title=f"at {rfc3339(report.at)}", numbers=1)
    if report.failures:
        print_table(("failed", "id", "why"), ((f.kind, f.id, f.detail) for f in report.failures))
