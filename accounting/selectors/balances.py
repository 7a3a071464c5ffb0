"""Balances of accounts by fiscal year (RULINGS 21), read from month totals; the cost grows with accounts and months, not with events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from accounting.german.chart import standard_accounts
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO
from periods.gate import FiscalYear, fiscal_year_named, fiscal_year_of

_BALANCE_SHEET: Final = ("asset", "liability", "equity")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountBalance:
    """An account over a range: debit minus credit in euros, openings never among the turnover."""

    number: str
    name: str
    type: str
    category: str | None
    report_group: str | None
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the range."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """What a report covers: whole periods of one fiscal year, and the broken parts of a first and last month as days.

    `before` are the periods whose balances make the opening, `within` those whose turnover counts.
    """

    year: FiscalYear
    before: tuple[str, ...]
    within: tuple[str, ...]
    days_before: tuple[date, date] | None = None
    days_within: tuple[tuple[date, date], ...] = ()

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of the range."""
        months = [date(int(name[:4]), int(name[5:]), 1) for name in self.within if name[5:].isdigit()]
        starts = months + [self.year.last_month_starts_on for name in self.within if not name[5:].isdigit()]
        ends = [month_end(first) for first in starts]
        return min(starts + [first for first, _ in self.days_within]), max(ends + [last for _, last in self.days_within])

    @property
    def turnover_periods(self) -> list[str]:
        """The periods whose lines count in the range, whole or in part, in order."""
        broken = {f"{first:%Y-%m}" for first, _ in self.days_within}
        return [name for name in periods_of(self.year) if name in self.within or name in broken]


def fiscal_years_of(*, company: Company, today: date) -> list[FiscalYear]:
    """The fiscal years that the company's books know, and the running one, newest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT fiscal_year FROM periods_period WHERE company_id = %s", [company.id])
        labels = {int(label) for (label,) in cursor.fetchall()}
    labels.add(fiscal_year_of(company, today).label)
    return [fiscal_year_named(company, label) for label in sorted(labels, reverse=True)]


def periods_of(year: FiscalYear) -> list[str]:
    """Months, then the adjustment periods, in order."""
    return [f"{month:%Y-%m}" for month in year.months()] + [f"{year.label}-P13", f"{year.label}-P14"]


def range_of_period(year: FiscalYear, period: str | None) -> Range:
    """The range of a named period of the fiscal year, or of the whole year with 13 and 14 for None."""
    names = periods_of(year)
    if period is None:
        return Range(year=year, before=(year.opening_period,), within=tuple(names))
    place = names.index(period)
    return Range(year=year, before=(year.opening_period, *names[:place]), within=(period,))


def range_of_dates(year: FiscalYear, start: date, end: date) -> Range:
    """The range between two days of one fiscal year: whole months from month totals, broken ones from events.

    Adjustment periods count when the range ends with the fiscal year and begins with a month, as in the year's own view.
    """
    before, within, days_within = [year.opening_period], [], []
    days_before: tuple[date, date] | None = None
    for first in year.months():
        last = month_end(first)
        name = f"{first:%Y-%m}"
        if last < start:
            before.append(name)
        elif first >= start and last <= end:
            within.append(name)
        elif first <= end:
            days_within.append((max(first, start), min(last, end)))
            if first < start:
                days_before = (first, start - timedelta(days=1))
    whole_year = start == year.starts_on and end == year.ends_on
    if whole_year:
        within += [f"{year.label}-P13", f"{year.label}-P14"]
    return Range(year=year, before=tuple(before), within=tuple(within), days_before=days_before, days_within=tuple(days_within))


# Month totals for whole periods; UNION ALL with events for broken months, each side once (Generalumkehr subtracts from the original side).
_BALANCES_SQL: Final = """
    SELECT a.number, a.name, a.type, a.category, a.report_group, t.opening, t.debit, t.credit
      FROM (SELECT account, sum(opening) AS opening, sum(debit) AS debit, sum(credit) AS credit FROM (
                SELECT account, CASE WHEN period = ANY (%(before)s) THEN debit - credit ELSE 0 END AS opening,
                       CASE WHEN period = ANY (%(within)s) THEN debit ELSE 0 END AS debit,
                       CASE WHEN period = ANY (%(within)s) THEN credit ELSE 0 END AS credit
                  FROM accounting_accountmonth WHERE company_id = %(company)s AND period = ANY (%(before)s::text[] || %(within)s::text[])
                {broken}
           ) parts GROUP BY account) t
      JOIN accounting_account a ON a.company_id = %(company)s AND a.number = t.account
     ORDER BY a.number
"""
# General reversals are few and have an index of their own: the bookings of a month need not be read to know which they are.
GENERAL_REVERSALS: Final = "(SELECT id FROM accounting_intent WHERE company_id = %(company)s AND general_reversal)"
_BROKEN_SQL: Final = f"""
    UNION ALL
    SELECT s.account,
           sum(CASE WHEN e.booking_date < %(start)s THEN CASE WHEN s.is_debit THEN e.amount ELSE -e.amount END ELSE 0 END),
           sum(CASE WHEN e.booking_date >= %(start)s AND s.is_debit = (g.id IS NULL)
                    THEN CASE WHEN g.id IS NULL THEN e.amount ELSE -e.amount END ELSE 0 END),
           sum(CASE WHEN e.booking_date >= %(start)s AND s.is_debit <> (g.id IS NULL)
                    THEN CASE WHEN g.id IS NULL THEN e.amount ELSE -e.amount END ELSE 0 END)
      FROM accounting_event e
      LEFT JOIN {GENERAL_REVERSALS} g ON g.id = e.intent_id
     CROSS JOIN LATERAL (VALUES (e.account_debit, true), (e.account_credit, false)) AS s (account, is_debit)
     WHERE e.company_id = %(company)s AND e.period = ANY (%(months)s) AND e.booking_date BETWEEN %(first)s AND %(last)s
     GROUP BY s.account
"""  # noqa: S608 -- made of constants, values are parameters


def account_balances(*, company: Company, wanted: Range) -> list[AccountBalance]:
    """Every account with anything in the range or before it in the fiscal year, by number.

    While the year has no carry-forward, the closing balances of the year before stand in for it: balance-sheet accounts as they
    are, the result in profit or loss brought forward.
    """
    parameters: dict[str, Any] = {"company": company.id, "before": list(wanted.before), "within": list(wanted.within)}
    broken = ""
    for part, (first, last, start) in enumerate(broken_parts(wanted)):
        sql = _BROKEN_SQL
        for name in ("first", "last", "start", "months"):
            sql = sql.replace(f"%({name})s", f"%({name}{part})s")
        parameters |= {f"first{part}": first, f"last{part}": last, f"start{part}": start, f"months{part}": [f"{first:%Y-%m}"]}
        broken += sql
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES_SQL.format(broken=broken), parameters)
        names = ("number", "name", "type", "category", "report_group", "opening", "debit", "credit")
        rows = [AccountBalance(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    carried = carried_forward(company=company, year=wanted.year)
    return _with_carried(company, rows, carried) if carried else rows


def broken_parts(wanted: Range) -> list[tuple[date, date, date]]:
    """For each broken month: first and last day to read, and the day from which turnover counts."""
    parts = []
    for first, last in wanted.days_within:
        begin = first
        if wanted.days_before and wanted.days_before[1] + timedelta(days=1) == first:
            begin = wanted.days_before[0]
        parts.append((begin, last, first))
    if wanted.days_before and not any(first - timedelta(days=1) == wanted.days_before[1] for first, _ in wanted.days_within):
        parts.append((*wanted.days_before, wanted.days_before[1] + timedelta(days=1)))
    return parts


def carried_forward(*, company: Company, year: FiscalYear) -> Mapping[str, Decimal]:
    """The closing balances that stand in for a year's missing carry-forward; empty when it has one, or nothing came before."""
    chain: list[FiscalYear] = []
    label = year.label
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT left(period, 4)::int, period LIKE '%%-00' FROM accounting_accountmonth WHERE company_id = %s AND period LIKE '%%-00' "
            "UNION SELECT min(fiscal_year), false FROM periods_period WHERE company_id = %s",
            [company.id, company.id],
        )
        rows = cursor.fetchall()
    opened = {found for found, is_opening in rows if is_opening}
    first = min((found for found, _ in rows if found is not None), default=label)
    while label not in opened and label > first:
        label -= 1
        chain.append(fiscal_year_named(company, label))
    if not chain:
        return {}
    periods = [period for part in chain for period in (part.opening_period, *periods_of(part))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.number, a.type, sum(m.debit - m.credit) FROM accounting_accountmonth m "
            "JOIN accounting_account a ON a.company_id = m.company_id AND a.number = m.account "
            "WHERE m.company_id = %s AND m.period = ANY (%s) GROUP BY a.number, a.type HAVING sum(m.debit - m.credit) <> 0",
            [company.id, periods],
        )
        sums = cursor.fetchall()
    carried: dict[str, Decimal] = {}
    result = ZERO
    for number, kind, amount in sums:
        if kind in _BALANCE_SHEET and not _is_statistical(number):
            carried[number] = amount
        elif kind not in _BALANCE_SHEET:
            result += amount
    if result:
        account = _brought_forward(company, result)
        carried[account] = carried.get(account, ZERO) + result
    return carried


def _brought_forward(company: Company, result: Decimal) -> str:
    """Profit (a credit) or loss brought forward before appropriation (reference: standard accounts)."""
    accounts = standard_accounts(company.chart)
    return accounts.profit_brought_forward if result < 0 else accounts.loss_brought_forward


def _is_statistical(number: str) -> bool:
    """9xxx accounts stay out of every statement."""
    return len(number) == 4 and number.startswith("9")


def _with_carried(company: Company, rows: list[AccountBalance], carried: Mapping[str, Decimal]) -> list[AccountBalance]:
    by_number = {row.number: row for row in rows}
    missing = [number for number in carried if number not in by_number]
    if missing:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, name, type, category, report_group FROM accounting_account WHERE company_id = %s AND number = ANY (%s)",
                [company.id, missing],
            )
            for number, name, kind, category, group in cursor.fetchall():
                by_number[number] = AccountBalance(
                    number=number, name=name, type=kind, category=category, report_group=group, opening=ZERO, debit=ZERO, credit=ZERO
                )
    for number, amount in carried.items():
        by_number[number] = replace(by_number[number], opening=by_number[number].opening + amount)
    return [by_number[number] for number in sorted(by_number)]


def month_end(first: date) -> date:
    """The last day of the month that begins on a day."""
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return following - timedelta(days=1)
