"""What carries letters to people."""

from typing import Protocol

from attrs import frozen

from core.domain.dispatches import SendOutcome
from core.domain.ids import DispatchId


@frozen(kw_only=True)
class Letter:
    """One mail to one person. `id` is the same whenever it is sent again; `subject` is one line.

    `to` is an address alone.
    """

    id: DispatchId
    to: str
    name: str | None
    subject: str
    text: str
    html: str


class Post(Protocol):
    """Takes letters. Never called while a transaction is open."""

    async def deliver(self, letter: Letter) -> SendOutcome:
        """Try once, and tell what came of it; an exception counts as Failed."""
        ...
