"""Opening balances (EB-Werte): a trial balance posted row by row against 9000, once per date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounting.drafts import Draft, DraftLine
from accounting.expansion import BalanceMismatch
from accounting.models.account import Account
from accounting.posting import OPENING_ACCOUNT, PostedIntent, lock_journal, post
from accounting.selectors.journal import opening_set_of
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import InvalidInput, LedgerLouError, raise_together
from ledgerlou.money import ZERO

_BALANCE_SHEET_TYPES = ("asset", "liability", "equity")


class InvalidBalanceEntry(LedgerLouError):
    """A row has both amounts, or a negative one."""

    code, title = "INVALID_BALANCE_ENTRY", "A balance row is not valid"


class AccountTypeNotAllowed(LedgerLouError):
    """Opening balances exist for balance-sheet accounts only; 9xxx accounts are the other side."""

    code, title = "ACCOUNT_TYPE_NOT_ALLOWED", "The account has no opening balance"


class AccountsNotFound(LedgerLouError):
    """One or more account numbers are not in the chart."""

    code, title = "ACCOUNTS_NOT_FOUND", "Accounts are not in the chart"


class Account9000Missing(LedgerLouError):
    """The carry-forward account 9000 is not in the chart."""

    code, title = "ACCOUNT_9000_MISSING", "Account 9000 is missing"


class OpeningBalancesExist(LedgerLouError):
    """A set that is not reversed exists for the date; reverse it before posting another."""

    code, http_status, title = "OPENING_BALANCES_EXIST", 409, "Opening balances exist"


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceRow:
    """One account's balance, in euros: exactly one of debit and credit above zero, or both zero to be skipped."""

    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class OpeningBalances:
    """A posted set with its totals."""

    posted: PostedIntent
    total: Decimal


@transaction.atomic(savepoint=False)
def post_opening_balances(
    *, company: Company, actor: Actor, booking_date: date, balances: Sequence[BalanceRow], now: datetime
) -> OpeningBalances:
    """Post a set of opening balances as one booking in period 00; every row bears its own open item where its account has them.

    Raises InvalidBalanceEntry, AccountsNotFound, AccountTypeNotAllowed, Account9000Missing, BalanceMismatch, OpeningBalancesExist,
    PeriodLocked, InvalidInput.
    """
    numbers = {row.account for row in balances} | {OPENING_ACCOUNT}
    types = dict(Account.objects.of(company).filter(number__in=numbers).values_list("number", "type"))
    faults: list[LedgerLouError] = []
    for index, row in enumerate(balances):
        faults += _faults_of(row, types, f"/balances/{index}")
    if OPENING_ACCOUNT not in types:
        faults.append(Account9000Missing("The chart has no account 9000. Add it before posting opening balances."))
    debit, credit = sum((row.debit for row in balances), ZERO), sum((row.credit for row in balances), ZERO)
    if debit != credit:
        faults.append(
            BalanceMismatch(
                f"Debit balances come to {debit}, credit balances to {credit}. Both must be equal.",
                pointer="/balances",
                debit_total=debit,
                credit_total=credit,
                difference=debit - credit,
            )
        )
    lines = (
        tuple(DraftLine(account=row.account, debit=row.debit, credit=row.credit) for row in balances if row.debit or row.credit)
        if not faults
        else ()
    )
    if not faults and not lines:
        faults.append(InvalidInput("Every row is zero. Give at least one balance.", pointer="/balances"))
    raise_together(faults)
    lock_journal(company_id=company.id)
    existing = opening_set_of(company=company, booking_date=booking_date)
    if existing is not None:
        raise OpeningBalancesExist(
            f"Opening balances of {booking_date.isoformat()} are posted already. Reverse that set first.", existing_id=existing
        )
    text = "EB-Werte" if company.locale == "de" else "Opening balances"
    draft = Draft(
        booking_date=booking_date, description=text, lines=lines, opening=True, category="opening_balances", skip_duplicate_check=True
    )
    [posted] = post(company=company, actor=actor, drafts=[draft], now=now, source="opening_balances")
    return OpeningBalances(posted=posted, total=debit)


def _faults_of(row: BalanceRow, types: dict[str, str], pointer: str) -> list[LedgerLouError]:
    faults: list[LedgerLouError] = []
    if row.debit < 0 or row.credit < 0 or (row.debit and row.credit):
        faults.append(InvalidBalanceEntry("A row has exactly one amount, and it is not negative.", pointer=pointer))
    kind = types.get(row.account)
    if kind is None:
        faults.append(
            AccountsNotFound(f"Account {row.account} is not in the chart.", pointer=f"{pointer}/account_number", account=row.account)
        )
    elif kind not in _BALANCE_SHEET_TYPES or (row.account.startswith("9") and len(row.account) == len(OPENING_ACCOUNT)):
        faults.append(
            AccountTypeNotAllowed(
                f"Account {row.account} has no opening balance: only assets, liabilities and equity have, and 9xxx accounts are the other side.",
                pointer=f"{pointer}/account_number",
                account=row.account,
            )
        )
    return faults
