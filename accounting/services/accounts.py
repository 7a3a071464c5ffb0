"""A company's own accounts: added, renamed, placed in the reports, switched off."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from accounting.german.chart import standard_accounts
from accounting.german.report_keys import belongs_to_profit_and_loss, position_of, usual_bwa_line
from accounting.models.account import Account, AccountType
from accounting.models.open_item import OpenItem
from accounting.models.tax_code import TaxCode
from accounting.services.changes import KEEP, Kept, one_line, reason_text
from accounting.sort_key import sort_key
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.reason import because
from ledgerlou.companies.services.row_checks import require_fit
from ledgerlou.errors import InvalidInput, LedgerLouError, NotFound, raise_together
from ledgerlou.money import ZERO

MAX_DIGITS: Final = 8
_STORED_DIGITS: Final = 9
_DIGITS: Final = re.compile(r"[0-9]{1,8}", re.ASCII)
# DATEV: customers 10000 to 69999, vendors 70000 to 99999, one digit longer than ledger accounts.
_PERSONAL: Final = re.compile(r"[1-9][0-9]{4}", re.ASCII)
_FIRST_CREDITOR: Final = 70_000
# Accounts that hold VAT.
VAT_CATEGORIES: Final = ("vat_input", "vat_output")
_PROFIT_AND_LOSS: Final = (AccountType.REVENUE, AccountType.EXPENSE)


class DuplicateAccount(LedgerLouError):
    """The chart has an account with this number, from the standard chart or the company's own, active or not."""

    code, http_status, title = "DUPLICATE_ACCOUNT", 409, "The account number is taken"


class AccountInUse(LedgerLouError):
    """The account cannot be switched off: a tax code or the program posts to it, or open items stand on it."""

    code, http_status, title = "ACCOUNT_IN_USE", 409, "The account is needed"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAccount:
    """What a person says about a new account.

    `category` is free, but `vat_input` and `vat_output` mark accounts that hold VAT. `report_group` is a position of §§ 266, 275 HGB
    or one of the short names of report_keys.py; left out, the account stands in the reports where its neighbour in the chart does.
    `tax_code` is the code that bookings on the account usually have (DATEV: automatic account).
    """

    number: str
    name: str
    type: str
    category: str | None = None
    report_group: str | None = None
    tax_code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountChange:
    """What to change on an account; fields not mentioned stay, None clears. `bwa_line` is the line of the monthly report."""

    name: str | Kept = KEEP
    category: str | Kept | None = KEEP
    report_group: str | Kept | None = KEEP
    bwa_line: str | Kept = KEEP
    tax_code: str | Kept | None = KEEP
    is_active: bool | Kept = KEEP


@transaction.atomic(savepoint=False)
def create_account(*, company: Company, actor: Actor, facts: NewAccount, now: datetime) -> Account:
    """Add an account to the company's chart. Numbers that differ only in leading zeros are the same number, as in DATEV.

    A number from 10000 to 99999 is a personal account: a customer (asset) or vendor (liability) whose bookings bear open items.
    Raises InvalidInput, DuplicateAccount.
    """
    raise_together(_number_errors(facts))
    report_group, bwa_line = _place(company, facts)
    is_personal = is_personal_account(facts.number)
    account = Account(
        company=company,
        number=facts.number,
        name=_name(facts.name),
        type=facts.type,
        category=one_line(facts.category, pointer="/category") or None if facts.category else None,
        report_group=report_group,
        bwa_line=bwa_line,
        tax_code=facts.tax_code or None,
        is_item_account=is_personal,
        is_reconcilable=is_personal,
        created_at=now,
    )
    account.sort_key = sort_key(account.name)
    _refuse_taken(company, account.number)
    require_fit(account)
    raise_together([*_report_group_errors(account), *_tax_code_errors(company, account)])
    try:
        account.save(force_insert=True)
    except IntegrityError as error:  # somebody else added it since we looked
        if "account_number_once" not in str(error):
            raise
        raise DuplicateAccount(f"Account {account.number} was just added by somebody else.", pointer="/number") from error
    return account


@transaction.atomic(savepoint=False)
def change_account(*, company: Company, actor: Actor, number: str, change: AccountChange, reason: str | None = None) -> Account:
    """Rename an account, place it elsewhere in the reports, or switch it off and on. Number and type never change.

    Not switched off are accounts that an active tax code names, that the program itself posts to (standard_accounts.csv), or that hold
    open items. A balance is no hindrance: the account stays in every report. `reason` goes into the audit history with the change.
    Raises NotFound, InvalidInput, AccountInUse.
    """
    why = reason_text(reason)
    account = Account.objects.of(company).select_for_update(no_key=True).filter(number=number).first()
    if account is None:
        raise NotFound(f"There is no account {number}.")
    if change.is_active is False and account.is_active:
        _refuse_needed(company, account)
    former_code = account.tax_code
    for field, value in asdict(change).items():
        if value is not KEEP:
            setattr(account, field, one_line(value, pointer=f"/{field}") if isinstance(value, str) else value)
    account.name = _name(account.name)
    account.category, account.report_group = account.category or None, account.report_group or None
    account.tax_code = account.tax_code or None
    account.sort_key = sort_key(account.name)
    require_fit(account)
    code_errors = _tax_code_errors(company, account) if account.tax_code != former_code else ()
    raise_together([*_report_group_errors(account), *code_errors])
    with because(why):
        account.save(update_fields=["name", "sort_key", "category", "report_group", "bwa_line", "tax_code", "is_active"])
    return account


def is_personal_account(number: str) -> bool:
    """Whether a number is that of a customer or vendor."""
    return _PERSONAL.fullmatch(number) is not None


def personal_type(number: str) -> AccountType:
    """Customers owe us (asset), vendors are owed (liability)."""
    return AccountType.LIABILITY if int(number) >= _FIRST_CREDITOR else AccountType.ASSET


def _number_errors(facts: NewAccount) -> Iterator[InvalidInput]:
    if not _DIGITS.fullmatch(facts.number) or not facts.number.strip("0"):
        yield InvalidInput(f"An account number has 1 to {MAX_DIGITS} digits and is not zero.", pointer="/number")
    elif is_personal_account(facts.number) and facts.type != personal_type(facts.number):
        kind = "customers, 10000 to 69999" if personal_type(facts.number) == AccountType.ASSET else "vendors, 70000 to 99999"
        yield InvalidInput(
            f"{facts.number} lies among the accounts of {kind}: its type is {personal_type(facts.number).value}.", pointer="/type"
        )


def _name(text: str) -> str:
    name = one_line(text, pointer="/name")
    if not name:
        raise InvalidInput("Give the account a name.", pointer="/name")
    return name


def _report_group_errors(account: Account) -> Iterator[InvalidInput]:
    position = position_of(account.report_group)
    if position is not None and belongs_to_profit_and_loss(position) != (account.type in _PROFIT_AND_LOSS):
        yield InvalidInput(
            f"An account of type {account.type} cannot stand at {account.report_group}: revenue and expense belong to the P&L, no others.",
            pointer="/report_group",
        )


def _tax_code_errors(company: Company, account: Account) -> Iterator[InvalidInput]:
    """The usual code of an account: only of a company's own ones, since DATEV fixes that of the chart's (Automatikkonten)."""
    if account.is_system:
        yield InvalidInput(
            f"The automatic tax code of {account.number} is fixed by the standard chart. Add an account of your own.", pointer="/tax_code"
        )
        return
    if account.tax_code is None:
        return
    code = TaxCode.objects.of(company).filter(code=account.tax_code).first()
    if code is None or not code.is_active:
        yield InvalidInput(f"There is no active tax code {account.tax_code}. Choose one from the list.", pointer="/tax_code")
    if account.is_item_account or account.category in VAT_CATEGORIES:
        yield InvalidInput("Accounts with open items and accounts that hold VAT have no tax code of their own.", pointer="/tax_code")


def _refuse_taken(company: Company, number: str) -> None:
    digits = number.lstrip("0")
    spellings = [digits.zfill(length) for length in range(len(digits), _STORED_DIGITS + 1)]
    taken = Account.objects.of(company).filter(number__in=spellings).first()
    if taken is not None:
        hint = "" if taken.is_active else " It is switched off; switch it on again to use it."
        raise DuplicateAccount(
            f"Account {taken.number} {taken.name} exists already.{hint}",
            pointer="/number",
            account_number=taken.number,
            account_name=taken.name,
            is_active=taken.is_active,
        )


def _place(company: Company, facts: NewAccount) -> tuple[str | None, str]:
    """Report key and BWA line: as sent, else like the neighbour in the chart."""
    neighbour = _neighbour(company, facts)
    near_position = position_of(neighbour.report_group) if neighbour else None
    report_group = one_line(facts.report_group, pointer="/report_group") if facts.report_group else None
    if neighbour is not None and (report_group is None or position_of(report_group) == near_position):
        return report_group or neighbour.report_group, neighbour.bwa_line
    return report_group, usual_bwa_line(position_of(report_group))


def _neighbour(company: Company, facts: NewAccount) -> Account | None:
    """The account of the standard chart that stands nearest: the same type, the next lower number, else the next higher."""
    chart = Account.objects.of(company).filter(type=facts.type, is_system=True)
    if is_personal_account(facts.number):
        standard = standard_accounts(company.chart)
        is_customer = facts.type == AccountType.ASSET
        return chart.filter(number=standard.receivables_control if is_customer else standard.payables_control).first()
    lower = chart.filter(number__lte=facts.number).order_by("-number").first()
    return lower or chart.filter(number__gt=facts.number).order_by("number").first()


def _refuse_needed(company: Company, account: Account) -> None:
    named_by = TaxCode.objects.of(company).filter(is_active=True)
    codes = sorted(
        {*named_by.filter(vat_account=account.number).values_list("code", flat=True)}
        | {*named_by.filter(self_assess_account=account.number).values_list("code", flat=True)}
    )
    if codes:
        raise AccountInUse(
            f"Account {account.number} takes the tax of {', '.join(codes)}. Switch off these tax codes first.", tax_codes=codes
        )
    if account.number in asdict(standard_accounts(company.chart)).values():
        raise AccountInUse(f"LedgerLou itself posts to account {account.number}. Rename it if its name does not fit.")
    if _has_open_items(company, account.number):
        raise AccountInUse(f"Account {account.number} has open items. Settle them first.")


def _has_open_items(company: Company, number: str) -> bool:
    items = OpenItem.objects.of(company).filter(account=number)
    moved = Coalesce(Sum("settlements__movement"), ZERO)
    return items.annotate(left=F("amount") + moved).exclude(left=ZERO).exists()
