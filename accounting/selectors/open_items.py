"""Open items at a key date, with their age."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from ledgerlou.companies.models.company import Company

_ITEMS_SQL: Final = """
    SELECT o.id, o.account, o.intent_id, o.position, o.reference, o.booking_date, o.due_date, o.amount, o.amount + coalesce(s.moved, 0),
           a.type
      FROM accounting_openitem o
      JOIN accounting_account a ON a.company_id = o.company_id AND a.number = o.account
      LEFT JOIN (SELECT open_item_id, sum(movement) AS moved FROM accounting_settlement
                  WHERE company_id = %(company)s AND booking_date <= %(day)s GROUP BY open_item_id) s ON s.open_item_id = o.id
     WHERE o.company_id = %(company)s AND o.booking_date <= %(day)s AND (%(account)s::text IS NULL OR o.account = %(account)s)
       AND o.amount + coalesce(s.moved, 0) <> 0
     ORDER BY o.account, o.due_date, o.id
"""
_BUCKETS: Final = ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90"))


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenItemRow:
    """An item with something left; claims and debts are both positive, credit notes negative."""

    id: UUID
    account: str
    intent_id: UUID
    position: int
    reference: str | None
    booking_date: date
    due_date: date
    original: Decimal
    open: Decimal
    days_overdue: int
    bucket: str


def open_items(*, company: Company, day: date, account: str | None = None) -> list[OpenItemRow]:
    """Items bearing and settled until `day`, by account and due date. The sum per account equals its balance on that day."""
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS_SQL, {"company": company.id, "day": day, "account": account})
        rows = cursor.fetchall()
    found = []
    for item_id, number, intent_id, position, reference, booking_date, due_date, amount, left, kind in rows:
        sign = 1 if kind == "asset" else -1
        overdue = max((day - due_date).days, 0)
        found.append(
            OpenItemRow(
                id=item_id,
                account=number,
                intent_id=intent_id,
                position=position,
                reference=reference,
                booking_date=booking_date,
                due_date=due_date,
                original=sign * amount,
                open=sign * left,
                days_overdue=overdue,
                bucket=bucket_of(overdue),
            )
        )
    return found


def bucket_of(days_overdue: int) -> str:
    """The age class of an item: not_due, 1-30, 31-60, 61-90 or over_90."""
    return next((name for limit, name in _BUCKETS if days_overdue <= limit), "over_90")
