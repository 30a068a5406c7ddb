"""Worker processes that tell when they have started, and that are stopped as a supervisor does it."""

import asyncio
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

Process = subprocess.Popen[bytes]

START_SECONDS = 120
STOP_SECONDS = 15


@frozen(kw_only=True)
class Worker:
    """A process, and the file to which it logs."""

    process: Process
    log: Path

    async def started(self) -> None:
        """Wait until it says that it works; until then it may not know yet what a signal means."""
        async with asyncio.timeout(START_SECONDS):
            while "worker started" not in self.log.read_text():
                if self.process.poll() is not None:
                    raise AssertionError(self.log.read_text())
                await asyncio.sleep(0.05)


def start(command: Sequence[str], *, home: Path, environment: Mapping[str, str]) -> Worker:
    """Run a command that works in the directory until it is told to stop. It must log from `info` on."""
    log = home / f"worker-{len(list(home.glob('worker-*.log')))}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=home, env=environment, stdout=output, stderr=output
        )
    return Worker(process=process, log=log)


async def stop(*workers: Worker) -> None:
    """Tell workers that have started to stop; they must end well, and soon."""
    for worker in workers:
        await worker.started()
        worker.process.send_signal(signal.SIGTERM)
    ends = [await asyncio.to_thread(worker.process.wait, STOP_SECONDS) for worker in workers]
    assert [0] * len(workers) == ends


def end(*workers: Worker) -> None:
    """Nothing outlives its test."""
    for worker in workers:
        worker.process.kill()
        worker.process.wait()
