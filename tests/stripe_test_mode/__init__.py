"""The gateway against Stripe's own test mode, for whoever has a key: see docs/operations.md."""
