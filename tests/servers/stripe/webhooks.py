"""Webhooks: what happened is told to an endpoint, signed, as often and in whatever order a test wants."""

import hmac
import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import httpx
from attrs import evolve, frozen

from tests.servers.stripe.books import Books

KEPT_SECONDS: Final = 3 * 86_400
"""Stripe tries again for three days."""

ACCEPTED: Final = range(200, 300)


@frozen(kw_only=True)
class Delivery:
    """An event on its way to the endpoint."""

    event_id: str
    attempts: int = 0


class Webhooks:
    """The deliveries that wait. Nothing is sent before a test says so: that is how it delays them.

    Deliver in another order to reorder, an event twice to duplicate it; drop it and it is lost.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._waiting: dict[str, Delivery] = {}
        self._seen: set[str] = set()

    def waiting(self, *kinds: str) -> list[str]:
        """The ids of events that were not accepted yet, oldest first; of these types, if any are given."""
        with self._books.lock:
            for event in self._books.all("event"):
                if event["id"] not in self._seen:
                    self._seen.add(event["id"])
                    self._waiting[event["id"]] = Delivery(event_id=event["id"])
            oldest = self._books.now() - KEPT_SECONDS
            for name in list(self._waiting):
                if self._books.get("event", name)["created"] < oldest:
                    del self._waiting[name]
            return [
                name for name in self._waiting if not kinds or self._books.get("event", name)["type"] in kinds
            ]

    def attempts(self, event_id: str) -> int:
        """How often a waiting event was refused."""
        return self._waiting[event_id].attempts

    def drop(self, *event_ids: str) -> None:
        """These events are never told."""
        for name in event_ids:
            self._waiting.pop(name, None)

    async def deliver(
        self, client: httpx.AsyncClient, url: str, secret: str, event_ids: Iterable[str] | None = None
    ) -> list[int]:
        """Tell events to the endpoint, all that wait unless some are named. Tells its answers' status codes.

        One that is not accepted waits for the next time; so does one whose connection fails, told as 0.
        """
        statuses = []
        for name in self.waiting() if event_ids is None else list(event_ids):
            payload = self.payload(name)
            headers = {"Stripe-Signature": signature(payload, secret, at=self._books.now())}
            try:
                answer = await client.post(url, content=payload, headers=headers)
                status = answer.status_code
            except httpx.HTTPError:
                status = 0
            statuses.append(status)
            self._note(name, accepted=status in ACCEPTED)
        return statuses

    def payload(self, event_id: str) -> bytes:
        """The event as it is sent."""
        with self._books.lock:
            return json.dumps(self._books.get("event", event_id)).encode()

    def _note(self, name: str, *, accepted: bool) -> None:
        delivery = self._waiting.get(name)
        if accepted:
            self._waiting.pop(name, None)
        elif delivery is not None:
            self._waiting[name] = evolve(delivery, attempts=delivery.attempts + 1)


def signature(payload: bytes, secret: str, *, at: int) -> str:
    """The header that proves who sent it, and when."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + payload, sha256).hexdigest()
    return f"t={at},v1={signed}"
