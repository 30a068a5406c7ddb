"""What hypothesis draws amounts, rates and instants from."""

from datetime import timedelta

from hypothesis import strategies as st

from core.domain.money import BPS, MAX_CENTS
from tests.builders import NOW

CENTS = st.integers(min_value=0, max_value=MAX_CENTS)
"""Any amount that may exist."""

PRICES = st.one_of(st.just(0), st.integers(min_value=50, max_value=1_000_000), st.just(MAX_CENTS))
"""What a service may cost: nothing, or at least what a card can be charged."""

PAID_PRICES = st.integers(min_value=50, max_value=1_000_000)

RATES = st.integers(min_value=0, max_value=BPS)

WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40)

MOMENTS = st.integers(min_value=-(10**12), max_value=2 * 10**12).map(
    lambda offset: NOW + timedelta(milliseconds=offset)
)
"""Instants as the domain keeps them: UTC, whole milliseconds."""

SPANS = st.integers(min_value=1, max_value=600).map(lambda minutes: timedelta(minutes=minutes))
