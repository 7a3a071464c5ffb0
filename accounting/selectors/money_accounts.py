"""Bank and cash accounts of a company with what is on them today."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounting.german.report_keys import CASH, SHORT_NAMES
from accounting.models.account import Account
from accounting.selectors.balances import carried_forward, month_end, range_of_dates
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO
from periods.gate import fiscal_year_of


@dataclass(frozen=True, kw_only=True, slots=True)
class MoneyAccount:
    """A bank or cash account: its balance at the end of the day, and its newest booking by date; no day for one that was never used."""

    id: UUID
    number: str
    name: str
    category: str | None
    is_active: bool
    balance: Decimal
    last_day: date | None
    last_intent_id: UUID | None
    last_text: str | None


# Whole months of the fiscal year from month totals, the running month from the accounts' own lines, and the newest line of either side.
_BALANCES_SQL: Final = """
    SELECT n.number,
           (SELECT coalesce(sum(m.debit - m.credit), 0.00) FROM accounting_accountmonth m
             WHERE m.company_id = %(company)s AND m.account = n.number AND m.period = ANY (%(periods)s))
         + (SELECT coalesce(sum(e.amount), 0.00) FROM accounting_event e
             WHERE e.company_id = %(company)s AND e.account_debit = n.number AND e.booking_date BETWEEN %(first)s AND %(day)s
               AND e.period = %(month)s)
         - (SELECT coalesce(sum(e.amount), 0.00) FROM accounting_event e
             WHERE e.company_id = %(company)s AND e.account_credit = n.number AND e.booking_date BETWEEN %(first)s AND %(day)s
               AND e.period = %(month)s),
           l.booking_date, l.intent_id, i.description
      FROM unnest(%(numbers)s::text[]) AS n (number)
      LEFT JOIN LATERAL (
          SELECT s.booking_date, s.journal_number, s.intent_id FROM (
              (SELECT booking_date, journal_number, intent_id FROM accounting_event
                WHERE company_id = %(company)s AND account_debit = n.number ORDER BY booking_date DESC, journal_number DESC LIMIT 1)
              UNION ALL
              (SELECT booking_date, journal_number, intent_id FROM accounting_event
                WHERE company_id = %(company)s AND account_credit = n.number ORDER BY booking_date DESC, journal_number DESC LIMIT 1)) s
           ORDER BY s.booking_date DESC, s.journal_number DESC LIMIT 1) l ON true
      LEFT JOIN accounting_intent i ON i.company_id = %(company)s AND i.id = l.intent_id
"""


def money_accounts(*, company: Company, day: date) -> list[MoneyAccount]:
    """The accounts of cash, banks and cheques by number: all that are active or hold a balance."""
    keys = [CASH, *(name for name, position in SHORT_NAMES.items() if position == CASH)]
    accounts = {account.number: account for account in Account.objects.of(company).filter(Q(report_group__in=keys)).order_by("number")}
    year = fiscal_year_of(company, day)
    upto = range_of_dates(year, year.starts_on, day)
    first = day.replace(day=1)
    # The range until the month's last day counts the month whole; a broken one is read from the lines.
    parameters: dict[str, Any] = {
        "company": company.id,
        "numbers": list(accounts),
        "periods": [*upto.before, *upto.within],
        "first": first,
        "day": day,
        "month": "" if day == month_end(first) else f"{first:%Y-%m}",
    }
    carried = carried_forward(company=company, year=year)
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES_SQL, parameters)
        rows = cursor.fetchall()
    found = []
    for number, moved, last_day, intent_id, text in rows:
        account = accounts[number]
        balance = moved + carried.get(number, ZERO)
        if account.is_active or balance:
            found.append(
                MoneyAccount(
                    id=account.id,
                    number=number,
                    name=account.name,
                    category=account.category,
                    is_active=account.is_active,
                    balance=balance,
                    last_day=last_day,
                    last_intent_id=intent_id,
                    last_text=text,
                )
            )
    return found
