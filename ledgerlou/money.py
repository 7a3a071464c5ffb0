"""Exact money: euros as `Decimal` with two places, never through float, never rounded in silence."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from math import lcm
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")
MAX_EUROS: Final = Decimal("9999999999999.99")  # NUMERIC(15,2)

# ISO 4217 minor units that are not two; every other currency has two.
MINOR_UNITS: Final = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    "CLF": 4,
    "UYW": 4,
}


def round_to_cent(value: Decimal) -> Decimal:
    """Commercial rounding (kaufmännisch, DIN 1333): half a cent goes away from zero."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


# Numbers of the interface have at most 47 digits before the point; what does not even fit here becomes NaN and equals nothing.
_WIDE: Final = Context(prec=60, traps=[])


def is_whole_cents(value: Decimal) -> bool:
    """Whether an amount has no fraction of a cent."""
    return value.is_finite() and value == value.quantize(CENT, context=_WIDE)


def smallest_unit(currency: str) -> Decimal:
    """The smallest amount of a currency (ISO 4217), e.g. 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2))


def split_by_weight(total_units: int, weights: Sequence[Decimal]) -> list[int]:
    """Shares of a total that add up to it: largest remainder, ties to the earlier one.

    `total_units` counts the smallest unit (cents) and is not negative; weights are positive.
    """
    # Whole numbers, not Decimals: a quotient cut at 28 digits could move a cent.
    ratios = [weight.as_integer_ratio() for weight in weights]
    scale = lcm(*(under for _, under in ratios))
    parts = [over * (scale // under) for over, under in ratios]
    whole = sum(parts)
    shares = [total_units * part // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(total_units * parts[i] % whole), i))
    for i in by_remainder[: total_units - sum(shares)]:
        shares[i] += 1
    return shares


def split_amount(total: Decimal, weights: Sequence[Decimal], unit: Decimal = CENT) -> list[Decimal]:
    """Like `split_by_weight` for an amount in a currency whose smallest unit is `unit`."""
    units = int(total / unit)
    return [share * unit for share in split_by_weight(units, weights)]


class EuroField(models.DecimalField):  # type: ignore[type-arg]  # generic in the stubs alone
    """Euros in `NUMERIC(15,2)`. Refuses fractions of a cent and floats instead of letting PostgreSQL round them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 15, 2
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave out the two settings that the field always has."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        """Take a Decimal, a whole number or a text of digits; refuse floats and fractions of a cent."""
        if isinstance(value, float):
            raise ValidationError("Money is a Decimal, not a float.", code="float")
        amount = super().to_python(value)
        if amount is not None and not is_whole_cents(amount):
            raise ValidationError("More than two decimals.", code="fraction_of_a_cent")
        return amount

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Check once more on the way into the database, where a plain field would be rounded."""
        if not hasattr(value, "resolve_expression"):
            value = self.to_python(value)
        return super().get_db_prep_value(value, connection, prepared)
