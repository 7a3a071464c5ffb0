"""What happened to a period, and who did it: soft locks and reopenings from the audit history, requests and decisions from their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry
from periods.models import LockRequest, LockRequestStatus, Period, PeriodStatus

MAX_REQUESTS: Final = 50
MAX_CHANGES: Final = 200


class Happening(StrEnum):
    """One kind of step in the life of a period."""

    SOFT_LOCKED = "soft_locked"
    REOPENED = "reopened"
    REQUESTED = "requested"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryLine:
    """One step: when, who, and what. Nobody makes a request expire."""

    at: datetime
    who: str
    what: Happening
    request: LockRequest | None = None


_DECISIONS: Final = {
    LockRequestStatus.APPROVED: Happening.APPROVED,
    LockRequestStatus.CANCELLED: Happening.CANCELLED,
    LockRequestStatus.EXPIRED: Happening.EXPIRED,
}
_CHANGES: Final = {PeriodStatus.SOFT_LOCKED: Happening.SOFT_LOCKED, PeriodStatus.OPEN: Happening.REOPENED}


def requests_of(*, company: Company, row: Period) -> list[LockRequest]:
    """The requests to lock a period, newest first."""
    return list(LockRequest.objects.of(company).filter(period=row).select_related("period").order_by("-created_at", "-id")[:MAX_REQUESTS])


def history_of(*, company: Company, row: Period, requests: Sequence[LockRequest], now: datetime) -> list[HistoryLine]:
    """Everything that happened to a period, newest first. Bookings are not part of it; each has its own moment in the journal."""
    entries = AuditEntry.objects.filter(company_id=company.id, table_name=Period._meta.db_table, row_id=str(row.id), action="update")
    lines = [
        HistoryLine(at=entry.at, who=entry.actor, what=_CHANGES[status])
        for entry in entries.order_by("-id")[:MAX_CHANGES]
        if (status := (entry.new or {}).get("status")) in _CHANGES
    ]
    for request in requests:
        lines += _lines_of(request, now)
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _lines_of(request: LockRequest, now: datetime) -> Iterator[HistoryLine]:
    yield HistoryLine(at=request.created_at, who=request.requested_by, what=Happening.REQUESTED, request=request)
    if request.status in _DECISIONS:
        at = request.expires_at if request.status == LockRequestStatus.EXPIRED else request.decided_at or request.expires_at
        yield HistoryLine(at=at, who=request.decided_by, what=_DECISIONS[LockRequestStatus(request.status)], request=request)
    elif request.expires_at <= now:  # nobody has noticed yet
        yield HistoryLine(at=request.expires_at, who="", what=Happening.EXPIRED, request=request)
