"""Which addresses messages of ours may be sent to."""

from typing import Protocol


class Endpoints(Protocol):
    """Knows what a user may make this deployment connect to."""

    async def objection(self, url: str) -> str | None:
        """Why nothing may be sent to the URL, in words for whoever named it; None if it may.

        It looks the name up, so it is never asked while a transaction is open. A name may lead
        elsewhere later: whoever connects checks again.
        """
        ...


class NoEndpoints:
    """Nothing is sent anywhere."""

    async def objection(self, url: str) -> str | None:
        """The same for every URL."""
        del url
        return "this deployment sends no webhooks"
