"""Tax codes of a company: its own ones made and changed, those of the chart relabelled or switched off."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import IntegrityError, transaction

from accounting.expansion import AccountInactive, AccountNotFound
from accounting.models.account import Account, AccountType
from accounting.models.tax_code import TaxCode
from accounting.services.changes import KEEP, Kept, one_line, reason_text
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.reason import because
from ledgerlou.companies.services.row_checks import require_fit
from ledgerlou.errors import InvalidInput, LedgerLouError, raise_together

CODE_PATTERN: Final = r"[A-Za-z0-9-]{1,20}"
_CODE: Final = re.compile(CODE_PATTERN, re.ASCII)
_HUNDRED: Final = Decimal(100)
_ACCOUNT_FIELDS: Final = ("vat_account", "self_assess_account")
_FIXED_FIELDS: Final = ("rate", *_ACCOUNT_FIELDS, "valid_from", "valid_until")
# Tax is owed or claimed, so it stands in the balance sheet; bookings on other accounts would be income, cost or capital.
_TAX_ACCOUNT_TYPES: Final = (AccountType.ASSET, AccountType.LIABILITY)


class TaxCodeNotFound(LedgerLouError):
    """The company has no tax code of this name, active or not."""

    code, http_status, title = "TAX_CODE_NOT_FOUND", 404, "Tax code not found"


class DuplicateTaxCode(LedgerLouError):
    """The company has a tax code of this name, in whatever spelling, active or not."""

    code, http_status, title = "DUPLICATE_TAX_CODE", 409, "The tax code is taken"


class NoChanges(LedgerLouError):
    """A change names no field to change."""

    code, title = "NO_CHANGES", "Nothing to change"


class SystemTaxCodeFixed(LedgerLouError):
    """Rate and accounts of a tax code of the chart are law and standard: reports and DATEV rely on them. Make a code of your own."""

    code, title = "SYSTEM_TAX_CODE_FIXED", "Fixed in codes of the chart"


class SystemTaxCodeDeleteForbidden(LedgerLouError):
    """A tax code of the chart cannot be deleted; PATCH with `is_active` false hides it from choice."""

    code, title = "SYSTEM_TAX_CODE_DELETE_FORBIDDEN", "Codes of the chart stay"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTaxCode:
    """What a person says about a new code. `rate` is percent.

    `vat_account` takes the tax; with `self_assess_account` (reverse charge, acquisitions) the tax is booked between the two and the
    line stays net. Without `vat_account` the tax is not deductible and becomes cost. Bookings dated outside `valid_from` to
    `valid_until` (both inclusive, either may be missing) are refused with the code.
    """

    code: str
    label: str
    rate: Decimal
    description: str | None = None
    vat_account: str | None = None
    self_assess_account: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxCodeChange:
    """What to change on a code; fields not mentioned stay, None clears."""

    label: str | Kept = KEEP
    description: str | Kept | None = KEEP
    rate: Decimal | Kept = KEEP
    vat_account: str | Kept | None = KEEP
    self_assess_account: str | Kept | None = KEEP
    valid_from: date | Kept | None = KEEP
    valid_until: date | Kept | None = KEEP
    is_active: bool | Kept = KEEP


@transaction.atomic(savepoint=False)
def create_tax_code(*, company: Company, actor: Actor, facts: NewTaxCode, now: datetime) -> TaxCode:
    """Add a tax code of the company's own. Codes are kept in capitals and compared without regard to case.

    Raises InvalidInput, DuplicateTaxCode, AccountNotFound, AccountInactive.
    """
    if not _CODE.fullmatch(facts.code):
        raise InvalidInput("A tax code has 1 to 20 letters (A to Z), digits and hyphens.", pointer="/code")
    _require_percent(facts.rate)
    row = TaxCode(
        company=company,
        code=facts.code.upper(),
        label=one_line(facts.label, pointer="/label"),
        description=facts.description or None,
        rate=facts.rate,
        vat_account=facts.vat_account or None,
        self_assess_account=facts.self_assess_account or None,
        valid_from=facts.valid_from,
        valid_until=facts.valid_until,
        created_at=now,
    )
    taken = TaxCode.objects.of(company).filter(code=row.code).first()
    if taken is not None:
        hint = "" if taken.is_active else " It is switched off; switch it on again to use it."
        raise DuplicateTaxCode(
            f"The tax code {row.code} exists already.{hint}", pointer="/code", tax_code=row.code, is_active=taken.is_active
        )
    require_fit(row)
    raise_together([*_shape_errors(row), *_account_errors(company, row, fields=_ACCOUNT_FIELDS)])
    row.direction = _direction(company, row)
    try:
        row.save(force_insert=True)
    except IntegrityError as error:  # somebody else added it since we looked
        if "tax_code_once_per_company" not in str(error):
            raise
        raise DuplicateTaxCode(f"The tax code {row.code} was just added by somebody else.", pointer="/code", tax_code=row.code) from error
    return row


@transaction.atomic(savepoint=False)
def change_tax_code(*, company: Company, actor: Actor, code: str, change: TaxCodeChange, reason: str | None = None) -> TaxCode:
    """Change a tax code for bookings to come; what is posted keeps the tax it was posted with.

    Codes of the chart take a new label, description or active flag only. `reason` goes into the audit history. Raises NoChanges,
    TaxCodeNotFound, SystemTaxCodeFixed, InvalidInput, AccountNotFound, AccountInactive.
    """
    why = reason_text(reason)
    changes = {field: value for field, value in asdict(change).items() if value is not KEEP}
    if not changes:
        raise NoChanges("Name at least one field to change.")
    row = _tax_code_for_update(company, code)
    changed = {field for field, value in changes.items() if value != getattr(row, field)}
    if row.is_system:
        raise_together(
            SystemTaxCodeFixed(f"{row.code} is a code of the chart; its {field} is fixed. Create a code of your own.", pointer=f"/{field}")
            for field in _FIXED_FIELDS
            if field in changed
        )
    for field, value in changes.items():
        setattr(row, field, value)
    _require_percent(row.rate)
    row.label, row.description = one_line(row.label, pointer="/label"), row.description or None
    row.vat_account, row.self_assess_account = row.vat_account or None, row.self_assess_account or None
    require_fit(row)
    switched_on = "is_active" in changed and row.is_active
    to_check = _ACCOUNT_FIELDS if switched_on else tuple(field for field in _ACCOUNT_FIELDS if field in changed)
    raise_together([*_shape_errors(row), *_account_errors(company, row, fields=to_check)])
    if changed.intersection(_ACCOUNT_FIELDS):
        row.direction = _direction(company, row)
    if changed:
        with because(why):
            row.save(update_fields=["label", "description", *_FIXED_FIELDS, "direction", "is_active"])
    return row


@transaction.atomic(savepoint=False)
def deactivate_tax_code(*, company: Company, actor: Actor, code: str) -> TaxCode:
    """Switch off a code of the company's own; nothing posted is ever deleted. One that is off already stays so.

    Raises TaxCodeNotFound, SystemTaxCodeDeleteForbidden.
    """
    row = _tax_code_for_update(company, code)
    if row.is_system:
        raise SystemTaxCodeDeleteForbidden(f"{row.code} is a code of the chart. Switch it off with is_active false if you do not need it.")
    if row.is_active:
        row.is_active = False
        row.save(update_fields=["is_active"])
    return row


def _tax_code_for_update(company: Company, code: str) -> TaxCode:
    row = TaxCode.objects.of(company).select_for_update(no_key=True).filter(code=code.upper()).first()
    if row is None:
        raise TaxCodeNotFound(f"There is no tax code {code.upper()}. GET /v1/tax-codes lists all.")
    return row


def _require_percent(rate: Decimal) -> None:
    if not rate.is_finite() or not 0 <= rate <= _HUNDRED:
        raise InvalidInput("A rate is between 0 and 100 percent.", pointer="/rate")


def _shape_errors(row: TaxCode) -> Iterator[InvalidInput]:
    """What accounts and validity of a code must look like, whatever they are."""
    if row.rate > 0 and not row.vat_account and not row.self_assess_account:
        yield InvalidInput("A code with a rate needs an account for the tax.", pointer="/vat_account")
    if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
        yield InvalidInput("The last day of a code lies before its first one.", pointer="/valid_until")
    if row.self_assess_account and row.vat_account == row.self_assess_account:
        yield InvalidInput("The two accounts of a code must differ.", pointer="/self_assess_account")


def _account_errors(company: Company, row: TaxCode, *, fields: tuple[str, ...]) -> Iterator[LedgerLouError]:
    """What is wrong with the accounts named in these fields. They are locked, so that nobody switches them off meanwhile."""
    wanted = {field: getattr(row, field) for field in fields if getattr(row, field)}
    if not wanted:
        return
    locked = Account.objects.of(company).select_for_update(no_key=True).filter(number__in=wanted.values()).order_by("number")
    found = {account.number: account for account in locked}
    for field, number in wanted.items():
        account = found.get(number)
        if account is None:
            yield AccountNotFound(f"The chart has no account {number}.", pointer=f"/{field}", account_number=number)
        elif not account.is_active:
            yield AccountInactive(f"Account {number} is switched off.", pointer=f"/{field}", account_number=number)
        elif account.type not in _TAX_ACCOUNT_TYPES or account.is_item_account:
            yield InvalidInput(
                f"Account {number} {account.name} cannot hold VAT: take an input or output VAT account.", pointer=f"/{field}"
            )


def _direction(company: Company, row: TaxCode) -> str:
    """Input tax is claimed and output tax owed; whoever assesses tax themselves has bought something."""
    if row.self_assess_account:
        return "input"
    account = Account.objects.of(company).filter(number=row.vat_account).first()
    if account is None:
        return ""
    return "input" if account.category == "vat_input" or account.type == AccountType.ASSET else "output"
