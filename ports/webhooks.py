"""What a gateway's webhook says, and whether it is the gateway that says it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from core.domain.inbox import Notice


class NotAuthentic(Exception):
    """Nothing proves who sent it, or when, or it is no event. Nothing may be done about it.

    The text is for our log, not for the sender.
    """


class WebhookReader(Protocol):
    """Reads a gateway's webhooks."""

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Notice:
        """The notice in a body exactly as it came, or NotAuthentic. Header names are in lower case."""
        ...
