"""An SMTP server on loopback that keeps what it takes, and a post office that speaks to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from attrs import evolve

from adapters.memory.clock import MovableClock
from adapters.smtp.post import SmtpPost
from adapters.smtp.server import SmtpServer
from tests.builders import NOW

SENDER = "Estuary <hello@estuary.example>"


class Office:
    """A server's handler: it keeps what it takes, and gives the next of `answers` instead."""

    def __init__(self, *answers: str) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answers = list(answers)
        self.refused: set[str] = set()

    async def handle_RCPT(self, *said: Any) -> str:  # noqa: N802 - the library's name
        _server, _session, envelope, address, _options = said
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *said: Any) -> str:  # noqa: N802 - the library's name
        _server, _session, envelope = said
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.messages.append(message)
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"


def knowing(password: bytes) -> Callable[..., AuthResult]:
    """What lets in whoever says the password."""

    def authenticate(*said: Any) -> AuthResult:
        data = said[-1]
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == password, handled=False)

    return authenticate


@asynccontextmanager
async def served(office: Office, **options: Any) -> AsyncIterator[int]:
    """The port of an SMTP server on loopback."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, hostname="mail.example", loop=loop, **options), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def post_to(port: int, *, trust: ssl.SSLContext | None = None, **fields: Any) -> SmtpPost:
    server = evolve(SmtpServer(host="127.0.0.1", port=port), **fields)
    return SmtpPost(server=server, sender=SENDER, timeout_seconds=5, clock=MovableClock(NOW), trust=trust)
