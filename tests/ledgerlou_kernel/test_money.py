"""Exact money: nothing is lost when an amount is shared, nothing is rounded in silence, no float gets in."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import given
from hypothesis import strategies as st

from ledgerlou.money import (
    MAX_EUROS,
    MINOR_UNITS,
    ZERO,
    EuroField,
    is_whole_cents,
    round_to_cent,
    smallest_unit,
    split_amount,
    split_by_weight,
)

TOTALS = st.integers(0, 10**12)
WEIGHTS = st.lists(st.integers(1, 1000).map(Decimal) | st.decimals("0.0001", "1E+12", places=4), min_size=1, max_size=20)


def _exact(total: int, weights: list[Decimal]) -> list[Fraction]:
    whole = sum(map(Fraction, weights))
    return [total * Fraction(weight) / whole for weight in weights]


@given(total=TOTALS, weights=WEIGHTS)
def test_split_by_weight_loses_no_cent(total: int, weights: list[Decimal]) -> None:
    assert sum(split_by_weight(total, weights)) == total


@given(total=TOTALS, weights=WEIGHTS)
def test_split_by_weight_gives_missing_cents_to_the_largest_remainders_earlier_first(total: int, weights: list[Decimal]) -> None:
    exact = _exact(total, weights)

    shares = split_by_weight(total, weights)

    rest = total - sum(map(floor, exact))
    largest = sorted(range(len(weights)), key=lambda index: (floor(exact[index]) - exact[index], index))[:rest]
    assert shares == [floor(part) + (index in largest) for index, part in enumerate(exact)]


@given(total=TOTALS, weight=st.integers(1, 10**12).map(Decimal))
def test_split_by_weight_gives_all_to_a_single_weight(total: int, weight: Decimal) -> None:
    assert split_by_weight(total, [weight]) == [total]


@given(total=TOTALS, weights=WEIGHTS, factor=st.integers(2, 1000))
def test_split_by_weight_depends_on_the_proportion_only(total: int, weights: list[Decimal], factor: int) -> None:
    assert split_by_weight(total, [weight * factor for weight in weights]) == split_by_weight(total, weights)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (0, [1, 2], [0, 0]),
        (1, [1, 1], [1, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (1, [3, 7], [0, 1]),
        (1900, [5000, 5000, 1900], [798, 798, 304]),
        # Cut to 28 digits, the quotients of 7 x 1/3 would no longer tie.
        (7, [1, 1, 1], [3, 2, 2]),
    ],
)
def test_split_by_weight_worked_examples(total: int, weights: list[int], shares: list[int]) -> None:
    assert split_by_weight(total, [Decimal(weight) for weight in weights]) == shares


@pytest.mark.parametrize(
    ("total", "weights", "unit", "shares"),
    [
        ("10.00", ["7.74", "1.47"], "0.01", ["8.40", "1.60"]),
        ("10000", ["20.01", "42.49"], "1", ["3202", "6798"]),
        ("1.000", ["1", "1", "1"], "0.001", ["0.334", "0.333", "0.333"]),
        ("0.00", ["1", "2"], "0.01", ["0.00", "0.00"]),
    ],
)
def test_split_amount_counts_in_the_smallest_unit(total: str, weights: list[str], unit: str, shares: list[str]) -> None:
    assert [str(share) for share in split_amount(Decimal(total), [Decimal(weight) for weight in weights], Decimal(unit))] == shares


@given(cents=TOTALS, weights=WEIGHTS)
def test_split_amount_loses_nothing(cents: int, weights: list[Decimal]) -> None:
    total = Decimal(cents).scaleb(-2)

    assert sum(split_amount(total, weights)) == total


@pytest.mark.parametrize(("currency", "unit"), [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("CLF", "0.0001"), ("HUF", "0.01")])
def test_smallest_unit_follows_iso_4217(currency: str, unit: str) -> None:
    assert str(smallest_unit(currency)) == unit


def test_minor_units_name_no_currency_twice_and_none_with_two() -> None:
    assert {currency: units for currency, units in MINOR_UNITS.items() if units == 2 or len(currency) != 3} == {}


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.285", "0.29"),
        ("0.475", "0.48"),
        ("-0.005", "-0.01"),
        ("-0.285", "-0.29"),
        ("0.0049999", "0.00"),
        ("1", "1.00"),
    ],
)
def test_round_to_cent_rounds_half_away_from_zero(value: str, rounded: str) -> None:
    assert str(round_to_cent(Decimal(value))) == rounded


@given(st.decimals(-(10**12), 10**12, places=6))
def test_round_to_cent_moves_by_half_a_cent_at_most(value: Decimal) -> None:
    assert abs(round_to_cent(value) - value) <= Decimal("0.005")
    assert round_to_cent(-value) == -round_to_cent(value)


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ("1", True),
        ("1.10", True),
        ("1.100", True),
        ("-0.01", True),
        ("1E+2", True),
        ("1.005", False),
        ("1E-40", False),
        ("NaN", False),
        ("Infinity", False),
    ],
)
def test_is_whole_cents(value: str, whole: bool) -> None:
    assert is_whole_cents(Decimal(value)) is whole


def test_max_euros_fills_numeric_15_2() -> None:
    assert len(MAX_EUROS.as_tuple().digits) == 15
    assert (MAX_EUROS.as_tuple().exponent, ZERO.as_tuple().exponent) == (-2, -2)


@pytest.mark.parametrize(
    ("value", "amount"), [(Decimal("1.10"), "1.10"), ("1.10", "1.10"), (5, "5"), ("-0.01", "-0.01"), (Decimal("1.100"), "1.100")]
)
def test_euro_field_takes_whole_cents(value: Any, amount: str) -> None:
    assert EuroField().to_python(value) == Decimal(amount)
    assert EuroField().to_python(None) is None


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, "float"),
        (1.005, "float"),
        (Decimal("1.005"), "fraction_of_a_cent"),
        ("1.005", "fraction_of_a_cent"),
        (Decimal("NaN"), "invalid"),
        ("Infinity", "invalid"),
        ("ten", "invalid"),
    ],
)
def test_euro_field_refuses_what_it_would_have_to_round(value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EuroField().to_python(value)

    assert caught.value.code == code


# The last way into the database: `bulk_create` and `update` call neither `clean` nor `to_python`.
CONNECTION: Any = SimpleNamespace()
CONNECTION.ops = DatabaseOperations(CONNECTION)


@pytest.mark.parametrize("value", [1.0, 1.005, Decimal("1.005"), "1.005"])
def test_euro_field_refuses_fractions_on_the_way_into_the_database(value: Any) -> None:
    with pytest.raises(ValidationError):
        EuroField().get_db_prep_value(value, CONNECTION)


def test_euro_field_hands_exact_decimals_to_the_database() -> None:
    assert EuroField().get_db_prep_value("1.10", CONNECTION) == Decimal("1.10")
    assert EuroField().get_db_prep_value(None, CONNECTION) is None


def test_euro_field_is_numeric_15_2_and_says_so_in_no_migration() -> None:
    field = EuroField(null=True)

    assert (field.max_digits, field.decimal_places) == (15, 2)
    assert field.deconstruct()[3] == {"null": True}


@given(st.decimals(-(10**10), 10**10, places=4))
def test_euro_field_takes_a_decimal_exactly_when_it_is_whole_cents(value: Decimal) -> None:
    if value == value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP):
        assert EuroField().to_python(value) == value
    else:
        with pytest.raises(ValidationError):
            EuroField().to_python(value)


def test_is_whole_cents_takes_amounts_of_any_size() -> None:
    assert is_whole_cents(Decimal("1E+40"))
    assert is_whole_cents(Decimal("123456789012345678901234567890.12"))
    assert not is_whole_cents(Decimal("123456789012345678901234567890.123"))


@pytest.mark.timeout(5)  # an effort that grows with the square of the lines would let one booking hold up the server
def test_split_by_weight_shares_over_thousands_of_weights() -> None:
    shares = split_by_weight(10_001, [Decimal(1)] * 5_000)

    assert shares == [3] + [2] * 4_999
