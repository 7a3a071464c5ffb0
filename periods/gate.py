"""May this date be booked? The lower floor of periods, asked by posting under the company's posting lock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from ledgerlou.companies.models.company import Company
from ledgerlou.errors import Fault, InvalidInput, LedgerLouError
from ledgerlou.ids import new_ids
from periods.models import ADJUSTMENT, MONTH, OPENING, Period

_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2100


class PeriodLocked(LedgerLouError):
    """The period of the booking takes no bookings: soft-locked, locked for good, or waiting for a lock to be approved."""

    code, http_status, title = "PERIOD_LOCKED", 400, "The period takes no bookings"


@dataclass(frozen=True, kw_only=True, slots=True)
class FiscalYear:
    """A fiscal year (Wirtschaftsjahr) of a company; `label` is the calendar year in which it ends."""

    label: int
    starts_on: date
    ends_on: date

    @property
    def opening_period(self) -> str:
        """The inner period of the opening entries."""
        return f"{self.label}-00"

    @property
    def last_month_starts_on(self) -> date:
        """First day of the last month, where adjustment periods begin."""
        return self.ends_on.replace(day=1)

    def months(self) -> list[date]:
        """First days of the twelve months, in order."""
        return [_add_months(self.starts_on, offset) for offset in range(12)]


def fiscal_year_of(company: Company, day: date) -> FiscalYear:
    """The fiscal year that holds a day. Raises InvalidInput for a year that no books are kept for (typing errors such as 0206)."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise InvalidInput(f"{day.isoformat()} is not a plausible booking date. Give a year from {_FIRST_YEAR} to {_LAST_YEAR}.")
    start_month = company.fiscal_year_start_month
    start_year = day.year if day.month >= start_month else day.year - 1
    return _fiscal_year(start_year, start_month)


def fiscal_year_named(company: Company, label: int) -> FiscalYear:
    """The fiscal year that ends in the calendar year `label`."""
    start_month = company.fiscal_year_start_month
    return _fiscal_year(label if start_month == 1 else label - 1, start_month)


def period_of(company: Company, *, day: date, adjustment_period: int | None = None, opening: bool = False) -> str:
    """The period a booking belongs to. Raises InvalidInput when an adjustment period does not fit the date (RULINGS 18)."""
    if opening:
        return fiscal_year_of(company, day).opening_period
    if adjustment_period is None:
        fiscal_year_of(company, day)
        return f"{day.year:04d}-{day.month:02d}"
    year = fiscal_year_of(company, day)
    if day < year.last_month_starts_on:
        message = (
            f"Adjustment period {adjustment_period} takes bookings of the last month of the fiscal year only: "
            f"{year.last_month_starts_on.isoformat()} to {year.ends_on.isoformat()}."
        )
        raise InvalidInput(message, pointer="/adjustment_period")
    return f"{year.label}-P{adjustment_period}"


def ensure_fiscal_years(*, company: Company, days: Iterable[date]) -> None:
    """Make the period rows of the fiscal years that hold these days, where they are missing: twelve months, 00, P13, P14."""
    rows: list[tuple[object, ...]] = []
    for year in sorted({fiscal_year_of(company, day) for day in days}, key=lambda year: year.label):
        rows += _rows_of(year)
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO periods_period (id, company_id, period, kind, fiscal_year, sequence, starts_on, ends_on, governed_by, status) "
            "SELECT t.id, %s, t.period, t.kind, t.fiscal_year, t.sequence, t.starts_on, t.ends_on, t.governed_by, 'open' "
            "FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::int[], %s::date[], %s::date[], %s::text[]) "
            "AS t (id, period, kind, fiscal_year, sequence, starts_on, ends_on, governed_by) "
            "ON CONFLICT (company_id, period) DO NOTHING",
            [company.id, new_ids(len(rows)), *[list(column) for column in columns]],
        )


def existing_periods(*, company_id: UUID, periods: Iterable[str]) -> set[str]:
    """Which of these periods have rows."""
    return set(Period.objects.of(company_id).filter(period__in=set(periods)).values_list("period", flat=True))


# One statement for all periods of a posting, run after taking the posting lock: each period that has a row, the period whose lock
# decides, and why it takes no bookings (null when it does).
PERIOD_STATES_SQL: Final = """
    SELECT p.period, g.period,
           CASE WHEN g.status <> 'open' THEN g.status
                WHEN EXISTS (SELECT FROM periods_lockrequest r WHERE r.company_id = p.company_id AND r.period_id = g.id
                                AND r.status = 'pending' AND r.expires_at > clock_timestamp()) THEN 'lock_request_pending' END
      FROM periods_period p JOIN periods_period g ON g.company_id = p.company_id AND g.period = p.governed_by
     WHERE p.company_id = %(company)s AND p.period = ANY (%(periods)s)
     ORDER BY p.period
"""

_REASONS: Final = {
    "soft_locked": "is soft-locked. Reopen it, post, and lock it again",
    "locked": "is locked for good. Post into the next open period",
    "lock_request_pending": "waits for a lock to be approved. Cancel the request or post into another period",
}


def refuse_closed(states: Iterable[tuple[str, str, str | None]]) -> None:
    """Raise PeriodLocked for the first closed period, naming all of them."""
    rows = [(governing, reason) for _, governing, reason in states if reason is not None]
    if not rows:
        return
    faults = [
        Fault(pointer="/booking_date", code=PeriodLocked.code, message=f"Period {governing} {_REASONS[reason]}.")
        for governing, reason in rows
    ]
    governing, reason = rows[0]
    raise PeriodLocked(faults[0].message, faults=faults, period=governing, reason=reason)


def require_open(*, company: Company, periods: Iterable[str]) -> None:
    """Refuse when one of the periods takes no bookings. Call it after the posting lock is held (architecture 3.4)."""
    with connection.cursor() as cursor:
        cursor.execute(PERIOD_STATES_SQL, {"company": company.id, "periods": sorted(set(periods))})
        refuse_closed(cursor.fetchall())


def _fiscal_year(start_year: int, start_month: int) -> FiscalYear:
    starts_on = date(start_year, start_month, 1)
    ends_on = _add_months(starts_on, 12) - timedelta(days=1)
    return FiscalYear(label=ends_on.year, starts_on=starts_on, ends_on=ends_on)


def _add_months(first_of_month: date, months: int) -> date:
    index = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _rows_of(year: FiscalYear) -> list[tuple[object, ...]]:
    first = f"{year.starts_on:%Y-%m}"
    rows: list[tuple[object, ...]] = [(year.opening_period, OPENING, year.label, 0, year.starts_on, year.ends_on, first)]
    for sequence, month in enumerate(year.months(), start=1):
        name = f"{month:%Y-%m}"
        rows.append((name, MONTH, year.label, sequence, month, _add_months(month, 1) - timedelta(days=1), name))
    for sequence in (13, 14):
        name = f"{year.label}-P{sequence}"
        rows.append((name, ADJUSTMENT, year.label, sequence, year.last_month_starts_on, year.ends_on, name))
    return rows
