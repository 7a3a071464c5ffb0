"""What periods a company has and how each stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounting.closing_digest import booking_counts
from ledgerlou import clock
from ledgerlou.companies.models.company import Company
from periods.board import period_names
from periods.gate import fiscal_year_named, fiscal_year_of
from periods.locks import fiscal_year_of_period, is_adjustment
from periods.models import OPENING, LockRequest, LockRequestStatus, Period, PeriodStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodSummary:
    """A period in the list. `period_number` is 0 for a month, 13 or 14 for an adjustment period; `closing_hash` is set by the hard lock."""

    period: str
    status: str = PeriodStatus.OPEN
    period_number: int
    booking_count: int
    locked_by: str | None = None
    locked_at: datetime | None = None
    closing_hash: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LockStatus:
    """How a period stands, and the request to lock it where one is pending."""

    period: str
    status: str
    locked_by: str | None
    locked_at: datetime | None
    closing_hash: str | None
    has_pending_request: bool
    request_id: UUID | None
    requested_by: str | None
    created_at: datetime | None
    expires_at: datetime | None


def list_periods(*, company: Company, now: datetime, counted: Collection[str] | None = None) -> list[PeriodSummary]:
    """The months of every fiscal year the company has touched and of the running one, oldest first, each year followed by P13 and P14.

    Adjustment periods are there once their fiscal year has begun. Opening entries count in no month. With `counted` only the bookings of
    these periods are counted, and the others show none.
    """
    today = clock.legal_day(now)
    rows = {row.period: row for row in Period.objects.of(company).exclude(kind=OPENING)}
    labels = {row.fiscal_year for row in rows.values()} | {fiscal_year_of(company, today).label}
    counts = booking_counts(company_id=company.id, periods=counted)
    return [
        _summary(name, rows.get(name), counts.get(name, 0))
        for label in sorted(labels)
        for name in period_names(fiscal_year_named(company, label), today=today)
    ]


def lock_status(*, company: Company, period: str, now: datetime) -> LockStatus:
    """Whether somebody has asked to lock a period, who, and how the period stands. Raises InvalidInput."""
    fiscal_year_of_period(company, period)
    row = Period.objects.of(company).filter(period=period).first()
    pending = LockRequest.objects.of(company).filter(period__period=period, status=LockRequestStatus.PENDING, expires_at__gt=now).first()
    return LockStatus(
        period=period,
        status=row.status if row else PeriodStatus.OPEN,
        locked_by=row.locked_by if row else None,
        locked_at=row.locked_at if row else None,
        closing_hash=row.closing_hash if row else None,
        has_pending_request=pending is not None,
        request_id=pending.id if pending else None,
        requested_by=pending.requested_by if pending else None,
        created_at=pending.created_at if pending else None,
        expires_at=pending.expires_at if pending else None,
    )


def _summary(name: str, row: Period | None, booking_count: int) -> PeriodSummary:
    if row is None:
        return PeriodSummary(period=name, period_number=int(name[-2:]) if is_adjustment(name) else 0, booking_count=booking_count)
    return PeriodSummary(
        period=name,
        status=row.status,
        period_number=row.period_number,
        booking_count=booking_count,
        locked_by=row.locked_by,
        locked_at=row.locked_at,
        closing_hash=row.closing_hash,
    )
