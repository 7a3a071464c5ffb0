"""What a caller wants booked, before it is booked: frozen, and checked on creation so that a wrong draft cannot be passed around."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from ledgerlou.money import MAX_EUROS, ZERO, is_whole_cents

Metadata = Mapping[str, str | int | Decimal | bool | None]

RATE_SOURCES: Final = ("ecb", "manual", "bank")


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftLine:
    """One source line: an account with exactly one of debit and credit, in euros; gross when `tax_code` is set."""

    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    tax_code: str | None = None

    def __post_init__(self) -> None:
        for amount in (self.debit, self.credit):
            if not isinstance(amount, Decimal) or not is_whole_cents(amount) or not ZERO <= amount <= MAX_EUROS:
                raise ValueError(f"{amount!r} is not an amount of whole, non-negative cents")
        if (self.debit > 0) == (self.credit > 0):
            raise ValueError("a line has exactly one of debit and credit")

    @property
    def amount(self) -> Decimal:
        """The one amount above zero."""
        return self.debit or self.credit


@dataclass(frozen=True, kw_only=True, slots=True)
class Fx:
    """The foreign-currency side of a booking. `rate` is foreign units per euro (RULINGS 14)."""

    currency: str
    amount: Decimal
    rate: Decimal
    rate_date: date
    rate_source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settle:
    """Settle an open item of an earlier booking by hand (RULINGS 22); a credit note takes a negative amount, in euros."""

    intent_id: UUID
    account: str
    amount: Decimal
    position: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """One booking to come. Amounts are euros; `adjustment_period` is 13 or 14; `opening` marks opening balances (period 00)."""

    booking_date: date
    description: str
    lines: tuple[DraftLine, ...]
    adjustment_period: int | None = None
    opening: bool = False
    category: str = ""
    external_reference: str | None = None
    metadata: Metadata | None = None
    document_id: UUID | None = None
    fx: Fx | None = None
    settles: tuple[Settle, ...] = field(default=())
    skip_duplicate_check: bool = False
    general_reversal: bool = False

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("a booking has lines")
        if self.adjustment_period not in (None, 13, 14):
            raise ValueError("adjustment periods are 13 and 14")


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """One event to be written: a positive amount from the credit account to the debit account.

    `source_line` is the index of the draft line that carries the tax code, or of the first line of the pair.
    `tax_role` is `base`, `tax` or `self_assessment` where a tax code made the event.
    """

    debit: str
    credit: str
    amount: Decimal
    source_line: int
    tax_code: str | None = None
    tax_role: str | None = None
    fx_amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountFacts:
    """What expansion and posting need to know of an account."""

    number: str
    type: str  # asset, liability, equity, revenue, expense
    category: str | None = None
    is_active: bool = True
    is_item_account: bool = False
    is_tax_account: bool = False  # vat_input or vat_output: a hand-written tax line when it stands on a source line
    is_exchange_difference: bool = False  # exchange gain and loss accounts: carry no foreign amount (RULINGS 14)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxCodeFacts:
    """What expansion needs to know of a tax code. `rate_percent` is 19 for 19 %."""

    code: str
    rate_percent: Decimal
    vat_account: str | None = None
    self_assess_account: str | None = None
    is_active: bool = True
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartFacts:
    """The part of a company's chart that a set of drafts touches. Tax codes are keyed by their upper-case code."""

    accounts: Mapping[str, AccountFacts]
    tax_codes: Mapping[str, TaxCodeFacts]
