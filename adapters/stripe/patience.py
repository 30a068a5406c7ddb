"""Asking Stripe again: bounded, with jitter, and as Stripe advises."""

import random
from asyncio import get_running_loop, sleep
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stripe
from attrs import frozen

from adapters.stripe.verdicts import Verdict, verdict

T = TypeVar("T")

REFUSED: Final = range(400, 500)


@frozen(kw_only=True)
class Patience:
    """How often, and for how long, a call that got no usable answer is made again.

    `begin_within_seconds`: no attempt begins later than this after the first, whatever Stripe advises.
    """

    attempts: int = 3
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 4.0
    begin_within_seconds: float = 10.0


async def insist(call: Callable[[], Awaitable[T]], patience: Patience) -> T:
    """The call's answer. Raises the last StripeError.

    Only for calls that may be repeated: those that ask, and those that carry an idempotency key.
    """
    loop = get_running_loop()
    began = loop.time()
    attempt = 1
    while True:
        try:
            return await call()
        except stripe.StripeError as error:
            wait = _wait_seconds(error, attempt, patience)
            late = loop.time() + wait - began > patience.begin_within_seconds
            if attempt >= patience.attempts or late or not worth_repeating(error):
                raise
        await sleep(wait)
        attempt += 1


def worth_repeating(error: stripe.StripeError) -> bool:
    """Whether the same request may meet with a better answer; Stripe's own word decides if it gave one."""
    advice = (error.headers or {}).get("stripe-should-retry")
    if advice in ("true", "false"):
        return advice == "true"
    known = verdict(error)
    if known is Verdict.AMBIGUOUS:
        return error.http_status not in REFUSED
    return known is Verdict.THROTTLED


def _wait_seconds(error: stripe.StripeError, attempt: int, patience: Patience) -> float:
    """Up to twice as long after each attempt, with full jitter, but not shorter than Stripe asks for."""
    longest = min(patience.longest_wait_seconds, patience.first_wait_seconds * 2 ** (attempt - 1))
    drawn = random.uniform(0, longest)  # noqa: S311 - nobody gains by guessing a wait
    return max(drawn, _asked_seconds(error))


def _asked_seconds(error: stripe.StripeError) -> float:
    """`Retry-After` in seconds; a date, which Stripe does not send, counts as none."""
    asked = (error.headers or {}).get("retry-after", "")
    return float(asked) if asked.isdecimal() else 0.0
