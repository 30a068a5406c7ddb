"""Errors of Stripe's library as a call meets them."""

from typing import Any

import stripe


def met(kind: type[stripe.StripeError], status: int | None, **advice: str) -> stripe.StripeError:
    """An error with a status and with headers (`retry_after="0"`), of whichever class."""
    make: Any = kind
    more = (None, "its_code") if issubclass(kind, stripe.StripeErrorWithParamCode) else ()
    error: stripe.StripeError = make("told", *more)
    error.http_status = status
    error.headers = {name.replace("_", "-"): value for name, value in advice.items()}
    return error
