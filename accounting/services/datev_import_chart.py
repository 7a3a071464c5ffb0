"""The chart of a company as the import of one DATEV batch needs it, with the customers and vendors that are still to be added."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from accounting.drafts import AccountFacts, ChartFacts, TaxCodeFacts
from accounting.german.chart import Chart, StandardAccounts, standard_accounts
from accounting.german.datev_chart import CARRY_FORWARD_NUMBERS, DatevChart, DatevTaxCode, accounts_needed
from accounting.german.datev_extf import Batch
from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from accounting.selectors.datev_import import ReferencedEvent
from accounting.sort_key import sort_key
from ledgerlou.companies.models.company import Company

NUMBER_LENGTH: Final = 4  # of SKR03 and SKR04; customers and vendors have one digit more
_FIRST_VENDOR: Final = "7"  # DATEV: customers 10000 to 69999, vendors 70000 to 99999
_TAX_CATEGORIES: Final = ("vat_input", "vat_output")

# In both standard charts the accounts for cash discounts stand together, the one without tax first: SKR04 4730 to 4749 and 5730 to
# 5749, SKR03 8730 to 8749 and 3730 to 3749.
_DISCOUNT_BLOCK: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportChart:
    """`datev` is what planning asks, `missing_personal` the customers and vendors in it that are not in the books yet, unsaved."""

    datev: DatevChart
    names: Mapping[str, str]
    missing_personal: Mapping[str, Account]


def chart_for_batch(
    *, company: Company, batch: Batch, events: Sequence[ReferencedEvent], add_personal_accounts: bool, now: datetime
) -> ImportChart:
    """Look up the accounts and tax codes that a batch touches; two queries, whatever its size.

    With `add_personal_accounts` a customer or vendor that the chart does not have counts as there. `events` are those of invoices
    in the books that a payment with discount names; their accounts are looked up too.
    """
    standard = standard_accounts(cast(Chart, company.chart))
    codes = list(TaxCode.objects.of(company).order_by("id"))  # ids grow in the order of the chart's table: the usual code comes first
    needed = accounts_needed(batch=batch, number_length=NUMBER_LENGTH)
    granted, received = _discount_block(standard.discount_granted_0), _discount_block(standard.discount_received_0)
    wanted = {
        *needed,
        *CARRY_FORWARD_NUMBERS,
        standard.receivables_control,
        standard.payables_control,
        *granted,
        *received,
        *(number for code in codes for number in (code.vat_account, code.self_assess_account) if number),
        *(number for event in events for number in (event.account_debit, event.account_credit)),
    }
    accounts = {account.number: account for account in Account.objects.of(company).filter(number__in=wanted)}
    missing: dict[str, Account] = {}
    if add_personal_accounts:
        personal = (number for number in sorted(needed) if len(number) > NUMBER_LENGTH and number not in accounts)
        missing = {number: _personal_account(company, number, standard, accounts, now) for number in personal}
    everything = {**accounts, **missing}
    discounts = {number: account for number, account in accounts.items() if number in {*granted, *received}}
    return ImportChart(
        datev=DatevChart(
            facts=ChartFacts(
                accounts={number: _facts_of(account, standard) for number, account in everything.items()},
                tax_codes={code.code: _tax_facts(code) for code in codes},
            ),
            automatic_codes={number: account.tax_code for number, account in everything.items() if account.tax_code},
            tax_codes=tuple(_datev_code(code, accounts) for code in codes),
            number_length=NUMBER_LENGTH,
            discount_accounts=_discount_accounts(codes, discounts, standard, accounts),
        ),
        names={number: account.name for number, account in everything.items()},
        missing_personal=missing,
    )


def add_personal_accounts(accounts: Collection[Account]) -> None:
    """Add customers and vendors to the chart. One that somebody added meanwhile stays as it is."""
    Account.objects.bulk_create(accounts, ignore_conflicts=True)


def codes_of_booked_invoices(*, batch: Batch, events: Iterable[ReferencedEvent], chart: DatevChart) -> dict[int, str]:
    """By line of the file: the tax code of the invoice in the books that a payment with discount names, where it has just one.

    An invoice raises what a customer owes or what a vendor is owed, against an account that could bear tax; "output" or "input"
    stands for an invoice without tax. A payment names it by document field 1 and its customer or vendor.
    """
    codes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        for number, other, in_debit in (
            (event.account_debit, event.account_credit, True),
            (event.account_credit, event.account_debit, False),
        ):
            facts = chart.account(number)
            if facts is None or not chart.is_item_account(number) or (facts.type == "asset") != in_debit or not chart.may_bear_tax(other):
                continue
            codes[event.reference, number].add(event.tax_code or ("output" if in_debit else "input"))
    found: dict[int, str] = {}
    for row in batch.rows:
        if row.discount is None or not row.document_field_1:
            continue
        numbers = (chart.find(number=number, header=batch.header) for number in (row.account, row.contra_account))
        possible = [codes[row.document_field_1, number] for number in numbers if number and (row.document_field_1, number) in codes]
        if len(possible) == 1 and len(possible[0]) == 1:
            found[row.line] = next(iter(possible[0]))
    return found


def _discount_block(first: str) -> list[str]:
    return [str(number) for number in range(int(first), int(first) + _DISCOUNT_BLOCK)]


def _facts_of(account: Account, standard: StandardAccounts) -> AccountFacts:
    return AccountFacts(
        number=account.number,
        type=account.type,
        category=account.category,
        is_active=account.is_active,
        is_item_account=account.is_item_account,
        is_tax_account=account.category in _TAX_CATEGORIES,
        is_exchange_difference=account.number in (standard.exchange_gain, standard.exchange_loss),
    )


def _tax_facts(code: TaxCode) -> TaxCodeFacts:
    return TaxCodeFacts(
        code=code.code,
        rate_percent=code.rate,
        vat_account=code.vat_account,
        self_assess_account=code.self_assess_account,
        is_active=code.is_active,
        valid_from=code.valid_from,
        valid_until=code.valid_until,
    )


def _datev_code(code: TaxCode, accounts: Mapping[str, Account]) -> DatevTaxCode:
    """A code that a person added may have no direction: then the account of its tax says it."""
    tax_account = accounts.get(code.vat_account or "")
    of_account = "output" if tax_account is not None and tax_account.category == "vat_output" else "input"
    is_output = (code.direction or of_account) == "output"
    bu_key = int(code.datev_bu) if code.datev_bu.isascii() and code.datev_bu.isdigit() else None
    return DatevTaxCode(code=code.code, direction="output" if is_output else "input", bu_key=bu_key, kind=code.kind)


def _discount_accounts(
    codes: Sequence[TaxCode], discounts: Mapping[str, Account], standard: StandardAccounts, accounts: Mapping[str, Account]
) -> dict[str, str]:
    """The account for the discount of an invoice, by its tax code: the automatic one of the block, else the one without tax.

    Codes with a tax of their own and no such account have none: the discount would not say which base it lowers.
    """
    untaxed = {"output": standard.discount_granted_0, "input": standard.discount_received_0}
    found: dict[str, str] = {}
    for direction, first in untaxed.items():
        block = _discount_block(first)
        # The lowest number wins where several accounts of the block have the same code.
        automatic = {discounts[number].tax_code: number for number in reversed(block) if number in discounts}
        for code in codes:
            if _datev_code(code, accounts).direction != direction:
                continue
            if code.code in automatic:
                found[code.code] = automatic[code.code]
            elif not code.rate and code.vat_account is None:
                found[code.code] = first
        found[direction] = first
    return found


def _personal_account(company: Company, number: str, standard: StandardAccounts, accounts: Mapping[str, Account], now: datetime) -> Account:
    """A customer or vendor account, placed in the annual accounts where the control account of its kind is."""
    is_vendor = number[0] >= _FIRST_VENDOR
    control = accounts[standard.payables_control if is_vendor else standard.receivables_control]
    german, english = ("Kreditor", "Vendor") if is_vendor else ("Debitor", "Customer")
    name = f"{german if company.locale == 'de' else english} {number}"
    return Account(
        company=company,
        number=number,
        name=name,
        sort_key=sort_key(name),
        type=control.type,
        category=control.category,
        report_group=control.report_group,
        bwa_line=control.bwa_line,
        is_item_account=True,
        is_reconcilable=control.is_reconcilable,
        created_at=now,
    )
