"""Account sheets: the lines of one account with a running balance, paged by key, never by offset into millions."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounting.models.account import Account
from accounting.selectors.balances import carried_forward
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO
from periods.gate import FiscalYear, fiscal_year_of


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One event as the account sees it. `running_balance` is debit minus credit within the line's fiscal year, openings included."""

    id: UUID
    journal_number: int
    booking_date: date
    period: str
    intent_id: UUID
    description: str
    contra_account: str
    contra_account_name: str
    debit: Decimal
    credit: Decimal
    running_balance: Decimal
    fx_currency: str | None
    fx_amount: Decimal | None
    source: str
    document_id: UUID | None
    external_reference: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """An account sheet, oldest line first. `balance` is the sum of debits minus credits in the range."""

    account: Account
    lines: list[StatementLine]
    opening_balance: Decimal
    balance: Decimal
    closing_balance: Decimal


# The newest lines of each side by index, merged; the balance after the newest line is handed in and walked back.
_LINES_SQL: Final = """
    WITH newest AS (
        SELECT * FROM (
            (SELECT id, journal_number, booking_date, period, intent_id, account_credit AS contra, amount AS debit, 0.00 AS credit, fx_currency,
                    fx_amount
               FROM accounting_event
              WHERE company_id = %(company)s AND account_debit = %(account)s AND booking_date BETWEEN %(first)s AND %(last)s {older}
              ORDER BY booking_date DESC, journal_number DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT id, journal_number, booking_date, period, intent_id, account_debit, 0.00, amount, fx_currency, fx_amount
               FROM accounting_event
              WHERE company_id = %(company)s AND account_credit = %(account)s AND booking_date BETWEEN %(first)s AND %(last)s {older}
              ORDER BY booking_date DESC, journal_number DESC LIMIT %(limit)s)
        ) sides ORDER BY booking_date DESC, journal_number DESC LIMIT %(limit)s
    )
    SELECT n.id, n.journal_number, n.booking_date, n.period, n.intent_id, i.description, n.contra, a.name, n.debit, n.credit,
           n.fx_currency, n.fx_amount, i.source, i.document_id, i.external_reference
      FROM newest n
      JOIN accounting_intent i ON i.company_id = %(company)s AND i.id = n.intent_id
      JOIN accounting_account a ON a.company_id = %(company)s AND a.number = n.contra
     ORDER BY n.booking_date, n.journal_number
"""

_LATER_THAT_DAY_SQL: Final = """
    SELECT coalesce(sum(CASE WHEN account_debit = %(account)s THEN amount ELSE -amount END), 0.00)
      FROM accounting_event
     WHERE company_id = %(company)s AND (account_debit = %(account)s OR account_credit = %(account)s)
       AND booking_date = %(day)s AND journal_number > %(number)s AND period NOT LIKE '%%-00'
"""
_MONTHS_SQL: Final = """
    SELECT p.fiscal_year, sum(m.debit - m.credit)
      FROM accounting_accountmonth m JOIN periods_period p ON p.company_id = m.company_id AND p.period = m.period
     WHERE m.company_id = %(company)s AND m.account = %(account)s AND p.kind <> 'opening' AND {condition}
     GROUP BY p.fiscal_year
"""
_EVER_SQL: Final = """
    SELECT coalesce(sum(m.debit - m.credit), 0.00)
      FROM accounting_accountmonth m JOIN periods_period p ON p.company_id = m.company_id AND p.period = m.period
     WHERE m.company_id = %(company)s AND m.account = %(account)s
       AND (p.kind <> 'opening' OR p.fiscal_year = (SELECT min(fiscal_year) FROM periods_period WHERE company_id = %(company)s))
"""

# A month up to a day. Most sheets end with the newest line: nothing follows in the month, whose total is the answer without reading
# its lines. Otherwise the shorter part of the month is read.
_BROKEN_MONTH_SQL: Final = """
    SELECT CASE WHEN EXISTS (SELECT FROM accounting_event WHERE company_id = %(company)s AND account_debit = %(account)s
                                AND booking_date BETWEEN %(next)s AND %(finish)s AND period = %(month)s)
                  OR EXISTS (SELECT FROM accounting_event WHERE company_id = %(company)s AND account_credit = %(account)s
                                AND booking_date BETWEEN %(next)s AND %(finish)s AND period = %(month)s)
                THEN {part} ELSE {total} END
"""
_MONTH_SQL: Final = """
    (SELECT coalesce(sum(debit - credit), 0.00) FROM accounting_accountmonth
      WHERE company_id = %(company)s AND account = %(account)s AND period = %(month)s)
"""
_PART_SQL: Final = """
    (SELECT coalesce(sum(CASE WHEN account_debit = %(account)s THEN amount ELSE -amount END), 0.00) FROM accounting_event
      WHERE company_id = %(company)s AND (account_debit = %(account)s OR account_credit = %(account)s)
        AND booking_date BETWEEN {days} AND period = %(month)s)
"""
_UP_TO_DAY: Final = _BROKEN_MONTH_SQL.format(part=_PART_SQL.format(days="%(begin)s AND %(day)s"), total=_MONTH_SQL)
_WITHOUT_LATER: Final = _BROKEN_MONTH_SQL.format(
    part=f"{_MONTH_SQL} - {_PART_SQL.format(days='%(next)s AND %(finish)s')}", total=_MONTH_SQL
)
_MIDDLE_OF_MONTH: Final = 15


def account_statement(
    *, company: Company, account: Account, start: date | None, end: date | None, limit: int, before: int | None = None
) -> Statement:
    """The newest `limit` lines of an account between two days (both inclusive), oldest first, with running balances.

    `opening_balance` is the balance before `start`, or before the first line shown where no `start` is given. A running balance belongs to
    the line's fiscal year: it begins with the opening entries, or with what the year before left where the year has none yet (RULINGS 21).
    """
    first, last = start or date(1, 1, 1), end or date(9999, 12, 31)
    rows = _newest(company, account, (first, last), limit, before)
    if not rows:
        at = end or start
        closing = balance_at(company=company, account=account, day=at) if at else ZERO
        return Statement(account=account, lines=[], opening_balance=closing, balance=ZERO, closing_balance=closing)
    latest = rows[-1][2]
    closing = balance_at(company=company, account=account, day=latest)
    if before is not None:  # else nothing follows the newest line on its day
        closing -= _later_that_day(company, account, latest, rows[-1][1])
    lines = _with_running_balance(company, account, rows, closing)
    opening = _balance_before(company, account, start) if start else lines[0].running_balance - (lines[0].debit - lines[0].credit)
    moved = _moved_between(company, account, first, last) if start or end else _moved_ever(company, account)
    return Statement(account=account, lines=lines, opening_balance=opening, balance=moved, closing_balance=closing)


def balance_at(*, company: Company, account: Account, day: date) -> Decimal:
    """The account's balance at the end of a day in its fiscal year, with the opening and, on the last day, adjustment periods."""
    year = fiscal_year_of(company, day)
    opening = _opening(company, account, year)
    return opening + _turnover(company, account, year.starts_on, day)


def _newest(company: Company, account: Account, days: tuple[date, date], limit: int, before: int | None) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {"company": company.id, "account": account.number, "first": days[0], "last": days[1], "limit": limit}
    older = ""
    with connection.cursor() as cursor:
        if before is not None:
            cursor.execute("SELECT booking_date FROM accounting_event WHERE company_id = %s AND journal_number = %s", [company.id, before])
            found = cursor.fetchone()
            if found is None:
                return []
            older = "AND (booking_date, journal_number) < (%(before_date)s, %(before)s)"
            parameters |= {"before_date": found[0], "before": before}
        cursor.execute(_LINES_SQL.format(older=older), parameters)
        return list(cursor.fetchall())


def _later_that_day(company: Company, account: Account, day: date, number: int) -> Decimal:
    """What the account moved on a day after the given line."""
    with connection.cursor() as cursor:
        cursor.execute(_LATER_THAT_DAY_SQL, {"company": company.id, "account": account.number, "day": day, "number": number})
        return Decimal(cursor.fetchone()[0])


def _with_running_balance(company: Company, account: Account, rows: list[tuple[Any, ...]], closing: Decimal) -> list[StatementLine]:
    """Walk back from the newest line; at the border of a fiscal year take that year's own closing balance."""
    lines: list[StatementLine] = []
    running = closing
    year: FiscalYear | None = None
    for row in reversed(rows):
        if year is None or not year.starts_on <= row[2] <= year.ends_on:
            row_year = fiscal_year_of(company, row[2])
            if year is not None:
                running = balance_at(company=company, account=account, day=row_year.ends_on)
            year = row_year
        values = (*row[:10], running, *row[10:])
        lines.append(StatementLine(*values))
        running -= row[8] - row[9]
    lines.reverse()
    return lines


def _opening(company: Company, account: Account, year: FiscalYear) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT debit - credit FROM accounting_accountmonth WHERE company_id = %s AND account = %s AND period = %s",
            [company.id, account.number, year.opening_period],
        )
        found = cursor.fetchone()
    if found is not None:
        return Decimal(found[0])
    return carried_forward(company=company, year=year).get(account.number, ZERO)


def _balance_before(company: Company, account: Account, day: date) -> Decimal:
    """The balance a statement begins with: the fiscal year's opening and everything before the day."""
    year = fiscal_year_of(company, day)
    opening = _opening(company, account, year)
    if day == year.starts_on:
        return opening
    return opening + _turnover(company, account, year.starts_on, date.fromordinal(day.toordinal() - 1))


def _turnover(company: Company, account: Account, first: date, last: date) -> Decimal:
    """Debit minus credit between two days of a fiscal year without opening entries: whole months from totals, a broken one from events."""
    year = fiscal_year_of(company, last)
    month_start = last.replace(day=1)
    following = date(month_start.year + month_start.month // 12, month_start.month % 12 + 1, 1)
    finish = date.fromordinal(following.toordinal() - 1)
    condition = "p.fiscal_year = %(year)s AND p.kind = 'month' AND p.starts_on >= %(first)s AND p.starts_on < %(until)s"
    if last == year.ends_on:
        condition = f"(({condition}) OR (p.kind = 'adjustment' AND p.fiscal_year = %(year)s))"
    parameters: dict[str, Any] = {"company": company.id, "account": account.number, "year": year.label, "first": first}
    parameters["until"] = following if finish == last else month_start
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS_SQL.format(condition=condition), parameters)
        total = sum((Decimal(row[1]) for row in cursor.fetchall()), ZERO)
        if finish != last:
            broken = {"begin": month_start, "day": last, "next": date.fromordinal(last.toordinal() + 1), "finish": finish}
            statement = _UP_TO_DAY if last.day <= _MIDDLE_OF_MONTH else _WITHOUT_LATER
            cursor.execute(statement, {**parameters, **broken, "month": f"{month_start:%Y-%m}"})
            total += Decimal(cursor.fetchone()[0])
    return total


def _moved_between(company: Company, account: Account, first: date, last: date) -> Decimal:
    """Sum of debits minus credits in a range; carry-forwards of later years are left out, since the range holds what they carry."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(starts_on), max(ends_on) FROM periods_period WHERE company_id = %s AND kind = 'month'", [company.id])
        begin, finish = cursor.fetchone()
        first, last = max(first, begin), min(last, finish)
        if first > last:
            return ZERO
        total, cursor_day = ZERO, first
        year = fiscal_year_of(company, first)
        if first == year.starts_on:
            total += _own_opening(company, account, year)
    while cursor_day <= last:
        year = fiscal_year_of(company, cursor_day)
        until = min(last, year.ends_on)
        total += _turnover(company, account, year.starts_on, until)
        if cursor_day > year.starts_on:
            total -= _turnover(company, account, year.starts_on, date.fromordinal(cursor_day.toordinal() - 1))
        cursor_day = date.fromordinal(until.toordinal() + 1)
    return total


def _moved_ever(company: Company, account: Account) -> Decimal:
    """The same over all years."""
    with connection.cursor() as cursor:
        cursor.execute(_EVER_SQL, {"company": company.id, "account": account.number})
        return Decimal(cursor.fetchone()[0])


def _own_opening(company: Company, account: Account, year: FiscalYear) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(debit - credit), 0.00) FROM accounting_accountmonth WHERE company_id = %s AND account = %s AND period = %s",
            [company.id, account.number, year.opening_period],
        )
        return Decimal(cursor.fetchone()[0])
