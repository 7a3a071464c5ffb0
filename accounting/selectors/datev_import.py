"""What an import of a DATEV batch must look up in the books: rows imported before, invoices that a discount belongs to, balances."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from accounting.german.datev_reimport import KnownRow
from accounting.models.datev import DatevImportedRow
from accounting.models.journal import AccountMonth, Event
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO
from periods.gate import FiscalYear


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """An account in a fiscal year, in euros: opening balance (debit minus credit), turnover of the months and of periods 13 and 14."""

    opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        """Debit minus credit, openings included."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferencedEvent:
    """A journal line of a booking with a reference: what tells the tax code of an invoice."""

    reference: str
    account_debit: str
    account_credit: str
    tax_code: str | None


def known_datev_rows(*, company: Company, client_key: str) -> list[KnownRow]:
    """The rows imported before for this consultant, client and fiscal year, in the order of import."""
    rows = (
        DatevImportedRow.objects.of(company)
        .filter(datev_import__company=company, datev_import__client_key=client_key)
        .order_by("datev_import_id", "line")
        .values_list("identity", "fingerprint", "features", "datev_import__batch_key", "intent_id")
    )
    return [
        KnownRow(identity=identity, fingerprint=fingerprint, features=tuple(features), batch_key=batch_key, intent_id=intent_id)
        for identity, fingerprint, features, batch_key, intent_id in rows
    ]


def datev_rows_as_written(*, company: Company, identities: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The fields of rows imported before, by identity."""
    rows = DatevImportedRow.objects.of(company).filter(identity__in=identities).order_by("id").values_list("identity", "raw")
    return {identity: tuple(raw) for identity, raw in rows}


def referenced_events(*, company: Company, references: Collection[str]) -> list[ReferencedEvent]:
    """Journal lines that name one of these references, without the tax lines, openings, and what was reversed or is a reversal."""
    if not references:
        return []
    rows = (
        Event.objects.of(company)
        .filter(intent__company=company, intent__external_reference__in=references)
        .filter(intent__reverses=None, intent__reversed_by=None, intent__general_reversal=False)
        .exclude(tax_role__in=("tax", "self_assessment"))
        .exclude(period__endswith="-00")
        .order_by("journal_number")
        .values_list("intent__external_reference", "account_debit", "account_credit", "tax_code")
    )
    return [
        ReferencedEvent(reference=reference, account_debit=debit, account_credit=credit, tax_code=code)
        for reference, debit, credit, code in rows
        if reference is not None
    ]


def year_balances(*, company: Company, year: FiscalYear, accounts: Collection[str]) -> dict[str, Balance]:
    """The balances of accounts in a fiscal year; accounts that were not moved in it are missing."""
    months = [f"{month:%Y-%m}" for month in year.months()]
    periods = [year.opening_period, *months, *(f"{year.label}-P{number}" for number in (13, 14))]
    found: dict[str, Balance] = {}
    rows = AccountMonth.objects.of(company).filter(account__in=accounts, period__in=periods).order_by("account", "period")
    for account, period, debit, credit in rows.values_list("account", "period", "debit", "credit"):
        before = found.get(account, Balance())
        if period == year.opening_period:
            found[account] = Balance(opening=before.opening + debit - credit, debit=before.debit, credit=before.credit)
        else:
            found[account] = Balance(opening=before.opening, debit=before.debit + debit, credit=before.credit + credit)
    return found
