"""Faults on demand: the server's own failpoints, and a proxy that loses answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from pymongo import AsyncMongoClient

from adapters.mongo.documents import Document

ALWAYS: Final = "alwaysOn"
ONCE: Final = {"times": 1}
TRANSIENT: Final = ["TransientTransactionError"]
WRITE_CONFLICT: Final = {"errorCode": 112, "errorLabels": TRANSIENT}
CUT: Final = {"closeConnection": True}


@asynccontextmanager
async def failing(
    client: AsyncMongoClient[Document], *commands: str, mode: Any = ONCE, **fault: Any
) -> AsyncIterator[None]:
    """Make stores' commands fail on the server; `client` itself is spared by its name."""
    # Clients that name no application are not ours.
    data = {"failCommands": list(commands), "appName": "estuary", **fault}
    await client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
    try:
        yield
    finally:
        await client.admin.command("configureFailPoint", "failCommand", mode="off")


class LossyProxy:
    """Passes everything on to a server and back. A request that it was told to lose is passed on
    too, and carried out, but its answer is lost, together with the connection.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._wanted = b""
        self._losses = 0
        self.lost = 0

    def lose(self, wanted: bytes, *, times: int) -> None:
        """Lose the answers to the next requests that contain these bytes."""
        self._wanted, self._losses = wanted, times

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Its own port."""
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with listener:
            port: int = listener.sockets[0].getsockname()[1]
            yield port

    async def _serve(self, ours: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        theirs, requests = await asyncio.open_connection("127.0.0.1", self._server_port)
        try:
            while request := await _message(ours):
                requests.write(request)
                answer = await _message(theirs)
                if self._losses and self._wanted in request:
                    self._losses -= 1
                    self.lost += 1
                    return
                answers.write(answer)
        finally:
            requests.close()
            answers.close()


async def _message(stream: asyncio.StreamReader) -> bytes:
    """One message of MongoDB's protocol, which begins with its own length; empty at the end."""
    try:
        length = await stream.readexactly(4)
        return length + await stream.readexactly(int.from_bytes(length, "little") - 4)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
