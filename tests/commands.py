"""One command in a process of its own, forked from a warm one: it need not import everything anew."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from adapters.cli.main import main
from tests.forking import FORKED

PATIENCE_SECONDS: Final = 120.0
STREAMS: Final = ("out", "err")


def finish(arguments: Sequence[str], home: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a command to its end: its exit status, what it printed and what it said on stderr."""
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory, name) for name in STREAMS]
        process = FORKED.Process(target=_run, args=(arguments, home, environment, files))
        process.start()
        process.join(PATIENCE_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(arguments)
        out, err = (file.read_text(encoding="utf-8") for file in files)
        return process.exitcode, out, err


def _run(arguments: Sequence[str], home: Path, environment: Mapping[str, str], files: Sequence[Path]) -> None:
    for number, file in enumerate(files, start=1):
        with file.open("wb") as stream:
            os.dup2(stream.fileno(), number)
    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["estuary", *arguments]
    main()
