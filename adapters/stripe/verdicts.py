"""What each error of Stripe's library says about the request that met it.

Every class of the library has its verdict here, and a test fails on one that has none. A class that a newer
library brings along is ambiguous until somebody has judged it.
"""

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Final

import stripe
from stripe import oauth_error


class Verdict(Enum):
    """What is known after an error."""

    DEFINITIVE = auto()
    """Nothing moved, and nothing will under this key."""
    THROTTLED = auto()
    """This request was turned away unseen; the same key may be sent again, later."""
    AMBIGUOUS = auto()
    """It may have been carried out, now or by an earlier attempt: to be found out, never to be assumed."""


CONFLICT: Final = 409
"""Another request with the same key, or on the same object, is under way."""

_DEFINITIVE: Final = (stripe.CardError, stripe.InvalidRequestError)

_THROTTLED: Final = (stripe.RateLimitError,)

_AMBIGUOUS: Final = (
    stripe.StripeError,
    stripe.StripeErrorWithParamCode,
    # No answer, or none that can be read.
    stripe.APIConnectionError,
    stripe.APIError,
    # The key was used, with other words: something may have been done under it.
    stripe.IdempotencyError,
    # These judge who asks. What an earlier attempt did, when the key was still good, they do not tell.
    stripe.AuthenticationError,
    stripe.PermissionError,
)

_MET_ELSEWHERE: Final = (
    # Webhooks.
    stripe.SignatureVerificationError,
    # Version 2 of the API.
    stripe.AlreadyCanceledError,
    stripe.BlockedByStripeError,
    stripe.CannotProceedError,
    stripe.CapabilityNotEnabledError,
    stripe.ControlledByAlternateResourceError,
    stripe.FeatureNotEnabledError,
    stripe.FinancialAccountNotOpenError,
    stripe.FxQuoteNeedsRefreshError,
    stripe.InsufficientFundsError,
    stripe.InvalidPaymentMethodError,
    stripe.InvalidPayoutMethodError,
    stripe.InvalidVaultedCredentialError,
    stripe.NotCancelableError,
    stripe.QuotaExceededError,
    stripe.RecipientNotNotifiableError,
    stripe.TemporarySessionExpiredError,
    stripe.VerificationAttemptFailedError,
    stripe.VerificationExpiredError,
    stripe.VerificationNotInitiatedError,
    # Connecting accounts by OAuth.
    oauth_error.OAuthError,
    oauth_error.InvalidClientError,
    oauth_error.InvalidGrantError,
    oauth_error.InvalidRequestError,
    oauth_error.InvalidScopeError,
    oauth_error.UnsupportedGrantTypeError,
    oauth_error.UnsupportedResponseTypeError,
)
"""Not met by any call that we make. If one ever is, the careful verdict holds."""


def _all(
    verdict: Verdict, classes: Iterable[type[stripe.StripeError]]
) -> dict[type[stripe.StripeError], Verdict]:
    return dict.fromkeys(classes, verdict)


VERDICTS: Final[Mapping[type[stripe.StripeError], Verdict]] = (
    _all(Verdict.DEFINITIVE, _DEFINITIVE)
    | _all(Verdict.THROTTLED, _THROTTLED)
    | _all(Verdict.AMBIGUOUS, (*_AMBIGUOUS, *_MET_ELSEWHERE))
)


def verdict(error: stripe.StripeError) -> Verdict:
    """What is known after this error."""
    if error.http_status == CONFLICT:
        return Verdict.THROTTLED
    return VERDICTS.get(type(error), Verdict.AMBIGUOUS)
