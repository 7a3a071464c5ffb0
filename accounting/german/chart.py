"""The German standard charts SKR03 and SKR04, their tax codes and standard accounts, as read from the tables beside this file.

A new company copies a chart into its own accounts; afterwards the company's rows count, not these templates.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, Literal

Chart = Literal["skr03", "skr04"]

_YES_NO: Final = {"yes": True, "no": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountTemplate:
    """One account of a standard chart.

    `type` is asset, liability, equity, revenue or expense; `category` is finer (vat_input, vat_output, vat_settlement mark tax accounts).
    `report_group` is the position of §§ 266, 275 HGB (report_groups.csv), `bwa_line` the line of the monthly management report or empty.
    `tax_code` is set on automatic accounts (DATEV-Automatikkonto), `equivalent` is the account of the other chart with the same meaning.
    """

    number: str
    name_de: str
    name_en: str
    type: str
    category: str
    report_group: str
    bwa_line: str
    tax_code: str | None
    is_reconcilable: bool
    is_item_account: bool
    equivalent: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxCodeTemplate:
    """One German VAT code with the accounts of one chart.

    `rate_percent` is 19 for 19 %. `datev_bu` is DATEV's posting key, the `kz_` fields are Kennzahlen of the advance VAT return
    (§ 18 Abs. 1 UStG), `zm_type` is L, S or D in the recapitulative statement (§ 18a Abs. 7 UStG), `en16931_category` and `vatex`
    describe an e-invoice (EN 16931, BT-151 and BT-121). Fields that do not apply are empty.
    Validity dates count themselves in and are None where open; `source` names the law.
    """

    code: str
    label_de: str
    label_en: str
    description_de: str
    description_en: str
    rate_percent: Decimal
    direction: str
    kind: str
    vat_account: str | None
    self_assess_account: str | None
    datev_bu: str | None
    kz_base: str
    kz_tax: str
    kz_input: str
    zm_type: str
    en16931_category: str
    vatex: str
    valid_from: date | None
    valid_until: date | None
    is_active: bool
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StandardAccounts:
    """The accounts of one chart that the program itself posts to, by purpose.

    No chart has an account for rounding differences: the irregular income and expense accounts take them. Dunning fees and default interest
    are damages, outside VAT (§ 1 Abs. 1 Nr. 1 UStG). `suspense` holds bank lines nobody could explain yet.
    """

    receivables_control: str
    payables_control: str
    bank: str
    cash: str
    transit: str
    suspense: str
    card_settlement: str
    discount_granted_19: str
    discount_granted_7: str
    discount_granted_0: str
    discount_received_19: str
    discount_received_7: str
    discount_received_0: str
    exchange_gain: str
    exchange_loss: str
    small_difference_gain: str
    small_difference_loss: str
    bank_charges: str
    dunning_fee: str
    default_interest: str
    interest_paid: str
    overdraft_interest: str
    bad_debt_19: str
    bad_debt_7: str
    prepaid_expenses: str
    deferred_income: str
    advance_received_19: str
    advance_paid_19: str
    vat_payment: str
    special_prepayment: str
    prior_year_vat: str
    import_vat: str
    profit_brought_forward: str
    loss_brought_forward: str
    opening_gl: str
    opening_customers: str
    opening_vendors: str
    private_drawing: str
    private_contribution: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartTemplate:
    """A whole standard chart: accounts by number, tax codes in the order in which people choose from them."""

    accounts: tuple[AccountTemplate, ...]
    tax_codes: tuple[TaxCodeTemplate, ...]


@cache
def standard_accounts(chart: Chart) -> StandardAccounts:
    """The accounts for automatic postings in one chart."""
    return StandardAccounts(**{row["purpose"]: row[chart] for row in _rows("standard_accounts.csv")})


@cache
def load_chart(chart: Chart) -> ChartTemplate:
    """Everything a new company needs to start with a chart. Read once per process; the result cannot be changed."""
    standard = standard_accounts(chart)
    # Open items live on the two control accounts and on personal accounts; no standard chart lists the latter (DATEV: 10000 to 99999).
    item_accounts = {standard.receivables_control, standard.payables_control}
    return ChartTemplate(
        accounts=tuple(_account(row, item_accounts=item_accounts) for row in _rows(f"chart_{chart}.csv")),
        tax_codes=tuple(_tax_code(row, chart=chart) for row in _rows("tax_codes.csv")),
    )


def _rows(file_name: str) -> Iterator[dict[str, str]]:
    with Path(__file__).with_name(file_name).open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table, strict=True)


def _account(row: dict[str, str], *, item_accounts: set[str]) -> AccountTemplate:
    return AccountTemplate(
        number=row["number"],
        name_de=row["name_de"],
        name_en=row["name_en"],
        type=row["type"],
        category=row["category"],
        report_group=row["report_group"],
        bwa_line=row["bwa_line"],
        tax_code=row["tax_code"] or None,
        is_reconcilable=_YES_NO[row["is_reconcilable"]],
        is_item_account=row["number"] in item_accounts,
        equivalent=row["equivalent"] or None,
    )


def _tax_code(row: dict[str, str], *, chart: Chart) -> TaxCodeTemplate:
    return TaxCodeTemplate(
        code=row["code"],
        label_de=row["label_de"],
        label_en=row["label_en"],
        description_de=row["description_de"],
        description_en=row["description_en"],
        rate_percent=Decimal(row["rate_percent"]),
        direction=row["direction"],
        kind=row["kind"],
        vat_account=row[f"vat_account_{chart}"] or None,
        self_assess_account=row[f"self_assess_account_{chart}"] or None,
        datev_bu=row["datev_bu"] or None,
        kz_base=row["kz_base"],
        kz_tax=row["kz_tax"],
        kz_input=row["kz_input"],
        zm_type=row["zm_type"],
        en16931_category=row["en16931_category"],
        vatex=row["vatex"],
        valid_from=_date_or_none(row["valid_from"]),
        valid_until=_date_or_none(row["valid_until"]),
        is_active=_YES_NO[row["is_active"]],
        source=row["source"],
    )


def _date_or_none(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
