"""What the import of DATEV rows must know of a company's chart, and how account numbers of a file are found in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from accounting.drafts import AccountFacts, ChartFacts, TaxCodeFacts
from accounting.german.datev_extf import Batch
from accounting.german.datev_header import BatchHeader

# Balances are carried forward against these; the first is for accounts of the general ledger, the others for customers and vendors.
CARRY_FORWARD_NUMBERS: Final = ("9000", "9008", "9009")

# Tax never stands on these: on them stand money, claims and debts, or tax itself.
_WITHOUT_TAX: Final = frozenset(
    {
        "receivables",
        "payables",
        "bank",
        "cash",
        "cash_and_bank",
        "clearing",
        "vat_input",
        "vat_output",
        "vat_settlement",
        "opening_balance",
        "statistical",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DatevTaxCode:
    """A tax code as DATEV sees it: `bu_key` is its key as a number, `kind` that of the tax code table, e.g. reverse_charge_eu."""

    code: str
    direction: Literal["input", "output"]
    bu_key: int | None
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DatevChart:
    """The chart of a company for the import of one batch.

    `facts` holds every account of `accounts_needed`, the tax accounts of all codes, and 9000. `automatic_codes` maps an account to
    the code of its automatism, `tax_codes` lists the codes with a DATEV key, the usual one first where several share a key.

    Customers and vendors (personal accounts) that the chart does not have are booked on `receivable_account` and `payable_account`,
    when these are given. `discount_accounts` maps the tax code of an invoice to the account for its discount (Skonto), with the
    keys "output" and "input" for sales and purchases without tax.
    """

    facts: ChartFacts
    automatic_codes: Mapping[str, str]
    tax_codes: tuple[DatevTaxCode, ...]
    number_length: int = 4
    receivable_account: str | None = None
    payable_account: str | None = None
    discount_accounts: Mapping[str, str] = field(default_factory=dict)

    def account(self, number: str) -> AccountFacts | None:
        """The account with exactly this number."""
        return self.facts.accounts.get(number)

    def tax_code(self, code: str) -> TaxCodeFacts | None:
        """The tax code, whatever the case of its letters."""
        return self.facts.tax_codes.get(code.upper())

    def find(self, *, number: str, header: BatchHeader) -> str | None:
        """The account of the chart that a number of the file means, or None."""
        found = number_in_chart(number=number, header=header, number_length=self.number_length)
        if found is not None and self.account(found) is not None:
            return found
        if not is_personal(number=number, header=header):
            return None
        return self.receivable_account if number.lstrip("0")[0] in "123456" else self.payable_account

    def may_bear_tax(self, number: str) -> bool:
        """Whether tax can stand on an account: not on money, claims, debts, clearing, tax and carry-forward accounts."""
        facts = self.account(number)
        return facts is not None and not facts.is_item_account and not facts.is_tax_account and facts.category not in _WITHOUT_TAX

    def is_item_account(self, number: str) -> bool:
        """Whether open items stand on an account: a customer, a vendor, or a control account of these."""
        facts = self.account(number)
        return facts is not None and (facts.is_item_account or facts.category in ("receivables", "payables"))


def is_personal(*, number: str, header: BatchHeader) -> bool:
    """Whether a number is that of a customer (first digit 1 to 6) or a vendor (7 to 9): one digit longer than the other accounts."""
    return len(number.lstrip("0")) == header.account_length + 1


def number_in_chart(*, number: str, header: BatchHeader, number_length: int = 4) -> str | None:
    """The number that an account of the file has in a chart with `number_length` digits, or None when there can be none.

    Zeros in front, which spreadsheets cut off, come back: 100 is 0100. Longer numbers in the file lose their filling zeros: 84000 is
    8400, while 84001 has no counterpart. Personal accounts have one digit more than others, here and there.
    """
    digits = number.lstrip("0").zfill(header.account_length)
    length = number_length + 1 if is_personal(number=number, header=header) else number_length
    if len(digits) > header.account_length + 1 or digits[length:].strip("0"):
        return None
    return digits[:length].ljust(length, "0")


def accounts_needed(*, batch: Batch, number_length: int = 4) -> frozenset[str]:
    """The numbers of the chart that the rows of a batch touch, for the query that fills `DatevChart.facts`."""
    written = {number for row in batch.rows for number in (row.account, row.contra_account, row.discount_account) if number}
    found = (number_in_chart(number=number, header=batch.header, number_length=number_length) for number in written)
    return frozenset(number for number in found if number is not None)
