"""What ran the benchmarks, and whether something else ran beside them."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

LIBRARIES: Final = ("litestar", "granian", "sqlalchemy", "asyncpg", "pymongo", "msgspec")

IDLE_SHARE: Final = 0.25
"""The share of the cores that may be at work before the run begins."""


def description() -> dict[str, str]:
    """The machine, its Python and the libraries, by name."""
    memory = psutil.virtual_memory().total / 2**30
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def load() -> float:
    """The average number of processes at work in the last minute."""
    return psutil.getloadavg()[0]


def warning(before: float) -> str | None:
    """What to tell about the load before the run; None if the machine was idle."""
    cores = os.cpu_count() or 1
    if before <= cores * IDLE_SHARE:
        return None
    return (
        f"The load average was {before:.1f} on {cores} cores before this run: something else is at work."
        " Rates are too low; ratios are blurred."
    )


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    if file.exists():
        for line in file.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
