"""Webhooks for integrators: which addresses they may go to, and how they get there."""
