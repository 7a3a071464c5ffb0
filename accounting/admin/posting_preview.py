"""What a booking would do, before it is done: the service that posts is run to its end and everything it did is taken back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse

from accounting.drafts import Transfer
from accounting.models.account import Account
from accounting.models.journal import Intent
from accounting.posting import PostedIntent
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.rollback import undoing_after_rollback
from ledgerlou.money import ZERO

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountName:
    """An account as a preview shows it: its name, and the page behind it."""

    number: str
    name: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewEvent:
    """One journal line to come."""

    debit: AccountName
    credit: AccountName
    transfer: Transfer


@dataclass(kw_only=True, slots=True)
class TAccount:
    """An account with what the booking adds to each side: contra account and euros."""

    account: AccountName
    debit: list[tuple[str, Decimal]] = field(default_factory=list)
    credit: list[tuple[str, Decimal]] = field(default_factory=list)

    @property
    def debit_total(self) -> Decimal:
        """What is added on the left."""
        return sum((amount for _, amount in self.debit), ZERO)

    @property
    def credit_total(self) -> Decimal:
        """What is added on the right."""
        return sum((amount for _, amount in self.credit), ZERO)


def rehearse(act: Callable[[], Result]) -> Result:
    """Call a service as it would run, hold every constraint against it, and take back what it did: rows, locks, files."""
    with undoing_after_rollback() as undo, transaction.atomic():
        result = act()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        undo.kept = False
        transaction.set_rollback(True)
    return result


def preview_context(company: Company, posted: PostedIntent, *, general_reversal: bool = False) -> dict[str, Any]:
    """Events and T-accounts of a rehearsed booking, for `admin/posting_preview.html`. One query.

    A general reversal takes its amounts off the original sides, so they stand there with a minus.
    """
    names = account_names(company, {number for transfer in posted.transfers for number in (transfer.debit, transfer.credit)})
    sheets: dict[str, TAccount] = {}
    for transfer in posted.transfers:
        debit = sheets.setdefault(transfer.debit, TAccount(account=names[transfer.debit]))
        credit = sheets.setdefault(transfer.credit, TAccount(account=names[transfer.credit]))
        if general_reversal:
            debit.credit.append((transfer.credit, -transfer.amount))
            credit.debit.append((transfer.debit, -transfer.amount))
        else:
            debit.debit.append((transfer.credit, transfer.amount))
            credit.credit.append((transfer.debit, transfer.amount))
    return {
        "posted": posted,
        "events": [
            PreviewEvent(debit=names[transfer.debit], credit=names[transfer.credit], transfer=transfer) for transfer in posted.transfers
        ],
        "t_accounts": list(sheets.values()),
    }


def account_names(company: Company, numbers: Iterable[str]) -> dict[str, AccountName]:
    """Names and pages of accounts by number, in one query."""
    rows = Account.objects.of(company).filter(number__in=set(numbers)).values_list("number", "name", "id")
    return {
        number: AccountName(number=number, name=name, address=reverse("admin:accounting_account_change", args=[account_id]))
        for number, name, account_id in rows
    }


def twins_of(company: Company, intent_ids: Iterable[UUID]) -> list[Intent]:
    """The bookings that a new one resembles."""
    return list(Intent.objects.of(company).filter(id__in=list(intent_ids)).order_by("booking_date", "id"))
