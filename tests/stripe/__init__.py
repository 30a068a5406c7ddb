"""Payments through Stripe: what is asked, what is made of every answer, and what goes wrong on the way."""
