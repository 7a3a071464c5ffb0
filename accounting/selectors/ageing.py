"""Open items by account and age: who owes what, and since when; and the items of one account with what settled part of them.

The sum of an account's items is its balance on the day (RULINGS 22).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounting.selectors.open_items import bucket_of
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO

RECEIVABLES: Final = "asset"
PAYABLES: Final = "liability"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ages:
    """Euros by how long they are overdue on the day. Claims are positive on the side of receivables, debts on that of payables."""

    not_due: Decimal = ZERO
    up_to_30: Decimal = ZERO
    up_to_60: Decimal = ZERO
    up_to_90: Decimal = ZERO
    over_90: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All ages together."""
        return self.not_due + self.overdue

    @property
    def overdue(self) -> Decimal:
        """What should have been paid."""
        return self.up_to_30 + self.up_to_60 + self.up_to_90 + self.over_90


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountAges:
    """An item account with anything open, how many items, and the oldest due day among them."""

    id: UUID
    number: str
    name: str
    count: int
    oldest_due: date
    ages: Ages


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What a booking took off an item until the day."""

    intent_id: UUID
    booking_date: date
    description: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class AgedItem:
    """An item with something left: what it was, what is open, and what settled the rest."""

    id: UUID
    intent_id: UUID
    description: str
    reference: str | None
    booking_date: date
    due_date: date
    original: Decimal
    open: Decimal
    days_overdue: int
    bucket: str
    settled: tuple[Settled, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemKey:
    """Where an item stands in the list of its account."""

    due: date
    id: UUID


# The movements of all items are summed once, and joined with the items once, whatever the number of accounts.
_AGES_SQL: Final = """
    SELECT a.id, a.number, a.name, t.items, t.oldest, t.not_due, t.up_to_30, t.up_to_60, t.up_to_90, t.over_90
      FROM (SELECT o.account, count(*) AS items, min(o.due_date) AS oldest,
                   coalesce(sum(o.left_over) FILTER (WHERE o.due_date >= %(day)s), 0.00) AS not_due,
                   coalesce(sum(o.left_over) FILTER (WHERE o.due_date < %(day)s AND o.due_date >= %(day)s::date - 30), 0.00) AS up_to_30,
                   coalesce(sum(o.left_over) FILTER (WHERE o.due_date < %(day)s::date - 30 AND o.due_date >= %(day)s::date - 60), 0.00) AS up_to_60,
                   coalesce(sum(o.left_over) FILTER (WHERE o.due_date < %(day)s::date - 60 AND o.due_date >= %(day)s::date - 90), 0.00) AS up_to_90,
                   coalesce(sum(o.left_over) FILTER (WHERE o.due_date < %(day)s::date - 90), 0.00) AS over_90
              FROM (SELECT i.account, i.due_date, i.amount + coalesce(s.moved, 0) AS left_over
                      FROM accounting_openitem i
                      LEFT JOIN (SELECT open_item_id, sum(movement) AS moved FROM accounting_settlement
                                  WHERE company_id = %(company)s AND booking_date <= %(day)s GROUP BY open_item_id) s ON s.open_item_id = i.id
                     WHERE i.company_id = %(company)s AND i.booking_date <= %(day)s) o
             WHERE o.left_over <> 0 GROUP BY o.account) t
      JOIN accounting_account a ON a.company_id = %(company)s AND a.number = t.account
     WHERE a.type = %(kind)s
     ORDER BY a.number
"""
_ITEMS_SQL: Final = """
    SELECT o.id, o.intent_id, i.description, o.reference, o.booking_date, o.due_date, o.amount, o.left_over
      FROM (SELECT o.id, o.intent_id, o.reference, o.booking_date, o.due_date, o.amount, o.amount + coalesce(s.moved, 0) AS left_over
              FROM accounting_openitem o
              LEFT JOIN (SELECT open_item_id, sum(movement) AS moved FROM accounting_settlement
                          WHERE company_id = %(company)s AND account = %(account)s AND booking_date <= %(day)s GROUP BY open_item_id) s
                ON s.open_item_id = o.id
             WHERE o.company_id = %(company)s AND o.account = %(account)s AND o.booking_date <= %(day)s {key}) o
      JOIN accounting_intent i ON i.company_id = %(company)s AND i.id = o.intent_id
     WHERE o.left_over <> 0
     ORDER BY o.due_date, o.id LIMIT %(limit)s
"""
_SETTLED_SQL: Final = """
    SELECT s.open_item_id, s.intent_id, s.booking_date, i.description, s.movement
      FROM accounting_settlement s JOIN accounting_intent i ON i.company_id = s.company_id AND i.id = s.intent_id
     WHERE s.company_id = %s AND s.open_item_id = ANY (%s) AND s.booking_date <= %s
     ORDER BY s.booking_date, s.id
"""


def ages_by_account(*, company: Company, kind: str, day: date) -> list[AccountAges]:
    """Every account of the kind (RECEIVABLES, PAYABLES) with something open on the day, by number. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_AGES_SQL, {"company": company.id, "kind": kind, "day": day})
        rows = cursor.fetchall()
    sign = sign_of(kind)
    found = []
    for account_id, number, name, count, oldest, *amounts in rows:
        not_due, up_to_30, up_to_60, up_to_90, over_90 = (sign * amount for amount in amounts)
        ages = Ages(not_due=not_due, up_to_30=up_to_30, up_to_60=up_to_60, up_to_90=up_to_90, over_90=over_90)
        found.append(AccountAges(id=account_id, number=number, name=name, count=count, oldest_due=oldest, ages=ages))
    return found


def total_ages(rows: Sequence[AccountAges]) -> Ages:
    """The ages of several accounts together."""
    return Ages(
        not_due=sum((row.ages.not_due for row in rows), ZERO),
        up_to_30=sum((row.ages.up_to_30 for row in rows), ZERO),
        up_to_60=sum((row.ages.up_to_60 for row in rows), ZERO),
        up_to_90=sum((row.ages.up_to_90 for row in rows), ZERO),
        over_90=sum((row.ages.over_90 for row in rows), ZERO),
    )


def aged_items(
    *, company: Company, kind: str, account: str, day: date, limit: int, after: ItemKey | None = None
) -> tuple[list[AgedItem], ItemKey | None]:
    """The open items of an account, oldest due first, `limit` at most, and the key to go on after, None at the end. Two statements."""
    parameters: dict[str, Any] = {"company": company.id, "account": account, "day": day, "limit": limit + 1}
    key = ""
    if after is not None:
        key = "AND (o.due_date, o.id) > (%(due)s, %(id)s)"
        parameters |= {"due": after.due, "id": after.id}
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS_SQL.format(key=key), parameters)
        rows = cursor.fetchall()
        page = rows[:limit]
        cursor.execute(_SETTLED_SQL, [company.id, [row[0] for row in page], day])
        movements = cursor.fetchall()
    sign = sign_of(kind)
    settled: dict[UUID, list[Settled]] = {}
    for item_id, intent_id, booked, text, movement in movements:
        settled.setdefault(item_id, []).append(Settled(intent_id=intent_id, booking_date=booked, description=text, amount=-sign * movement))
    items = []
    for item_id, intent_id, text, reference, booked, due, amount, left in page:
        overdue = max((day - due).days, 0)
        items.append(
            AgedItem(
                id=item_id,
                intent_id=intent_id,
                description=text,
                reference=reference,
                booking_date=booked,
                due_date=due,
                original=sign * amount,
                open=sign * left,
                days_overdue=overdue,
                bucket=bucket_of(overdue),
                settled=tuple(settled.get(item_id, ())),
            )
        )
    return items, ItemKey(due=page[-1][5], id=page[-1][0]) if len(rows) > limit else None


def sign_of(kind: str) -> int:
    """Items are debit minus credit: debts are negative in the books and positive on the page of payables."""
    return 1 if kind == RECEIVABLES else -1
