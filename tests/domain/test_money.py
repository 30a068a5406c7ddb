"""Money: exact splits, floors, and amounts for people."""

import doctest
from fractions import Fraction
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain import money
from core.domain.money import (
    BPS,
    MAX_CENTS,
    THREE_DECIMAL,
    ZERO_DECIMAL,
    allocate,
    commission_of,
    credit_share,
    format_cents,
    percentage_of,
)
from tests.domain.amounts import CENTS, RATES, WEIGHTS


def exact_shares(total: int, weights: list[int]) -> list[Fraction]:
    """What each part would be if units could be cut."""
    whole = sum(weights)
    if whole == 0:
        return [Fraction(total, len(weights))] * len(weights)
    return [Fraction(total * weight, whole) for weight in weights]


@given(total=CENTS, weights=WEIGHTS)
def test_the_parts_of_a_split_sum_to_the_total(total: int, weights: list[int]) -> None:
    assert total == sum(allocate(total, weights))


@given(total=CENTS, weights=WEIGHTS)
@example(total=1, weights=[0, 0, 0])
def test_no_part_is_a_whole_unit_away_from_its_exact_share(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)

    assert all(abs(part - share) < 1 for part, share in zip(parts, exact_shares(total, weights), strict=True))


@given(total=CENTS, weights=WEIGHTS)
def test_the_larger_remainder_is_rounded_up_first_and_ties_go_to_the_earlier(
    total: int, weights: list[int]
) -> None:
    parts = allocate(total, weights)
    shares = exact_shares(total, weights)
    left_over = [(-(share % 1), index) for index, share in enumerate(shares)]
    rounded_up = {
        index for index, (part, share) in enumerate(zip(parts, shares, strict=True)) if part > share // 1
    }

    assert {index for _, index in sorted(left_over)[: len(rounded_up)]} == rounded_up


@given(total=CENTS, weights=WEIGHTS, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_weights_decides_nothing_but_ties(
    total: int, weights: list[int], seed: Random
) -> None:
    shuffled = list(enumerate(weights))
    seed.shuffle(shuffled)
    before = allocate(total, weights)
    after = dict(
        zip((index for index, _ in shuffled), allocate(total, [w for _, w in shuffled]), strict=True)
    )

    assert sorted(before) == sorted(after.values())
    assert all(abs(before[index] - after[index]) <= 1 for index in after)


@given(total=CENTS, parts=st.integers(min_value=1, max_value=50))
def test_equal_parts_differ_by_one_at_most_and_fall(total: int, parts: int) -> None:
    shares = allocate(total, [1] * parts)

    assert list(shares) == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


@given(total=CENTS, weights=WEIGHTS)
def test_a_weight_of_zero_gets_nothing_while_others_weigh(total: int, weights: list[int]) -> None:
    parts = allocate(total, [*weights, 1, 0])

    assert 0 == parts[-1]


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (50000, [1, 1, 1], (16667, 16667, 16666)),
        (40000, [1, 1, 1, 1, 1], (8000,) * 5),
        (36000, [10000, 10000, 10000, 5000, 5000], (9000, 9000, 9000, 4500, 4500)),
        (2, [1, 1, 1], (1, 1, 0)),
        (0, [3, 7], (0, 0)),
        (7, [0, 0], (4, 3)),
        (1, [1, 2], (0, 1)),
    ],
)
def test_known_splits(total: int, weights: list[int], expected: tuple[int, ...]) -> None:
    assert expected == allocate(total, weights)


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, []), (1, [2, -1])])
def test_nonsense_is_not_split(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="cannot"):
        allocate(total, weights)


@given(gross=CENTS, rate=RATES)
def test_commission_is_the_floor_and_never_more_than_the_gross(gross: int, rate: int) -> None:
    commission = commission_of(gross, rate)

    assert commission <= Fraction(gross * rate, BPS) < commission + 1
    assert 0 <= commission <= gross


def test_fifteen_percent_of_8000_is_1200() -> None:
    assert 1200 == commission_of(8000, 1500)


@given(value=CENTS, percent=st.integers(min_value=0, max_value=100))
def test_a_percentage_is_the_floor(value: int, percent: int) -> None:
    assert Fraction(value * percent, 100) // 1 == percentage_of(value, percent)


@given(value=CENTS, data=st.data())
def test_the_credit_share_is_proportional_and_within_both_limits(value: int, data: st.DataObject) -> None:
    subtotal = data.draw(st.integers(min_value=max(value, 1), max_value=MAX_CENTS))
    credits_used = data.draw(st.integers(min_value=0, max_value=subtotal))
    share = credit_share(value, credits_cents=credits_used, subtotal_cents=subtotal)

    assert share == Fraction(value * credits_used, subtotal) // 1
    assert 0 <= share <= min(value, credits_used)


def test_a_free_order_has_no_credit_share() -> None:
    assert 0 == credit_share(0, credits_cents=0, subtotal_cents=0)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (40000, "usd", "$400.00"),
        (-105, "usd", "-$1.05"),
        (4000, "eur", "40.00 EUR"),
        (-4000, "eur", "-40.00 EUR"),
        (500, "jpy", "500 JPY"),
        (1234567, "kwd", "1,234.567 KWD"),
        (MAX_CENTS, "usd", "$90,071,992,547,409.91"),
        (0, "usd", "$0.00"),
    ],
)
def test_amounts_for_people(amount: int, currency: str, expected: str) -> None:
    assert expected == format_cents(amount, currency)


@given(amount=st.integers(-MAX_CENTS, MAX_CENTS), currency=st.sampled_from(["usd", "eur", "jpy", "kwd"]))
def test_an_amount_for_people_loses_no_digit(amount: int, currency: str) -> None:
    digits = "".join(c for c in format_cents(amount, currency) if c.isdigit() or c == "-")

    assert amount == int(digits)


def test_no_currency_has_two_exponents() -> None:
    assert frozenset() == ZERO_DECIMAL & THREE_DECIMAL


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert 0 == doctest.testmod(money).failed
    assert 2 == doctest.testmod(money).attempted
