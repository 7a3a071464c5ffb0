"""The sheet of an account over a range of a fiscal year: opening, lines with running balance by pages of keys, totals of every period.

Its opening, turnover and closing are those of the account in the trial balance of the same range (RULINGS 21).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounting.models.account import Account
from accounting.selectors.balances import GENERAL_REVERSALS, Range, broken_parts, carried_forward, month_end
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO

LINES_AT_A_TIME: Final = 5000
_MIDDLE_OF_MONTH: Final = 15
_UNBOUNDED: Final = 2**63 - 1


@dataclass(frozen=True, order=True, slots=True)
class LineKey:
    """Where a line stands in a sheet."""

    day: date
    number: int


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One event as the account sees it. A general reversal stands on the side of its original with a minus, as in the totals."""

    journal_number: int
    booking_date: date
    period: str
    intent_id: UUID
    description: str
    external_reference: str | None
    contra_account: str
    contra_account_id: UUID
    contra_account_name: str
    debit: Decimal
    credit: Decimal
    tax_code: str | None
    fx_currency: str | None
    fx_amount: Decimal | None
    source: str
    document_id: UUID | None
    document_name: str | None
    is_reversal: bool
    is_reversed: bool
    balance: Decimal

    @property
    def key(self) -> LineKey:
        """Where the line stands."""
        return LineKey(self.booking_date, self.journal_number)


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodTotal:
    """What an account moved in a period of the range, and its balance after it."""

    period: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetTotals:
    """The account over the whole range; `periods` in order, those without turnover left out. `is_carried` says that no opening was booked."""

    opening: Decimal
    debit: Decimal
    credit: Decimal
    periods: tuple[PeriodTotal, ...]
    is_carried: bool

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the range."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetPage:
    """Lines, newest first, and the keys of the pages before and after; None where there is nothing more."""

    lines: list[SheetLine]
    newer: LineKey | None
    older: LineKey | None


_LINES_SQL: Final = """
    WITH nearest AS (
        SELECT * FROM (
            (SELECT journal_number, booking_date, period, intent_id, account_credit AS contra, amount AS moved, tax_code, fx_currency, fx_amount
               FROM accounting_event
              WHERE company_id = %(company)s AND account_debit = %(account)s AND booking_date BETWEEN %(first)s AND %(last)s
                AND period = ANY (%(periods)s) {key}
              ORDER BY booking_date {direction}, journal_number {direction} LIMIT %(limit)s)
            UNION ALL
            (SELECT journal_number, booking_date, period, intent_id, account_debit, -amount, tax_code, fx_currency, fx_amount
               FROM accounting_event
              WHERE company_id = %(company)s AND account_credit = %(account)s AND booking_date BETWEEN %(first)s AND %(last)s
                AND period = ANY (%(periods)s) {key}
              ORDER BY booking_date {direction}, journal_number {direction} LIMIT %(limit)s)
        ) sides ORDER BY booking_date {direction}, journal_number {direction} LIMIT %(limit)s
    )
    SELECT n.journal_number, n.booking_date, n.period, n.intent_id, i.description, i.external_reference, n.contra, a.id, a.name,
           CASE WHEN (n.moved > 0) <> i.general_reversal THEN CASE WHEN i.general_reversal THEN n.moved ELSE abs(n.moved) END ELSE 0.00 END,
           CASE WHEN (n.moved < 0) <> i.general_reversal THEN CASE WHEN i.general_reversal THEN -n.moved ELSE abs(n.moved) END ELSE 0.00 END,
           n.tax_code, n.fx_currency, n.fx_amount, i.source, i.document_id,
           (SELECT f.original_name FROM accounting_document f WHERE f.company_id = i.company_id AND f.id = i.document_id),
           i.reverses_id IS NOT NULL,
           (SELECT r.id FROM accounting_intent r WHERE r.company_id = i.company_id AND r.reverses_id = i.id) IS NOT NULL
      FROM nearest n
      JOIN accounting_intent i ON i.company_id = %(company)s AND i.id = n.intent_id
      JOIN accounting_account a ON a.company_id = %(company)s AND a.number = n.contra
     ORDER BY n.booking_date DESC, n.journal_number DESC
"""
_OLDER: Final = "AND (booking_date, journal_number) < (%(day)s, %(number)s)"
_NEWER: Final = "AND (booking_date, journal_number) > (%(day)s, %(number)s)"

# Whole periods from month totals; of a broken month the account's own lines, before the range and in it.
_TOTALS_SQL: Final = """
    SELECT period, true AS is_whole, true AS counts, debit, credit FROM accounting_accountmonth
     WHERE company_id = %(company)s AND account = %(account)s AND period = ANY (%(before)s::text[] || %(within)s::text[])
    {broken}
"""
_BROKEN_SQL: Final = f"""
    UNION ALL
    SELECT %(month)s, false, s.booking_date >= %(start)s,
           sum(CASE WHEN s.is_debit = (g.id IS NULL) THEN CASE WHEN g.id IS NULL THEN s.amount ELSE -s.amount END ELSE 0 END),
           sum(CASE WHEN s.is_debit <> (g.id IS NULL) THEN CASE WHEN g.id IS NULL THEN s.amount ELSE -s.amount END ELSE 0 END)
      FROM (SELECT booking_date, intent_id, amount, true AS is_debit FROM accounting_event
             WHERE company_id = %(company)s AND account_debit = %(account)s AND booking_date BETWEEN %(begin)s AND %(end)s AND period = %(month)s
            UNION ALL
            SELECT booking_date, intent_id, amount, false FROM accounting_event
             WHERE company_id = %(company)s AND account_credit = %(account)s AND booking_date BETWEEN %(begin)s AND %(end)s AND period = %(month)s) s
      LEFT JOIN {GENERAL_REVERSALS} g ON g.id = s.intent_id
     GROUP BY 3
"""  # noqa: S608 -- made of constants, values are parameters
_PART_SQL: Final = """
    SELECT coalesce(sum(moved), 0.00) FROM (
        SELECT amount AS moved FROM accounting_event
         WHERE company_id = %(company)s AND account_debit = %(account)s AND booking_date BETWEEN %(begin)s AND %(end)s
           AND period = ANY (%(periods)s) AND (booking_date, journal_number) {side} (%(day)s, %(number)s)
        UNION ALL
        SELECT -amount FROM accounting_event
         WHERE company_id = %(company)s AND account_credit = %(account)s AND booking_date BETWEEN %(begin)s AND %(end)s
           AND period = ANY (%(periods)s) AND (booking_date, journal_number) {side} (%(day)s, %(number)s)) AS part
"""


def sheet_totals(*, company: Company, account: Account, wanted: Range) -> SheetTotals:
    """Opening, turnover and closing of the range, and the totals of its periods."""
    sql, parameters = _totals_statement(company, account, wanted)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    carried = carried_forward(company=company, year=wanted.year)
    opening = carried.get(account.number, ZERO)
    turnover: dict[str, tuple[Decimal, Decimal]] = {}
    for period, is_whole, counts, debit, credit in rows:
        if period in wanted.before if is_whole else not counts:
            opening += debit - credit
        elif debit or credit:
            turnover[period] = (debit, credit)
    balance, periods = opening, []
    for period in wanted.turnover_periods:
        if period in turnover:
            debit, credit = turnover[period]
            balance += debit - credit
            periods.append(PeriodTotal(period=period, debit=debit, credit=credit, balance=balance))
    return SheetTotals(
        opening=opening,
        debit=sum((row.debit for row in periods), ZERO),
        credit=sum((row.credit for row in periods), ZERO),
        periods=tuple(periods),
        is_carried=bool(carried),
    )


def _totals_statement(company: Company, account: Account, wanted: Range) -> tuple[str, dict[str, Any]]:
    parameters: dict[str, Any] = {
        "company": company.id,
        "account": account.number,
        "before": list(wanted.before),
        "within": list(wanted.within),
    }
    broken = ""
    for part, (begin, end, start) in enumerate(broken_parts(wanted)):
        sql = _BROKEN_SQL
        for name, value in {"begin": begin, "end": end, "start": start, "month": f"{begin:%Y-%m}"}.items():
            sql = sql.replace(f"%({name})s", f"%({name}{part})s")
            parameters[f"{name}{part}"] = value
        broken += sql
    return _TOTALS_SQL.format(broken=broken), parameters


def sheet_page(  # noqa: PLR0913 -- whose sheet, of which range, and which page of it
    *,
    company: Company,
    account: Account,
    wanted: Range,
    totals: SheetTotals,
    limit: int,
    older: LineKey | None = None,
    newer: LineKey | None = None,
) -> SheetPage:
    """The newest `limit` lines of the range; those before the line `older`; or the next ones after the line `newer`."""
    rows = _rows(company, account, wanted, limit=limit + 1, older=older, newer=newer)
    goes_on = len(rows) > limit
    rows = rows[-limit:] if newer is not None else rows[:limit]
    if not rows:
        return SheetPage(lines=[], newer=None, older=None)
    is_newest = older is None and (newer is None or not goes_on)
    after = totals.closing if is_newest else _balance_after(company, account, wanted, totals, LineKey(rows[0][1], rows[0][0]))
    lines = _with_balances(rows, after)
    has_older = goes_on if newer is None else True
    return SheetPage(lines=lines, newer=None if is_newest else lines[0].key, older=lines[-1].key if has_older else None)


def sheet_lines(*, company: Company, account: Account, wanted: Range, totals: SheetTotals) -> Iterator[SheetLine]:
    """All lines of the range, newest first; a few thousand are held at a time."""
    older, after = LineKey(date.max, _UNBOUNDED), totals.closing
    while rows := _rows(company, account, wanted, limit=LINES_AT_A_TIME, older=older, newer=None):
        lines = _with_balances(rows, after)
        yield from lines
        older, after = lines[-1].key, lines[-1].balance - lines[-1].debit + lines[-1].credit


def count_of_lines(*, company: Company, account: Account, wanted: Range, limit: int) -> int:
    """How many lines the range has, `limit` at most."""
    first, last = wanted.days
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM accounting_event WHERE company_id = %(company)s "
            "AND (account_debit = %(account)s OR account_credit = %(account)s) AND booking_date BETWEEN %(first)s AND %(last)s "
            "AND period = ANY (%(periods)s) LIMIT %(limit)s) AS lines",
            {
                "company": company.id,
                "account": account.number,
                "first": first,
                "last": last,
                "periods": wanted.turnover_periods,
                "limit": limit,
            },
        )
        return int(cursor.fetchone()[0])


def _rows(
    company: Company, account: Account, wanted: Range, *, limit: int, older: LineKey | None, newer: LineKey | None
) -> list[tuple[Any, ...]]:
    first, last = wanted.days
    key = newer or older
    parameters: dict[str, Any] = {
        "company": company.id,
        "account": account.number,
        "first": first,
        "last": last,
        "periods": wanted.turnover_periods,
        "limit": limit,
    }
    condition = ""
    if key is not None:
        condition = _OLDER if newer is None else _NEWER
        parameters |= {"day": key.day, "number": key.number}
    with connection.cursor() as cursor:
        cursor.execute(_LINES_SQL.format(key=condition, direction="DESC" if newer is None else "ASC"), parameters)
        return list(cursor.fetchall())


def _with_balances(rows: list[tuple[Any, ...]], after: Decimal) -> list[SheetLine]:
    """The lines with their balances, walked back from that after the newest."""
    lines = []
    for row in rows:
        line = SheetLine(*(*row, after))
        lines.append(line)
        after -= line.debit - line.credit
    return lines


def _balance_after(company: Company, account: Account, wanted: Range, totals: SheetTotals, key: LineKey) -> Decimal:
    """The balance after a line: what the totals of other months say, and the shorter part of its own month."""
    month = f"{key.day:%Y-%m}"
    # Adjustment periods lie in the last month of the fiscal year, and their lines stand among its lines.
    is_last_month = key.day >= wanted.year.last_month_starts_on
    own = {month, *(name for name in wanted.turnover_periods if is_last_month and not name[5:].isdigit())}
    earlier = [row for row in totals.periods if row.period not in own and row.period < month]
    before = totals.opening + sum((row.debit - row.credit for row in earlier), ZERO)
    first, last = wanted.days
    parameters: Mapping[str, Any] = {
        "company": company.id,
        "account": account.number,
        "periods": sorted(own),
        "begin": max(first, key.day.replace(day=1)) if key.day.day <= _MIDDLE_OF_MONTH else key.day,
        "end": key.day if key.day.day <= _MIDDLE_OF_MONTH else min(last, month_end(key.day.replace(day=1))),
        "day": key.day,
        "number": key.number,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PART_SQL.format(side="<=" if key.day.day <= _MIDDLE_OF_MONTH else ">"), parameters)
        part = Decimal(cursor.fetchone()[0])
    if key.day.day <= _MIDDLE_OF_MONTH:
        return before + part
    return before + sum((row.debit - row.credit for row in totals.periods if row.period in own), ZERO) - part
