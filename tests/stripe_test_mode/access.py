"""Whose test mode it is, out of the environment."""

import os
from typing import Final

from attrs import frozen

KEY: Final = "ESTUARY_STRIPE_TEST_KEY"
ACCOUNT: Final = "ESTUARY_STRIPE_TEST_ACCOUNT"
BASE: Final = "ESTUARY_STRIPE_TEST_BASE"

TEST_KEYS: Final = ("sk_test_", "rk_test_")


class NotATestKey(ValueError):
    """The key may move real money."""


@frozen(kw_only=True)
class TestMode:
    """A key, a connected account that takes transfers if there is one, and where Stripe answers."""

    __test__ = False

    key: str
    account: str | None
    base: str


def test_mode() -> TestMode | None:
    """What the environment names; None without a key. Raises NotATestKey for any other kind of key."""
    key = os.environ.get(KEY, "")
    if not key:
        return None
    if not key.startswith(TEST_KEYS):
        raise NotATestKey(f"{KEY} must be a key of Stripe's test mode ({', '.join(TEST_KEYS)}…)")
    return TestMode(
        key=key,
        account=os.environ.get(ACCOUNT) or None,
        base=os.environ.get(BASE) or "https://api.stripe.com",
    )


test_mode.__test__ = False  # type: ignore[attr-defined] # pytest takes it for a test by its name
