"""Running work on a database: where connections come from, how transactions end, what is tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from adapters.sql.errors import DRIVER_ERRORS, Trouble, translated, trouble

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 5
"""How often a unit of work is tried that loses against others through no fault of its own."""

STALE_ATTEMPTS = 2
"""How often when a connection turns out to be dead: pooled ones may be older than the server's restart."""

_FIRST_PAUSE = 0.01
_random = SystemRandom()

Work = Callable[Concatenate[Connection, P], T]


class Engine(Protocol):
    """One database. `work` is plain synchronous code over one connection."""

    @property
    def where(self) -> str:
        """The database's name for people, without secrets."""
        ...

    async def read(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a load, which is a single statement and sees one snapshot. It is never stale."""
        ...

    async def write(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run work in a transaction and commit it, or raise and write nothing.

        Raises CommitUnknown if the connection is lost while committing.
        """
        ...

    async def alter(self, work: Work[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a change of the schema in a transaction that no time limit cuts off."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


async def attempted(run: Callable[[], Awaitable[T]], *, where: str) -> T:
    """Run until it succeeds or fails for good; driver errors come out as the port's.

    Only work of which nothing has been committed may raise a driver error here.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return await run()
        except DRIVER_ERRORS as error:
            if attempt >= _limit(trouble(error)):
                raise translated(error, where) from error
        await asyncio.sleep(_random.uniform(0, _FIRST_PAUSE * 2**attempt))


def _limit(kind: Trouble) -> int:
    if kind in (Trouble.RACE, Trouble.LOCKED):
        return ATTEMPTS
    return STALE_ATTEMPTS if kind is Trouble.LOST else 1
