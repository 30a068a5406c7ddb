"""Exact money: integer minor units, rates in basis points, splits that always add up.

Source of the rules: domain.md, "Money".
"""

from collections.abc import Sequence

MAX_CENTS = 2**53 - 1
"""The largest amount that every client and store can hold exactly."""

MAX_CHARGE_CENTS = 99_999_999
"""The most that one card charge may take (Stripe takes eight digits)."""

BPS = 10_000
"""Basis points in a whole."""


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `total` by `weights` into parts that sum to `total`.

    Largest-remainder method: each part is rounded down, the left-over units go to the
    largest remainders, ties to the earlier item. Weights that are all zero count as equal.
    Raises ValueError for no weights, a negative weight or a negative total.

    >>> allocate(50000, [1, 1, 1])
    (16667, 16667, 16666)
    """
    if total < 0:
        raise ValueError("cannot split a negative amount")
    if not weights:
        raise ValueError("cannot split over no parts")
    if min(weights) < 0:
        raise ValueError("a weight cannot be negative")
    whole = sum(weights)
    if whole == 0:
        return allocate(total, [1] * len(weights))

    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    left_over = total - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left_over]:
        parts[index] += 1
    return tuple(parts)


def commission_of(gross_cents: int, rate_bps: int) -> int:
    """The platform's commission, rounded down to the unit.

    >>> commission_of(8000, 1500)
    1200
    """
    return gross_cents * rate_bps // BPS


def percentage_of(value_cents: int, percent: int) -> int:
    """`percent` of a value, rounded down to the unit."""
    return value_cents * percent // 100


def credit_share(value_cents: int, *, credits_cents: int, subtotal_cents: int) -> int:
    """How much of `value_cents` was paid with credits, rounded down; 0 for a free order."""
    return 0 if subtotal_cents == 0 else value_cents * credits_cents // subtotal_cents


ZERO_DECIMAL = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
"""Currencies whose smallest unit is the whole (ISO 4217 exponent 0)."""

THREE_DECIMAL = frozenset(["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"])
"""Currencies with a thousand units to the whole (ISO 4217 exponent 3)."""


def format_cents(amount_cents: int, currency: str) -> str:
    """An amount for people: `$400.00`, `-$1.05`, `40.00 EUR`, `500 JPY`."""
    exponent = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    sign = "-" if amount_cents < 0 else ""
    major, minor = divmod(abs(amount_cents), 10**exponent)
    number = f"{major:,}" if exponent == 0 else f"{major:,}.{minor:0{exponent}d}"
    return f"{sign}${number}" if currency == "usd" else f"{sign}{number} {currency.upper()}"
