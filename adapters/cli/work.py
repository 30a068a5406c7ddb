"""`estuary worker` and `estuary sweep`: what time alone moves."""

import asyncio
import random
import signal
from datetime import datetime
from typing import Annotated, Any, Final

import attrs
import structlog
import typer

from adapters.cli.console import FOUND, AsJson, print_json, print_table, rfc3339, with_ports
from adapters.logs import LoggedEvents, configure_logs
from adapters.settings import PREFIX, load_settings
from core.domain.time import instant
from core.usecases.context import Ports
from core.usecases.relay import relay_events
from core.usecases.sweep import SweepReport
from core.usecases.sweep import sweep as sweep_once
from ports.errors import PortError
from ports.publisher import EventPublisher

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
    report = with_ports(lambda ports: sweep_once(ports=ports, at=at))
    if as_json:
        print_json(attrs.asdict(report))
    else:
        _print_report(report)
    if report.failures:
        raise typer.Exit(FOUND)


def worker() -> None:
    """Sweep and hand on events, for ever, until SIGTERM or Ctrl-C. Any number of workers may run."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    from adapters.bootstrap import remembers_alone

    if remembers_alone(settings):
        structlog.get_logger("estuary.worker").warning(LOCAL_GATEWAY)
    with_ports(lambda ports: _until_stopped(ports, interval_seconds=settings.sweep_interval_seconds))


async def _until_stopped(ports: Ports, *, interval_seconds: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    await work(ports, LoggedEvents(), interval_seconds=interval_seconds, stop=stop)


async def work(
    ports: Ports, publisher: EventPublisher, *, interval_seconds: float, stop: asyncio.Event
) -> None:
    """Pass after pass until `stop` is set, which ends the work after the pass under way.

    The pauses between passes vary by half, so that workers started together drift apart.
    """
    log = structlog.get_logger("estuary.worker")
    log.info("worker started", interval_seconds=interval_seconds)
    while not stop.is_set():
        await _pass(ports, publisher, log)
        pause = interval_seconds * random.uniform(0.5, 1.5)  # noqa: S311 - nobody gains by guessing a pause
        try:
            await asyncio.wait_for(stop.wait(), pause)
        except TimeoutError:
            continue
    log.info("worker stopped")


async def _pass(ports: Ports, publisher: EventPublisher, log: Any) -> None:
    try:
        report = await sweep_once(ports=ports)
        relayed = await relay_events(publisher, ports=ports)
    except PortError as error:
        log.warning("pass given up", reason=error.detail)
        return
    for failure in report.failures:
        log.warning("item not moved", kind=failure.kind, id=failure.id, reason=failure.detail)
    counts = _counts(report)
    if relayed or any(counts.values()):
        log.info("pass done", events_relayed=relayed, **{name: n for name, n in counts.items() if n})


def _counts(report: SweepReport) -> dict[str, int]:
    return {name: value for name, value in attrs.asdict(report).items() if isinstance(value, int)}


def _print_report(report: SweepReport) -> None:
    rows = ((name.replace("_", " "), count) for name, count in _counts(report).items())
    print_table(("sweep", "items"), rows, title=f"at {rfc3339(report.at)}", numbers=1)
    if report.failures:
        print_table(("failed", "id", "why"), ((f.kind, f.id, f.detail) for f in report.failures))
