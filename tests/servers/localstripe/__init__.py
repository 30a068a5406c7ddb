"""localstripe, a Stripe that nobody here wrote: a server process for the tests, out of a wheel."""

from tests.servers.localstripe.server import LocalStripe, localstripe

__all__ = ["LocalStripe", "localstripe"]
