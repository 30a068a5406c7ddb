"""Every error of Stripe's library is judged."""

from collections.abc import Iterator

import pytest
import stripe
from stripe import oauth_error

from adapters.stripe.outcomes import refusal
from adapters.stripe.verdicts import VERDICTS, Verdict, verdict
from core.domain.gateway import Declined, Unknown
from tests.stripe.errors import met


def kinds_of(error: type[stripe.StripeError]) -> Iterator[type[stripe.StripeError]]:
    yield error
    for kind in error.__subclasses__():
        yield from kinds_of(kind)


def test_every_class_of_the_library_has_a_verdict() -> None:
    of_the_library = {kind for kind in kinds_of(stripe.StripeError) if kind.__module__.startswith("stripe.")}

    assert {oauth_error.OAuthError, stripe.CardError} < of_the_library
    assert of_the_library == set(VERDICTS)


def test_a_class_that_nobody_has_judged_is_ambiguous() -> None:
    class NewError(stripe.CardError):
        pass

    assert Verdict.AMBIGUOUS is verdict(met(NewError, 402))


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        (stripe.CardError, 402, Verdict.DEFINITIVE),
        (stripe.InvalidRequestError, 400, Verdict.DEFINITIVE),
        (stripe.InvalidRequestError, 409, Verdict.THROTTLED),
        (stripe.APIError, 409, Verdict.THROTTLED),
        (stripe.RateLimitError, 429, Verdict.THROTTLED),
        (stripe.APIError, 500, Verdict.AMBIGUOUS),
        (stripe.APIConnectionError, None, Verdict.AMBIGUOUS),
        (stripe.IdempotencyError, 400, Verdict.AMBIGUOUS),
        (stripe.AuthenticationError, 401, Verdict.AMBIGUOUS),
        (stripe.PermissionError, 403, Verdict.AMBIGUOUS),
    ],
)
def test_what_is_known_after_an_error(
    kind: type[stripe.StripeError], status: int | None, expected: Verdict
) -> None:
    error = met(kind, status)

    assert expected is verdict(error)
    assert (Declined if expected is Verdict.DEFINITIVE else Unknown) is type(refusal(error))
