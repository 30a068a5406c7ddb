"""Posts webhooks: signed as the Standard Webhooks specification says, to vetted addresses alone."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from uuid import UUID

import httpcore
from attrs import field, frozen
from standardwebhooks.webhooks import Webhook

from adapters.webhooks.connections import Pinned
from adapters.webhooks.endpoints import PublicEndpoints, Refused, Route
from core.domain.dispatches import Dispatch, Dropped, Failed, SendOutcome, Sent
from core.domain.ids import SubscriptionId
from core.domain.subscriptions import BODY, Subscription
from core.usecases.context import Ports
from core.usecases.webhooks import disable_gone

GONE: Final = 410
MOST_READ: Final = 65_536
"""How much of an answer's body is taken, in bytes. Nothing in it is used, or told to anybody."""


@frozen(kw_only=True)
class Answered:
    """A receiver's answer: its status, and how long it wants to be left alone for, in seconds."""

    status: int
    retry_after: int | None = None


@frozen(kw_only=True)
class WebhookSender:
    """`ports.senders.Sender` for subscriptions: POSTs what was planned, within `timeout_seconds` in all.

    Each delivery has a connection of its own, through no proxy, and follows no redirect. `tls` is for
    tests; by default the receiver's certificate must be by one of the public authorities.
    """

    ports: Ports
    endpoints: PublicEndpoints
    timeout_seconds: float = 10
    tls: ssl.SSLContext = field(factory=httpcore.default_ssl_context, repr=False)

    async def send(self, dispatch: Dispatch) -> SendOutcome:
        """2xx: Sent. 410: Dropped, and the subscription is disabled. All else is tried again."""
        found = await self.ports.store.subscription(SubscriptionId(UUID(dispatch.recipient)))
        if found is None or not found.is_live:
            return Dropped(reason="the subscription was deleted")
        if not found.is_active:
            return Dropped(reason="the subscription is disabled")
        outcome = await self._deliver(dispatch, found)
        if isinstance(outcome, Dropped):
            await disable_gone(found.id, outcome.reason, ports=self.ports)
        return outcome

    async def _deliver(self, dispatch: Dispatch, to: Subscription) -> SendOutcome:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                route = await self.endpoints.route(to.url)
                answered = await self._post(route, dispatch, signed_for=to)
        except TimeoutError:
            return Failed(reason=f"no answer within {self.timeout_seconds:g} s")
        except Refused as refused:
            return Failed(reason=f"the URL {refused}")
        except Exception as error:
            # All of httpcore's errors, and what TLS and sockets raise: not delivered, as far as is known.
            return Failed(reason=f"not delivered: {type(error).__name__}")
        return _outcome(answered)

    async def _post(self, route: Route, dispatch: Dispatch, *, signed_for: Subscription) -> Answered:
        now = self.ports.clock.now()
        url = httpcore.URL(
            scheme=route.to.scheme, host=route.to.host, port=route.to.port, target=route.to.target
        )
        connection = httpcore.AsyncHTTPConnection(
            origin=url.origin, ssl_context=self.tls, network_backend=Pinned(route), keepalive_expiry=0
        )
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self.timeout_seconds)
        async with (
            connection,
            connection.stream(
                "POST",
                url,
                headers=signed(dispatch, signed_for.secrets(now), now=now),
                content=_text(dispatch).encode(),
                extensions={"timeout": limits},
            ) as response,
        ):
            await _drain(response)
            return Answered(status=response.status, retry_after=_retry_after(response, now))


def signed(dispatch: Dispatch, secrets: Sequence[str], *, now: datetime) -> list[tuple[str, str]]:
    """The headers of a delivery. The id is the event's at every attempt, so a repetition shows."""
    event_id = str(dispatch.event_id)
    signatures = [Webhook(secret).sign(event_id, now, _text(dispatch)) for secret in secrets]
    return [
        ("content-type", "application/json"),
        ("user-agent", "Estuary-Webhooks/1"),
        ("webhook-id", event_id),
        ("webhook-timestamp", str(int(now.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    ]


def _text(dispatch: Dispatch) -> str:
    return str(dispatch.payload[BODY])


async def _drain(response: httpcore.Response) -> None:
    """Let the receiver finish its answer, if it is not endless."""
    taken = 0
    async for chunk in response.aiter_stream():
        taken += len(chunk)
        if taken > MOST_READ:
            return


def _outcome(answered: Answered) -> SendOutcome:
    if 200 <= answered.status < 300:
        return Sent()
    if answered.status == GONE:
        return Dropped(reason="the receiver answered 410 Gone")
    moved = "; redirects are not followed" if 300 <= answered.status < 400 else ""
    return Failed(reason=f"the receiver answered {answered.status}{moved}", retry_after=answered.retry_after)


def _retry_after(response: httpcore.Response, now: datetime) -> int | None:
    """What the receiver asks for, in seconds or as a date; None for anything else."""
    named = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
    text = named.decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0, int((at - now).total_seconds()))
