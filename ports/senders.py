"""What carries messages to the outside, one for each channel."""

from typing import Protocol

from core.domain.dispatches import Dispatch, SendOutcome


class Sender(Protocol):
    """Hands messages of one channel to whoever takes them. Never called while a transaction is open."""

    async def send(self, dispatch: Dispatch) -> SendOutcome:
        """Try once, and tell what came of it; an exception, or no answer in time, counts as Failed.

        A dispatch may come again although it was sent, if the process died before it could say so:
        pass its id on, so that the recipient can tell.
        """
        ...
