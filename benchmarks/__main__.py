"""`python -m benchmarks`: measure, and print tables of rates and ratios."""

import json
from typing import Annotated, Any, Final

import typer
import uvloop
from rich.console import Console

from benchmarks import machine
from benchmarks.report import Section
from benchmarks.suite import BENCHMARKS, Options

SECONDS: Final = 5.0
QUICK_SECONDS: Final = 2.0
WIDTH: Final = 140


def run(
    quick: Annotated[bool, typer.Option(help="Two seconds for each measurement instead of five.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"Only those with this in their names: {', '.join(BENCHMARKS)}."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=600, help="How long each measurement lasts.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
) -> None:
    """Measure the domain, each store's commits, and checkouts over HTTP beside the raw databases."""
    chosen = [name for name in BENCHMARKS if not only or any(part in name for part in only)]
    if not chosen:
        raise typer.BadParameter(f"is in no benchmark's name: {', '.join(BENCHMARKS)}", param_hint="--only")

    options = Options(seconds=seconds or (QUICK_SECONDS if quick else SECONDS))
    console = Console(stderr=as_json, width=None if Console().is_terminal else WIDTH)
    load = machine.load()
    about = machine.description() | {"seconds": f"{options.seconds:g}", "load before": f"{load:.2f}"}
    console.print(", ".join(f"{name} {value}" for name, value in about.items()), highlight=False)
    warning = machine.warning(load)
    if warning is not None:
        console.print(warning, style="yellow")
    console.print()

    sections = uvloop.run(_all(chosen, options, console))
    if as_json:
        document: dict[str, Any] = {"machine": about, "warning": warning}
        document["sections"] = [section.plain() for section in sections]
        typer.echo(json.dumps(document, indent=2))
    if any(line.failed for section in sections for line in section.lines):
        raise typer.Exit(1)


async def _all(chosen: list[str], options: Options, console: Console) -> list[Section]:
    sections = []
    for name in chosen:
        section = await BENCHMARKS[name](options)
        section.show(console)
        sections.append(section)
    return sections


if __name__ == "__main__":
    typer.run(run)
