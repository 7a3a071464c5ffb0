"""The board of the fiscal years: each period with its state, its bookings, and what is still to be done in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from accounting.closing_digest import booking_counts
from accounting.selectors.month_checks import Days
from ledgerlou import clock
from ledgerlou.companies.models.company import Company
from periods.checklist import days_of
from periods.gate import FiscalYear, fiscal_year_named, fiscal_year_of
from periods.locks import has_begun, is_adjustment
from periods.models import OPENING, LockRequest, LockRequestStatus, Period, PeriodStatus
from periods.open_work import OpenWork, open_work_of

YEARS_SHOWN: Final = 3


class PeriodState(StrEnum):
    """How a period stands for people: a lock that was asked for is a state of its own."""

    OPEN = "open"
    SOFT_LOCKED = "soft_locked"
    REQUESTED = "requested"
    LOCKED = "locked"


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardPeriod:
    """A tile. `is_due` marks a month with bookings that good practice has closed by now: by the end of the following month (GoBD).

    `row` is missing for months that nobody has touched.
    """

    days: Days
    row: Period | None
    state: PeriodState
    request: LockRequest | None
    booking_count: int
    open_work: Sequence[OpenWork]
    is_now: bool
    is_ahead: bool
    is_due: bool

    @property
    def period(self) -> str:
        """The period's name in addresses and in the interface."""
        return self.days.period


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardYear:
    """A fiscal year with its months in order, and its adjustment periods once it has begun."""

    year: FiscalYear
    periods: Sequence[BoardPeriod]

    @property
    def months_locked(self) -> int:
        """How many of its twelve months are locked for good."""
        return sum(1 for tile in self.periods if tile.state == PeriodState.LOCKED and not is_adjustment(tile.period))

    @property
    def booking_count(self) -> int:
        """Its bookings, opening entries left out."""
        return sum(tile.booking_count for tile in self.periods)


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """Some fiscal years, newest first; `older` and `newer` name the last year of the neighbouring pages.

    `waiting` are the requests that wait for their approval, of these years or others, by period.
    """

    years: Sequence[BoardYear]
    waiting: Mapping[str, LockRequest]
    older: int | None
    newer: int | None


def period_board(*, company: Company, now: datetime, until: int | None = None) -> Board:
    """The three fiscal years that end with `until`, or the newest ones. A fixed number of statements, however many periods and bookings."""
    today = clock.legal_day(now)
    rows = {row.period: row for row in Period.objects.of(company).exclude(kind=OPENING)}  # fourteen for each year
    labels = {row.fiscal_year for row in rows.values()} | {fiscal_year_of(company, today).label}
    known = [fiscal_year_named(company, label) for label in sorted(labels, reverse=True)]
    wanted = [year for year in known if until is None or year.label <= until] or known
    shown = wanted[:YEARS_SHOWN]
    place = known.index(shown[0])
    names = {year.label: period_names(year, today=today) for year in shown}
    periods = [name for part in names.values() for name in part]
    counts = booking_counts(company_id=company.id, periods=periods)
    waiting = pending_requests(company=company, now=now)
    spans = {name: days_of(company=company, period=name) for name in periods}
    # nothing can be done any more in a locked month, nor yet in one that is to come
    workable = [span for name, span in spans.items() if span.first <= today and not _is_locked(rows.get(name))]
    work = open_work_of(company=company, spans=workable)
    tiles = {
        name: _tile(span, rows.get(name), request=waiting.get(name), booking_count=counts.get(name, 0), work=work, today=today)
        for name, span in spans.items()
    }
    return Board(
        years=[BoardYear(year=year, periods=[tiles[name] for name in names[year.label]]) for year in shown],
        waiting=waiting,
        older=wanted[YEARS_SHOWN].label if len(wanted) > YEARS_SHOWN else None,
        newer=known[max(place - YEARS_SHOWN, 0)].label if place else None,
    )


def period_names(year: FiscalYear, *, today: date) -> list[str]:
    """The periods of a fiscal year that are listed: its months, and P13 and P14 once it has begun."""
    adjustments = [f"{year.label}-P13", f"{year.label}-P14"] if has_begun(year, today=today) else []
    return [f"{month:%Y-%m}" for month in year.months()] + adjustments


def pending_requests(*, company: Company, now: datetime) -> dict[str, LockRequest]:
    """The requests to lock that wait for their approval, by period, in the order of the periods."""
    waiting = LockRequest.objects.of(company).filter(status=LockRequestStatus.PENDING, expires_at__gt=now).exclude(period__kind=OPENING)
    return {row.period.period: row for row in waiting.select_related("period").order_by("period__starts_on", "period__sequence", "id")}


def state_of(row: Period | None, request: LockRequest | None) -> PeriodState:
    """How a period stands, with the request that waits for it, if any."""
    if row is not None and row.status == PeriodStatus.LOCKED:
        return PeriodState.LOCKED
    if request is not None:
        return PeriodState.REQUESTED
    return PeriodState.SOFT_LOCKED if row is not None and row.status == PeriodStatus.SOFT_LOCKED else PeriodState.OPEN


def _is_locked(row: Period | None) -> bool:
    return row is not None and row.status == PeriodStatus.LOCKED


def _tile(
    days: Days, row: Period | None, *, request: LockRequest | None, booking_count: int, work: Mapping[str, Sequence[OpenWork]], today: date
) -> BoardPeriod:
    state, is_month = state_of(row, request), not is_adjustment(days.period)
    end_of_following = date(days.last.year + (days.last.month + 1) // 12, (days.last.month + 1) % 12 + 1, 1)
    return BoardPeriod(
        days=days,
        row=row,
        state=state,
        request=request,
        booking_count=booking_count,
        open_work=work.get(days.period, ()),
        is_now=is_month and days.first <= today <= days.last,
        is_ahead=days.first > today,
        is_due=is_month and booking_count > 0 and state != PeriodState.LOCKED and today >= end_of_following,
    )
