"""One structured log on stderr: readable lines for people, JSON for machines."""

import logging
import sys
from collections.abc import Sequence
from typing import Final, Literal

import structlog
import structlog.tracebacks
from structlog.typing import Processor

from core.domain.dispatches import Notice
from core.domain.events import Event

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure_logs(level: LogLevel, log_format: LogFormat) -> None:
    """Let everything that is logged go to stderr in one form.

    Libraries, which log through the standard library, are heard from warnings on, or all at `debug`.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks without local variables: those may hold secrets.
    plain = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    last: list[Processor] = (
        [structlog.processors.ExceptionRenderer(plain), structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    libraries = logging.DEBUG if level == "debug" else max(logging.WARNING, LEVELS[level])
    logging.basicConfig(level=libraries, handlers=[handler], force=True)


class LoggedEvents:
    """Tells every event to the log, and plans nothing."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("estuary.events")

    async def plan(self, event: Event) -> Sequence[Notice]:
        """Write the event's name, subject and payload as one line."""
        await self._log.ainfo(
            event.type.value,
            event_id=str(event.id),
            subject_id=str(event.subject_id),
            occurred_at=event.occurred_at.isoformat(timespec="milliseconds"),
            **event.payload,
        )
        return ()
