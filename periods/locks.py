"""The provisional close of a period (soft lock), its release, and what every lock has in common."""

import re
from datetime import date, datetime
from typing import Final

from django.db import transaction

from accounting.posting import lock_journal
from ledgerlou import clock
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import InvalidInput, LedgerLouError, NotFound
from periods.gate import FiscalYear, ensure_fiscal_years, existing_periods, fiscal_year_named, fiscal_year_of
from periods.models import Period, PeriodStatus

PERIOD_POINTER: Final = "{period}"
_PERIOD: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2]|P13|P14)", re.ASCII)


class PeriodAlreadyLocked(LedgerLouError):
    """The period is locked for good; nothing changes it any more."""

    code, http_status, title = "PERIOD_ALREADY_LOCKED", 409, "The period is locked for good"


class PeriodAlreadySoftLocked(LedgerLouError):
    """The period is closed provisionally already."""

    code, http_status, title = "PERIOD_ALREADY_SOFT_LOCKED", 409, "The period is soft-locked already"


class PeriodIrreversible(LedgerLouError):
    """A hard lock (Festschreibung) is never taken off."""

    code, http_status, title = "PERIOD_IRREVERSIBLE", 409, "A hard lock cannot be taken off"


@transaction.atomic(savepoint=False)
def soft_lock_period(*, company: Company, actor: Actor, period: str, now: datetime) -> Period:
    """Close a period provisionally: postings are refused, and it can be reopened. A pending lock request stays as it is.

    Raises InvalidInput, NotFound, PeriodAlreadySoftLocked, PeriodAlreadyLocked.
    """
    row = period_under_lock(company=company, period=period, now=now)
    if row.status == PeriodStatus.SOFT_LOCKED:
        raise PeriodAlreadySoftLocked(f"Period {period} was soft-locked by {row.locked_by}.", period=period)
    row.status, row.locked_by, row.locked_at = PeriodStatus.SOFT_LOCKED, actor.label, now
    row.save(update_fields=["status", "locked_by", "locked_at"])
    return row


@transaction.atomic(savepoint=False)
def reopen_period(*, company: Company, period: str) -> Period:
    """Take a soft lock off; the audit history keeps who did it. A pending lock request goes on refusing postings until it is decided.

    Raises InvalidInput when the period is open (also when nothing was ever done in it), PeriodIrreversible when it is locked for good.
    """
    fiscal_year_of_period(company, period)
    lock_journal(company_id=company.id)
    row = Period.objects.of(company).filter(period=period).first()
    if row is None or row.status == PeriodStatus.OPEN:
        raise InvalidInput(f"Period {period} is open already.", pointer=PERIOD_POINTER)
    if row.status == PeriodStatus.LOCKED:
        raise PeriodIrreversible(f"Period {period} is locked for good. Post the correction into the next open period.", period=period)
    row.status, row.locked_by, row.locked_at = PeriodStatus.OPEN, None, None
    row.save(update_fields=["status", "locked_by", "locked_at"])
    return row


def period_under_lock(*, company: Company, period: str, now: datetime) -> Period:
    """The period as it stands once nobody posts any more: the company's posting lock is held until the transaction ends.

    Months that no one has touched yet are made, and adjustment periods of every fiscal year that has begun (RULINGS 18).
    Raises InvalidInput, NotFound, PeriodAlreadyLocked.
    """
    year = fiscal_year_of_period(company, period)
    if is_adjustment(period) and not has_begun(year, today=clock.legal_day(now)):
        raise NotFound(f"There is no period {period}: the fiscal year has not begun.", pointer=PERIOD_POINTER)
    if not existing_periods(company_id=company.id, periods=[period]):
        ensure_fiscal_years(company=company, days=[year.starts_on])  # before the lock: two who make the same rows wait for each other
    lock_journal(company_id=company.id)
    row = Period.objects.of(company).get(period=period)
    if row.status == PeriodStatus.LOCKED:
        raise PeriodAlreadyLocked(f"Period {period} was locked for good by {row.locked_by}.", period=period)
    return row


def fiscal_year_of_period(company: Company, period: str) -> FiscalYear:
    """The fiscal year of a month or adjustment period. Raises InvalidInput for anything that names none or lies in no plausible year."""
    named = _PERIOD.fullmatch(period)
    if named is None:
        raise InvalidInput("A period is written YYYY-MM, YYYY-P13 or YYYY-P14.", pointer=PERIOD_POINTER)
    year, part = max(int(named[1]), 1), named[2]  # year 0 is no year of the calendar
    try:
        if not is_adjustment(period):
            return fiscal_year_of(company, date(year, int(part), 1))
        fiscal_year_of(company, date(year, 1, 1))
        return fiscal_year_named(company, year)
    except InvalidInput as implausible:
        raise InvalidInput(f"There are no books for {period}. Give a plausible year.", pointer=PERIOD_POINTER) from implausible


def is_adjustment(period: str) -> bool:
    """Whether a well-formed period is an adjustment period (P13, P14)."""
    return "P" in period


def has_begun(year: FiscalYear, *, today: date) -> bool:
    """Whether the fiscal year has begun, and with it its adjustment periods."""
    return year.starts_on <= today
