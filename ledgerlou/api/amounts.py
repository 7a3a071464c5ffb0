"""Fields of numbers: whole ones, exact decimals, money."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from typing import Any, Final

from ledgerlou.api.scalars import ApiField, Schema

MONEY_DIGITS: Final = 15
EXACT: Final = Context(prec=40, rounding=ROUND_HALF_EVEN, traps=[Inexact])


class IntField(ApiField):
    """A whole number."""

    def __init__(self, *, min_value: int | None = None, max_value: int | None = None, **rest: Any) -> None:
        super().__init__(**rest)
        self.min_value, self.max_value = min_value, max_value

    def to_internal_value(self, data: Any) -> Any:
        """`1` and `1.0` are the same JSON number; `"1"` and `true` are none."""
        if type(data) is Decimal and data == data.to_integral_value():
            data = int(data)
        if type(data) is not int:
            self.refuse_value("Must be a whole number.")
        if self.min_value is not None and data < self.min_value:
            self.refuse_value(f"Must be at least {self.min_value}.")
        if data > (2**63 - 1 if self.max_value is None else self.max_value):
            self.refuse_value(f"Must be at most {2**63 - 1 if self.max_value is None else self.max_value}.")
        return data

    def schema(self) -> Schema:
        """Limits as enforced."""
        limits = {"minimum": self.min_value, "maximum": self.max_value}
        return {"type": "integer", **{name: value for name, value in limits.items() if value is not None}}


class NumberField(ApiField):
    """An exact decimal number. More decimal places than allowed are refused, never rounded."""

    def __init__(
        self,
        *,
        max_digits: int = MONEY_DIGITS,
        decimal_places: int = 2,
        min_value: Decimal | int | None = None,
        max_value: Decimal | int | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        self.decimal_places, self.unit = decimal_places, Decimal(1).scaleb(-decimal_places)
        self.largest = Decimal(10) ** (max_digits - decimal_places) - self.unit
        self.min_value, self.max_value = min_value, max_value

    def to_internal_value(self, data: Any) -> Any:
        """Only JSON numbers; texts are refused."""
        if type(data) is int:
            data = Decimal(data)
        elif type(data) is not Decimal:
            self.refuse_value("Must be a number.")
        if not -self.largest <= data <= self.largest:
            self.refuse_value(f"Must be between {-self.largest} and {self.largest}.")
        try:
            data = data.quantize(self.unit, context=EXACT)
        except Inexact:
            self.refuse_value(f"Must have at most {self.decimal_places} decimal places.")
        if self.min_value is not None and data < self.min_value:
            self.refuse_value(f"Must be at least {self.min_value}.")
        if self.max_value is not None and data > self.max_value:
            self.refuse_value(f"Must be at most {self.max_value}.")
        return data

    def to_representation(self, value: Any) -> Any:
        """Digits as stored. A float here is a fault of ours."""
        if isinstance(value, float):
            raise TypeError("A float must not reach an answer.")
        return value

    def schema(self) -> Schema:
        """A number with its limits. No `multipleOf` for the decimal places: validators that compute in float refuse 1.15 for 0.01."""
        low = -int(self.largest) if self.min_value is None else self.min_value
        high = int(self.largest) if self.max_value is None else self.max_value
        return {"type": "number", "minimum": _json_number(low), "maximum": _json_number(high), "x-decimal-places": self.decimal_places}


class MoneyField(NumberField):
    """Euros (or the currency named beside it) to the cent: a JSON number, written with two places."""

    def to_representation(self, value: Any) -> Any:
        """Exactly two places. More places than two are a fault of ours and raise."""
        if isinstance(value, float):
            raise TypeError("A float must not reach an answer.")
        return Decimal(value).quantize(self.unit, context=EXACT)


class MoneyTextField(MoneyField):
    """An amount written as text, `"119.10"`, where the interface was published so. For answers."""

    def to_representation(self, value: Any) -> Any:
        """Two places."""
        return format(super().to_representation(value), "f")

    def schema(self) -> Schema:
        """Digits, point, two digits."""
        return {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"}


def _json_number(value: Decimal | int) -> float | int:
    """A limit for the description. It is never computed with."""
    whole = int(value)
    return whole if value == whole else float(value)
