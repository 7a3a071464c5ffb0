"""The euros of a DATEV row and, when it is in another currency, the foreign side of the booking (fields 1 and 3 to 6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from accounting.drafts import Fx
from accounting.fx import RATE_STEP
from accounting.german.datev_header import BatchHeader
from accounting.german.datev_rows import BatchRow
from ledgerlou.money import round_to_cent, smallest_unit

# How far a written rate may be from the one that the two amounts give. DATEV's own sample batch of 2015 is 0.03 % off (124.00 CHF at
# 1.240402 are 99.97 EUR, the row says 100.00); one per cent is far from any slip between rate and inverse rate.
_RATE_TOLERANCE: Final = Decimal("0.01")


class UnclearMoney(Exception):
    """The amounts, currencies and rate of a row do not fit together. The text is for the person who imports the file."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.field = number


@dataclass(frozen=True, kw_only=True, slots=True)
class RowMoney:
    """What a row is worth. `fx` is set when the booking carries a foreign amount, `foreign` keeps what was written beside it."""

    euros: Decimal
    fx: Fx | None = None
    foreign: Mapping[str, str | Decimal] = field(default_factory=dict)

    def in_euros_only(self) -> "RowMoney":
        """The same worth, with the foreign amount as a remark only."""
        if self.fx is None:
            return self
        return replace(
            self,
            fx=None,
            foreign={
                "datev_currency": self.fx.currency,
                "datev_foreign_amount": self.fx.amount,
                "datev_rate": self.fx.rate,
                **self.foreign,
            },
        )


def row_money(*, row: BatchRow, header: BatchHeader) -> RowMoney:
    """The euros of a row: its amount, or its base amount when it is in another currency.

    The base amount is what counts; the rate of the booking is the written one where it explains the euros to the cent, else the
    one that follows from the two amounts, in foreign units per euro. Raises UnclearMoney.
    """
    base_currency = row.base_currency or header.currency
    if row.currency == "EUR":
        if row.base_amount is not None and (base_currency, row.base_amount) != ("EUR", row.amount):
            raise UnclearMoney(5, f"The row is {row.amount} EUR, but its base amount is {row.base_amount} {base_currency}.")
        return RowMoney(euros=row.amount)
    if row.base_amount is None:
        raise UnclearMoney(5, f"The row is in {row.currency} without its amount in euros. Fill fields 5 and 6.")
    if base_currency != "EUR":
        raise UnclearMoney(6, f"The base amount is in {base_currency}; the books are kept in euros.")
    if row.amount % smallest_unit(row.currency):
        raise UnclearMoney(1, f"{row.amount} {row.currency} is not a whole number of the smallest unit of this currency.")
    implied = (row.amount / row.base_amount).quantize(RATE_STEP)
    if not implied or (row.rate is not None and not _is_near(row.rate, implied) and not _is_near(1 / row.rate, implied)):
        raise UnclearMoney(
            4, f"{row.amount} {row.currency} and {row.base_amount} EUR give the rate {implied}, but the row says {row.rate}."
        )
    written: dict[str, str | Decimal] = {} if row.rate is None else {"datev_rate": row.rate}
    if row.rate is not None and round_to_cent(row.amount / row.rate) == row.base_amount:
        return RowMoney(euros=row.base_amount, fx=_fx(row, row.rate))
    fx = _fx(row, implied)
    money = RowMoney(euros=row.base_amount, fx=fx, foreign=written)
    if round_to_cent(fx.amount / fx.rate) == row.base_amount:
        return money
    return money.in_euros_only()  # so large an amount that no rate with eight decimals gives these euros


def _fx(row: BatchRow, rate: Decimal) -> Fx:
    return Fx(currency=row.currency, amount=row.amount, rate=rate, rate_date=row.document_date, rate_source="manual")


def _is_near(rate: Decimal, other: Decimal) -> bool:
    return abs(rate - other) <= other * _RATE_TOLERANCE
