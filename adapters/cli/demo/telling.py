"""How the story is told: each step a table of figures, each figure beside what it must be."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

import httpx
from attrs import asdict, field, frozen
from rich.console import Console
from rich.table import Table

from adapters.cli.console import CannotRun
from core.domain.money import format_cents

API: Final = "/api/v1"
WIDTH: Final = 72


@frozen(kw_only=True)
class Figure:
    """A value that a step led to, and the value it must be. `is_money`: both are cents."""

    name: str
    actual: Any
    expected: Any
    is_money: bool = True

    def text(self, currency: str) -> str:
        """The value for people."""
        return format_cents(self.actual, currency) if self.is_money else str(self.actual)

    @property
    def holds(self) -> bool:
        """Whether the value is what it must be."""
        return bool(self.actual == self.expected)


def money(name: str, actual: int, expected: int) -> Figure:
    """A figure in cents."""
    return Figure(name=name, actual=actual, expected=expected)


def fact(name: str, actual: object, expected: object) -> Figure:
    """A figure that is not money."""
    return Figure(name=name, actual=actual, expected=expected, is_money=False)


@frozen(kw_only=True)
class Step:
    """What was told under one title: figures that were checked, or a table to look at."""

    title: str
    figures: tuple[Figure, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@frozen
class Teller:
    """Tells steps and remembers them."""

    console: Console
    currency: str = "usd"
    steps: list[Step] = field(factory=list)

    @property
    def told(self) -> tuple[Figure, ...]:
        """Every figure so far."""
        return tuple(figure for step in self.steps for figure in step.figures)

    @property
    def mistakes(self) -> tuple[Figure, ...]:
        """The figures that are not what they must be."""
        return tuple(figure for figure in self.told if not figure.holds)

    def step(self, title: str, *figures: Figure) -> None:
        """Tell one step with its figures."""
        table = Table(title=title, title_justify="left", title_style="bold", show_header=False, width=WIDTH)
        table.add_column(ratio=1)
        table.add_column(justify="right", width=26)
        table.add_column(width=2)
        for figure in figures:
            verdict = "[green]ok[/green]" if figure.holds else "[red]!![/red]"
            table.add_row(figure.name, figure.text(self.currency), verdict)
        self.console.print(table, "", highlight=False)
        self.steps.append(Step(title=title, figures=figures))

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: int = 0
    ) -> None:
        """Show rows; the last `numbers` columns are aligned to the right."""
        texts = tuple(tuple(str(cell) for cell in row) for row in rows)
        table = Table(title=title, title_justify="left", title_style="bold", width=WIDTH)
        for index, column in enumerate(columns):
            table.add_column(column, justify="right" if index >= len(columns) - numbers else "left")
        for row in texts:
            table.add_row(*row)
        self.console.print(table, "", highlight=False)
        self.steps.append(Step(title=title, columns=tuple(columns), rows=texts))

    def document(self) -> dict[str, Any]:
        """Everything that was told, for machines; `is_money` figures are cents."""
        return {"steps": [_plain(step) for step in self.steps], "mistakes": len(self.mistakes)}

    def conclude(self) -> None:
        """Say what did not hold, or that everything did."""
        for figure in self.mistakes:
            self.console.print(f"[red]{figure.name}: {figure.actual}, must be {figure.expected}[/red]")
        if not self.mistakes:
            self.console.print(f"All {len(self.told)} figures are what they must be.", highlight=False)


def _plain(step: Step) -> dict[str, Any]:
    figures = [asdict(figure) | {"holds": figure.holds} for figure in step.figures]
    if not step.columns:
        return {"title": step.title, "figures": figures}
    return {"title": step.title, "rows": [dict(zip(step.columns, row, strict=True)) for row in step.rows]}


@frozen
class Caller:
    """A user of the API, with a token."""

    client: httpx.Client
    token: str

    def get(self, path: str) -> Any:
        """The answer to a GET."""
        return self._answer(self.client.get(API + path, headers=self._headers()), 200)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer to a PUT that creates or changes."""
        return self._answer(self.client.put(API + path, json=body, headers=self._headers()), 200, 201)

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Any:
        """The answer to a POST, under an idempotency key."""
        return self._answer(self._posted(path, body, key), 200, 201)

    def refusal(self, path: str, body: Mapping[str, Any]) -> str:
        """The code of the problem that a POST meets."""
        return str(self._answer(self._posted(path, body, None), 409)["code"])

    def _posted(self, path: str, body: Mapping[str, Any], key: str | None) -> httpx.Response:
        headers = {**self._headers(), "Idempotency-Key": key or str(uuid4())}
        return self.client.post(API + path, json=body, headers=headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _answer(self, response: httpx.Response, *expected: int) -> Any:
        if response.status_code not in expected:
            request = response.request
            raise CannotRun(
                f"{request.method} {request.url.path} answered {response.status_code}: {response.text[:500]}"
            )
        return response.json()
