"""What the books say about a month that is to be closed: unbooked documents, late bookings, output tax, old open items.

A month is given as its first and last day; documents and recordings belong to the legal day, in Europe/Berlin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounting.models.document import Document
from accounting.models.journal import Intent
from ledgerlou import clock
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO, round_to_cent

_UNBOOKED_COUNTS_SQL: Final = """
    SELECT s.period, count(*)
      FROM unnest(%(periods)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS s (period, starts_at, ends_at)
      JOIN accounting_document d ON d.company_id = %(company)s AND d.created_at >= s.starts_at AND d.created_at < s.ends_at
     WHERE NOT EXISTS (SELECT FROM accounting_intent i WHERE i.company_id = d.company_id AND i.document_id = d.id)
     GROUP BY s.period
"""
# Umsatzsteuerverprobung: what automatic accounts turned over, times the rate, against what their tax account shows.
_OUTPUT_TAX_SQL: Final = """
    WITH codes AS (
        SELECT code, rate, vat_account FROM accounting_taxcode
         WHERE company_id = %(company)s AND direction = 'output' AND rate > 0 AND vat_account IS NOT NULL AND self_assess_account IS NULL
    ), expected AS (
        SELECT sum((m.credit - m.debit) * c.rate / 100) AS amount
          FROM codes c
          JOIN accounting_account a ON a.company_id = %(company)s AND a.tax_code = c.code
          JOIN accounting_accountmonth m ON m.company_id = %(company)s AND m.account = a.number AND m.period = %(period)s
    ), booked AS (
        SELECT sum(m.credit - m.debit) AS amount FROM accounting_accountmonth m
         WHERE m.company_id = %(company)s AND m.period = %(period)s AND m.account IN (SELECT vat_account FROM codes)
    )
    SELECT coalesce(expected.amount, 0), coalesce(booked.amount, 0) FROM expected, booked
"""
# Reads every item and settlement of the company: what is left of an item is stored nowhere (house rule: nothing is derived twice).
_OVERDUE_SQL: Final = """
    SELECT a.id, a.number, a.name, a.type, count(*), sum(o.open)
      FROM (SELECT o.account, o.amount + coalesce(sum(s.movement), 0) AS open
              FROM accounting_openitem o
              LEFT JOIN accounting_settlement s
                ON s.company_id = %(company)s AND s.open_item_id = o.id AND s.booking_date <= %(day)s
             WHERE o.company_id = %(company)s AND o.booking_date <= %(day)s AND o.due_date < %(due_before)s
             GROUP BY o.id, o.account, o.amount
            HAVING o.amount + coalesce(sum(s.movement), 0) <> 0) o
      JOIN accounting_account a ON a.company_id = %(company)s AND a.number = o.account
     GROUP BY a.id, a.number, a.name, a.type
     ORDER BY abs(sum(o.open)) DESC, a.number
     LIMIT %(limit)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """The days of a period, both included."""

    period: str
    first: date
    last: date

    @property
    def starts_at(self) -> datetime:
        """The moment the first day begins in Berlin."""
        return datetime.combine(self.first, time.min, tzinfo=clock.BERLIN)

    @property
    def ends_at(self) -> datetime:
        """The moment after the last day."""
        return datetime.combine(self.last + timedelta(days=1), time.min, tzinfo=clock.BERLIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class OverdueAccount:
    """An item account with old open items; claims and debts are both positive."""

    id: UUID
    number: str
    name: str
    item_count: int
    amount: Decimal


def unbooked_document_counts(*, company: Company, spans: Sequence[Days]) -> Mapping[str, int]:
    """How many documents came in on the days of each period and prove no booking yet; periods without any are absent."""
    values: dict[str, Any] = {
        "company": company.id,
        "periods": [span.period for span in spans],
        "starts": [span.starts_at for span in spans],
        "ends": [span.ends_at for span in spans],
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNBOOKED_COUNTS_SQL, values)
        return dict(cursor.fetchall())


def unbooked_documents(*, company: Company, days: Days, limit: int) -> list[Document]:
    """Documents that came in on these days and prove no booking yet, oldest first."""
    rows = Document.objects.of(company).filter(created_at__gte=days.starts_at, created_at__lt=days.ends_at, intents=None)
    return list(rows.order_by("created_at", "id")[:limit])


def late_booking_count(*, company: Company, period: str, after: datetime) -> int:
    """How many bookings of a period were recorded after a moment."""
    return Intent.objects.of(company).filter(period=period, created_at__gte=after).count()


def output_tax(*, company: Company, period: str) -> tuple[Decimal, Decimal]:
    """Output VAT of a period: as the turnover of automatic accounts lets expect, and as booked on the tax accounts. Positive is owed."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTPUT_TAX_SQL, {"company": company.id, "period": period})
        [expected, booked] = cursor.fetchone() or (ZERO, ZERO)
    return round_to_cent(expected), round_to_cent(booked)


def overdue_accounts(*, company: Company, day: date, overdue_days: int, limit: int) -> list[OverdueAccount]:
    """The accounts with the largest items that were open on a day and due more than so many days before it."""
    values: dict[str, Any] = {"company": company.id, "day": day, "due_before": day - timedelta(days=overdue_days), "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE_SQL, values)
        rows = cursor.fetchall()
    return [
        OverdueAccount(id=account_id, number=number, name=name, item_count=count, amount=amount if kind == "asset" else -amount)
        for account_id, number, name, kind, count, amount in rows
    ]
