"""Asking again: bounded, and as Stripe advises."""

from collections.abc import Awaitable, Callable

import pytest
import stripe

from adapters.stripe.patience import Patience, insist
from tests.stripe.errors import met

QUICK = Patience(attempts=3, first_wait_seconds=0.001)


def call_that(*errors: stripe.StripeError) -> tuple[Callable[[], Awaitable[int]], list[int]]:
    """A call that meets the errors, one at each attempt, and then succeeds; and its attempts so far."""
    attempts: list[int] = []

    async def call() -> int:
        attempts.append(len(attempts) + 1)
        if len(attempts) <= len(errors):
            raise errors[len(attempts) - 1]
        return attempts[-1]

    return call, attempts


@pytest.mark.parametrize(
    "error",
    [
        met(stripe.RateLimitError, 429),
        met(stripe.APIError, 500),
        met(stripe.APIConnectionError, None),
        met(stripe.APIError, 409),
        met(stripe.InvalidRequestError, 400, stripe_should_retry="true"),
    ],
)
async def test_what_may_get_better_is_asked_again(error: stripe.StripeError) -> None:
    call, _ = call_that(error)

    assert 2 == await insist(call, QUICK)


@pytest.mark.parametrize(
    "error",
    [
        met(stripe.CardError, 402),
        met(stripe.InvalidRequestError, 400),
        met(stripe.AuthenticationError, 401),
        met(stripe.PermissionError, 403),
        met(stripe.IdempotencyError, 400),
        met(stripe.RateLimitError, 429, stripe_should_retry="false"),
        met(stripe.APIError, 500, stripe_should_retry="false"),
    ],
)
async def test_what_stays_the_same_is_not_asked_again(error: stripe.StripeError) -> None:
    call, attempts = call_that(error)
    with pytest.raises(type(error)):
        await insist(call, QUICK)

    assert [1] == attempts


async def test_after_the_last_attempt_the_error_is_told() -> None:
    call, attempts = call_that(*[met(stripe.APIError, 500)] * 9)
    with pytest.raises(stripe.APIError):
        await insist(call, QUICK)

    assert [1, 2, 3] == attempts


@pytest.mark.parametrize(("asked", "attempts_made"), [("0", [1, 2]), ("soon", [1, 2]), ("60", [1])])
async def test_a_wait_beyond_our_patience_is_not_waited_for(asked: str, attempts_made: list[int]) -> None:
    call, attempts = call_that(met(stripe.RateLimitError, 429, retry_after=asked))
    try:
        await insist(call, QUICK)
    except stripe.RateLimitError:
        assert [1] == attempts_made

    assert attempts_made == attempts


async def test_no_attempt_begins_late() -> None:
    call, attempts = call_that(met(stripe.APIError, 500))
    with pytest.raises(stripe.APIError):
        await insist(call, Patience(attempts=3, first_wait_seconds=0.001, begin_within_seconds=-1))

    assert [1] == attempts
