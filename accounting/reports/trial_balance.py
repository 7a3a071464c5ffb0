"""The trial balance (Summen- und Saldenliste) of a period, a range of days or a fiscal year."""

import re
from datetime import date

from accounting.selectors.balances import AccountBalance, Range, account_balances, periods_of, range_of_dates, range_of_period
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import InvalidInput
from periods.gate import FiscalYear, fiscal_year_named, fiscal_year_of


def trial_balance(*, company: Company, wanted: Range) -> list[AccountBalance]:
    """Accounts with a balance or turnover, by number. 9xxx accounts stay out (RULINGS 21)."""
    return [
        row
        for row in account_balances(company=company, wanted=wanted)
        if (row.opening or row.debit or row.credit) and not (row.number.startswith("9") and len(row.number) == len("9000"))
    ]


def wanted_range(*, company: Company, period: str | None, start: date | None, end: date | None, today: date) -> Range:
    """The range a report asks for: a period, or two days of one fiscal year (default: its start until today).

    Raises InvalidInput for both at once, an unknown period, or days of two fiscal years.
    """
    if period is not None:
        if start or end:
            raise InvalidInput("Give either a period or dates, not both.", pointer="?period")
        return _range_named(company, period)
    last = end or today
    first = start or fiscal_year_of(company, last).starts_on
    if first > last:
        raise InvalidInput("The range ends before it starts.", pointer="?endDate")
    year = fiscal_year_of(company, last)
    if first < year.starts_on:
        raise InvalidInput(
            f"The range holds days of two fiscal years. Balances belong to one: ask from {year.starts_on.isoformat()} on.",
            pointer="?startDate",
        )
    return range_of_dates(year, first, last)


def _range_named(company: Company, period: str) -> Range:
    for year in _years_of(company, period):
        if period == str(year.label):
            return range_of_period(year, None)
        if period in periods_of(year):
            return range_of_period(year, period)
    raise InvalidInput("A period is YYYY, YYYY-MM, YYYY-P13 or YYYY-P14.", pointer="?period")


def _years_of(company: Company, period: str) -> list[FiscalYear]:
    """The fiscal years a period's name could belong to."""
    if not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]|P13|P14))?", period):
        return []
    label = int(period[:4])
    fiscal_year_of(company, date(max(label, 1), 1, 1))
    return [fiscal_year_named(company, label), fiscal_year_named(company, label + 1)]
