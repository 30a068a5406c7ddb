"""What a benchmark found, as a table for people and as JSON for machines."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import Measured

FAILURES_SHOWN = 5


@frozen(kw_only=True)
class Line:
    """One measurement, beside the raw database's in the same run.

    `one_commit` is the raw database's rate for a checkout of one commit, where this one has two.
    """

    what: str
    ours: Measured
    raw: Measured | None = None
    one_commit: Measured | None = None
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        """Our rate over the raw database's."""
        return _over(self.ours, self.raw)

    @property
    def ratio_to_one_commit(self) -> float | None:
        """Our rate over the raw database's for one commit."""
        return _over(self.ours, self.one_commit)

    @property
    def p99_ratio(self) -> float | None:
        """Our p99 over the raw database's."""
        ours, raw = self.ours.milliseconds(99), None if self.raw is None else self.raw.milliseconds(99)
        return ours / raw if ours and raw else None

    @property
    def failed(self) -> int:
        """How many attempts failed, the raw database's included."""
        return self.ours.failed + (0 if self.raw is None else self.raw.failed)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "what": self.what,
            "ours": self.ours.plain(),
            "raw": None if self.raw is None else self.raw.plain(),
            "ratio": self.ratio,
            "ratio_to_one_commit": self.ratio_to_one_commit,
            "p99_ratio": self.p99_ratio,
            "aim": self.aim,
        }


@frozen(kw_only=True)
class Section:
    """One benchmark's lines, and what is to be known about the database it ran on."""

    name: str
    title: str
    lines: Sequence[Line]
    facts: Mapping[str, str] = field(factory=dict)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "facts": dict(self.facts),
            "lines": [line.plain() for line in self.lines],
        }

    def show(self, console: Console) -> None:
        """Print the table, and below it what failed."""
        facts = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        table = Table(title=self.title, title_justify="left", title_style="bold", caption=facts or None)
        table.add_column("what", no_wrap=True)
        table.add_column("clients", justify="right")
        for heading in ("rate/s", "p50 ms", "p99 ms", "failed", "raw/s", "raw p99", "ratio", "of 1 commit"):
            table.add_column(heading, justify="right")
        table.add_column("aim", no_wrap=True)
        for line in self.lines:
            table.add_row(*_cells(line))
        console.print(table, highlight=False)
        self._show_failures(console)

    def _show_failures(self, console: Console) -> None:
        for line in self.lines:
            for whose, measured in (("", line.ours), ("raw ", line.raw)):
                if measured is None:
                    continue
                for reason, count in measured.failures.most_common(FAILURES_SHOWN):
                    text = f"{whose}{line.what}, {measured.clients} clients: {count} times {reason}"
                    console.print(text, style="red", markup=False, highlight=False)
        console.print()


def _cells(line: Line) -> list[str]:
    ours, raw = line.ours, line.raw
    return [
        line.what,
        str(ours.clients),
        f"{ours.rate:,.0f}",
        _number(ours.milliseconds(50)),
        _number(ours.milliseconds(99)),
        str(ours.failed),
        "" if raw is None else f"{raw.rate:,.0f}",
        "" if raw is None else _number(raw.milliseconds(99)),
        _number(line.ratio),
        _number(line.ratio_to_one_commit),
        line.aim,
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _over(ours: Measured, raw: Measured | None) -> float | None:
    return ours.rate / raw.rate if raw is not None and raw.rate else None
