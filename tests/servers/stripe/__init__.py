"""A Stripe that tells the truth: stateful, strict, and held against Stripe's own description of its API."""

from tests.servers.stripe.faults import Fault
from tests.servers.stripe.server import StripeServer, stripe

__all__ = ["Fault", "StripeServer", "stripe"]
