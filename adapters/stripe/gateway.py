"""The payment gateway of `ports.payments`, through Stripe: payment intents, refunds and Connect transfers."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import stripe
from attrs import field, frozen

from adapters.stripe.disputes import dispute_report
from adapters.stripe.key_times import SKEW_SECONDS, made_at, nothing_before
from adapters.stripe.listing import every, listed_charge, listed_refund, listed_transfer
from adapters.stripe.lookups import Reach, TooMany, find_by_key
from adapters.stripe.outcomes import (
    account_report,
    charge_outcome,
    reason_of,
    refund_outcome,
    refusal,
    transfer_outcome,
    unanswered,
)
from adapters.stripe.patience import Patience, insist
from adapters.stripe.words import intent_params, refund_params, reversal_params, transfer_params
from core.domain.gateway import (
    Absent,
    AccountReport,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    DisputeReport,
    GatewayMovement,
    RefundOutcome,
    RefundRequest,
    ReversalOutcome,
    ReversalRequest,
    Succeeded,
    TransferOutcome,
    TransferRequest,
    Unknown,
)
from ports.errors import Unavailable

API_VERSION: Final = "2026-08-26.dahlia"
"""The version whose published description the tests hold every request and answer against. Newer versions
of the library ask for newer ones unless told; this changes by our decision only."""

API_BASE: Final = "https://api.stripe.com"

CANCELABLE: Final = frozenset({"requires_action", "requires_payment_method", "requires_confirmation"})
"""An intent in processing is with the bank: it goes on."""

MOVED_ON: Final = "payment_intent_unexpected_state"

T = TypeVar("T", bound=stripe.StripeObject)
Call = Callable[..., Awaitable[T]]

# The standard library's logger speaks on stderr even in commands that set up no log of their own.
log = logging.getLogger("estuary.stripe")


@frozen(kw_only=True)
class StripeAccess:
    """How to reach Stripe. `timeout_seconds` bounds each wait for it; `patience` bounds the attempts.

    `settling_seconds`: so long after a charge was asked for, Stripe may still be carrying it out. Our
    attempts take some 20 seconds at most; the rest is Stripe's.
    """

    api_key: str
    api_base: str = API_BASE
    payment_method_types: Sequence[str] = ()
    timeout_seconds: float = 10.0
    patience: Patience = field(factory=Patience)
    reach: Reach = field(factory=Reach)
    settling_seconds: float = 45.0


class StripeGateway:
    """Stripe. No method raises for a decline, a time-out or an outage.

    A lookup that finds nothing under a ref that Stripe itself told is `Unknown`: Stripe forgets nothing, so
    it is the key that opens another account or mode.
    """

    def __init__(self, access: StripeAccess) -> None:
        self._http = stripe.HTTPXClient(timeout=access.timeout_seconds)
        api = stripe.StripeClient(
            access.api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": access.api_base},
            max_network_retries=0,  # `insist` repeats, also what was throttled
            http_client=self._http,
        ).v1
        self._intents = api.payment_intents
        self._refunds = api.refunds
        self._transfers = api.transfers
        self._reversals = api.transfers.reversals
        self._accounts = api.accounts
        self._disputes = api.disputes
        self._method_types = access.payment_method_types
        self._patience = access.patience
        self._reach = access.reach
        self._settling_seconds = access.settling_seconds

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        key = request.idempotency_key
        params = intent_params(request, self._method_types)
        try:
            intent = await self._ask(self._intents.create_async, params, _under(key))
        except stripe.StripeError as error:
            return refusal(_noted("charge", error))
        if _is_replay(intent):
            return await self.find_charge(idempotency_key=key, ref=intent.id)
        return charge_outcome(intent)

    async def find_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        """An intent whose customer failed to authenticate is closed before it is told as declined: their
        browser holds its client secret and could still pay with another card.
        """
        try:
            intent = await self._intent(idempotency_key, ref)
            if intent is None:
                return self._no_charge(idempotency_key)
            if intent.status == "requires_payment_method":
                intent = await self._closed(intent)
        except stripe.StripeError as error:
            return unanswered(_noted("find_charge", error))
        except TooMany:
            return _unproven("charge")
        return charge_outcome(intent)

    async def cancel_charge(self, *, idempotency_key: str, ref: str | None) -> ChargeOutcome:
        """Give up a charge that still waits for the customer; one in processing goes on."""
        try:
            intent = await self._intent(idempotency_key, ref)
            if intent is None:
                return self._no_charge(idempotency_key)
            if intent.status in CANCELABLE:
                intent = await self._closed(intent)
        except stripe.StripeError as error:
            return unanswered(_noted("cancel_charge", error))
        except TooMany:
            return _unproven("charge")
        return charge_outcome(intent)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back a part of a charge. Stripe sees to it that the parts never exceed it."""
        key = request.idempotency_key
        try:
            made = await self._ask(self._refunds.create_async, refund_params(request), _under(key))
        except stripe.StripeError as error:
            return refusal(_noted("refund", error))
        if _is_replay(made):
            return await self.find_refund(idempotency_key=key, ref=made.id)
        return refund_outcome(made)

    async def find_refund(self, *, idempotency_key: str, ref: str | None) -> RefundOutcome:
        try:
            found = await (self._listed_refund(idempotency_key) if ref is None else self._refund(ref))
        except stripe.StripeError as error:
            return unanswered(_noted("find_refund", error))
        except TooMany:
            return _unproven("refund")
        return Absent() if found is None else refund_outcome(found)

    async def transfer(self, request: TransferRequest) -> TransferOutcome:
        """Move money from the platform's balance to a connected account."""
        if request.destination is None:
            return Declined(code="account_missing", message="The practitioner has no account at Stripe.")
        key = request.idempotency_key
        params = transfer_params(request, request.destination)
        try:
            made = await self._ask(self._transfers.create_async, params, _under(key))
        except stripe.StripeError as error:
            return refusal(_noted("transfer", error))
        if _is_replay(made):
            return await self.find_transfer(idempotency_key=key, ref=made.id)
        return transfer_outcome(made)

    async def find_transfer(self, *, idempotency_key: str, ref: str | None) -> TransferOutcome:
        try:
            if ref is not None:
                return transfer_outcome(await self._ask(self._transfers.retrieve_async, ref))
            listed = await self._ask(self._transfers.list_async, {"transfer_group": idempotency_key})
        except stripe.StripeError as error:
            return unanswered(_noted("find_transfer", error))
        return transfer_outcome(listed.data[0]) if listed.data else Absent()

    async def reverse_transfer(self, request: ReversalRequest) -> ReversalOutcome:
        """Take back a part of a transfer. Stripe sees to it that the parts never exceed it."""
        params = reversal_params(request)
        options = _under(request.idempotency_key)
        try:
            made = await self._ask(self._reversals.create_async, request.transfer_ref, params, options)
        except stripe.StripeError as error:
            return refusal(_noted("reverse_transfer", error))
        return Succeeded(ref=made.id)

    async def find_account(self, ref: str) -> AccountReport | None:
        """An account that our key does not open has no answer: it may be the key that is wrong."""
        try:
            return account_report(await self._ask(self._accounts.retrieve_async, ref))
        except stripe.StripeError as error:
            _noted("find_account", error)
            return None

    async def find_dispute(self, ref: str) -> DisputeReport | None:
        """A dispute names its payment intent, whose metadata name our payment."""
        try:
            found = await self._ask(self._disputes.retrieve_async, ref)
            intent = None if found.payment_intent is None else str(found.payment_intent)
            paid = None if intent is None else await self._ask(self._intents.retrieve_async, intent)
        except stripe.StripeError as error:
            _noted("find_dispute", error)
            return None
        return dispute_report(found, paid)

    async def movements(self, *, since: datetime | None) -> AsyncIterator[GatewayMovement]:
        """Payment intents, refunds and transfers with a key of ours in their metadata, newest first."""
        start = None if since is None else int(since.timestamp()) - SKEW_SECONDS
        lists = (
            (self._intents.list_async, listed_charge),
            (self._refunds.list_async, listed_refund),
            (self._transfers.list_async, listed_transfer),
        )
        for call, read in lists:
            try:
                async for item in every(partial(self._ask, call), since=start, size=self._reach.page):
                    found = read(item)
                    if found is not None:
                        yield found
            except stripe.StripeError as error:
                raise Unavailable(
                    f"Stripe's list cannot be read: {reason_of(_noted('list', error))}"
                ) from error

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call] # the library left it without types

    async def _ask(self, call: Call[T], *arguments: Any) -> T:
        return await insist(partial(call, *arguments), self._patience)

    async def _intent(self, key: str, ref: str | None) -> stripe.PaymentIntent | None:
        """By its ref, else by its key; None proves that there is none."""
        if ref is not None:
            return await self._ask(self._intents.retrieve_async, ref)

        async def page(after: str | None) -> stripe.ListObject[stripe.PaymentIntent]:
            return await self._ask(self._intents.list_async, self._page(key, after))

        return await find_by_key(page, key, self._reach)

    def _no_charge(self, key: str) -> Absent | Unknown:
        """What is not there proves nothing while the request may still be on its way."""
        if time.time() - made_at(key) < self._settling_seconds:
            return Unknown(reason="it is too early to tell")
        return Absent()

    async def _refund(self, ref: str) -> stripe.Refund:
        return await self._ask(self._refunds.retrieve_async, ref)

    async def _listed_refund(self, key: str) -> stripe.Refund | None:
        async def page(after: str | None) -> stripe.ListObject[stripe.Refund]:
            return await self._ask(self._refunds.list_async, self._page(key, after))

        return await find_by_key(page, key, self._reach)

    def _page(self, key: str, after: str | None) -> Any:
        params: dict[str, Any] = {"limit": self._reach.page, "created": {"gte": nothing_before(key)}}
        if after is not None:
            params["starting_after"] = after
        return params

    async def _closed(self, intent: stripe.PaymentIntent) -> stripe.PaymentIntent:
        """The intent, canceled; or as it is now, if the customer was faster.

        Canceling carries no idempotency key: it can be repeated, and a stored refusal must not be.
        """
        try:
            return await self._ask(self._intents.cancel_async, intent.id)
        except stripe.InvalidRequestError as error:
            if error.code != MOVED_ON:
                raise
        return await self._ask(self._intents.retrieve_async, intent.id)


def _under(key: str) -> stripe.RequestOptions:
    return {"idempotency_key": key}


def _is_replay(made: stripe.StripeObject) -> bool:
    """Whether this is the stored answer to an earlier request, which may be older than the truth."""
    response = made.last_response
    return response is not None and response.headers.get("idempotent-replayed") == "true"


def _unproven(kind: str) -> Unknown:
    return Unknown(reason=f"too many to prove that the {kind} is not among them")


def _noted(operation: str, error: stripe.StripeError) -> stripe.StripeError:
    """The error, told to whoever reads the log: never the parameters, which are the customer's.

    A declined card is nothing to look into.
    """
    if not isinstance(error, stripe.CardError):
        log.warning("stripe did not do it: %s: %s, code %s", operation, reason_of(error), error.code)
    return error
