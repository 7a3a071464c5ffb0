"""The hard lock of a period (Festschreibung) with four eyes: request, approval, cancellation (RULINGS 18 to 20)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounting.closing_digest import closing_digest
from accounting.posting import lock_journal
from accounting.sealing import FIRST_PREV_HASH
from ledgerlou import clock
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import Forbidden, InvalidInput, LedgerLouError, NotFound
from periods.checklist import checked_answers, digest_of, earlier_open_period, findings_of, kept_digest
from periods.locks import period_under_lock
from periods.mails import tell_lock_approved, tell_lock_cancelled, tell_lock_expired, tell_lock_requested
from periods.models import LockRequest, LockRequestStatus, Period, PeriodStatus
from periods.people import people_who_may_approve as people_who_may_approve

NOTE_LENGTH: Final = 2000

REQUEST_IS_VALID: Final = timedelta(hours=48)


class LockRequestPending(LedgerLouError):
    """A request to lock this period waits for its approval."""

    code, http_status, title = "LOCK_REQUEST_PENDING", 409, "A lock request is pending"


class RequestNotPending(LedgerLouError):
    """The request was approved or cancelled before."""

    code, http_status, title = "REQUEST_NOT_PENDING", 409, "The lock request is decided already"


class RequestExpired(LedgerLouError):
    """The request was not approved within 48 hours."""

    code, http_status, title = "REQUEST_EXPIRED", 409, "The lock request has expired"


class SelfApprovalDenied(LedgerLouError):
    """Four eyes: who asked for the lock does not approve it while somebody else could."""

    code, http_status, title = "SELF_APPROVAL_DENIED", 403, "Somebody else has to approve"


class EarlierPeriodOpen(LedgerLouError):
    """Periods are locked for good in order; an earlier one is not yet."""

    code, http_status, title = "EARLIER_PERIOD_OPEN", 409, "An earlier period is not locked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What the person who asks for a lock says about the period: the questions of its checklist they tick, and a note to the approver."""

    answers: Collection[str] = ()
    note: str = ""


@transaction.atomic(savepoint=False)
def request_lock(*, company: Company, actor: Actor, period: str, now: datetime, statement: Statement | None = None) -> LockRequest:
    """Ask for a period to be locked for good. Until the request is decided or 48 hours are over, the period takes no bookings.

    What the books say about the period, the statement and the digest are kept with the request. The person and everybody who may approve
    get a mail. Raises InvalidInput, NotFound, Forbidden, PeriodAlreadyLocked, LockRequestPending, EarlierPeriodOpen.
    """
    if actor.person_id is None:
        raise Forbidden("A lock is requested by a person, not by the system.")
    said = statement or Statement()
    if len(said.note) > NOTE_LENGTH:
        raise InvalidInput(f"The note has more than {NOTE_LENGTH} characters. Shorten it.", pointer="/note")
    answers = checked_answers(company=company, period=period, answers=said.answers)
    row = period_under_lock(company=company, period=period, now=now)
    expire_lock_requests(company=company, now=now)
    waiting = LockRequest.objects.of(company).filter(status=LockRequestStatus.PENDING, period=row).first()
    if waiting is not None:
        raise LockRequestPending(
            f"{waiting.requested_by} has asked to lock period {period}. Approve or cancel that request.",
            request_id=waiting.id,
            requested_by=waiting.requested_by,
            expires_at=waiting.expires_at,
        )
    _require_order(company, row)
    digest = digest_of(company=company, period=period)
    findings = findings_of(company=company, period=period, digest=digest)
    request = LockRequest.objects.create(
        company=company,
        period=row,
        requested_by_person_id=actor.person_id,
        requested_by=actor.label,
        created_at=now,
        expires_at=now + REQUEST_IS_VALID,
        checklist={"answers": answers, "findings": [finding.as_json() for finding in findings]},
        note=said.note,
        digest=kept_digest(company=company, digest=digest),
    )
    tell_lock_requested(company=company, request=request, now=now)
    return request


@transaction.atomic(savepoint=False)
def approve_lock(*, company: Company, actor: Actor, period: str, request_id: UUID, now: datetime) -> LockRequest:
    """Lock a period for good and seal its bookings with a closing hash, chained to the period locked before. Cannot be undone.

    Approved by a person who may approve and who is not the one who asked; the only such person of a company may approve their own request.
    Both get a mail with the closing hash.
    Raises NotFound, RequestNotPending, RequestExpired, SelfApprovalDenied, Forbidden, EarlierPeriodOpen.
    """
    lock_journal(company_id=company.id)
    request = _request(company, period=period, request_id=request_id)
    if request is None:
        raise NotFound(f"There is no such request to lock period {period}.", pointer="{request_id}")
    _require_pending(request, now=now)
    _require_approver(company, actor, request, today=clock.legal_day(now))
    _require_order(company, request.period)
    _decide(request, status=LockRequestStatus.APPROVED, actor=actor, now=now)
    _seal(company, request.period, by=actor.label, now=now)
    tell_lock_approved(company=company, request=request, now=now)
    return request


@transaction.atomic(savepoint=False)
def cancel_lock_request(*, company: Company, actor: Actor, period: str, request_id: UUID, now: datetime) -> LockRequest:
    """Withdraw a pending request; the period takes bookings again unless it is soft-locked. Those who knew of it get a mail.

    Raises NotFound when no such request is pending.
    """
    lock_journal(company_id=company.id)
    request = _request(company, period=period, request_id=request_id)
    if request is None or request.status != LockRequestStatus.PENDING or request.expires_at <= now:
        raise NotFound(f"There is no such pending request to lock period {period}.", pointer="{request_id}")
    _decide(request, status=LockRequestStatus.CANCELLED, actor=actor, now=now)
    tell_lock_cancelled(company=company, request=request, now=now)
    return request


@transaction.atomic(savepoint=False)
def expire_lock_requests(*, company: Company, now: datetime) -> list[LockRequest]:
    """Mark the requests whose 48 hours are over, and mail those who asked. They refused nothing any more since their time was over."""
    overdue = LockRequest.objects.of(company).filter(status=LockRequestStatus.PENDING, expires_at__lte=now).select_related("period")
    expired = list(overdue.order_by("created_at", "id"))
    LockRequest.objects.of(company).filter(id__in=[request.id for request in expired]).update(
        status=LockRequestStatus.EXPIRED, decided_at=now
    )
    for request in expired:
        request.status, request.decided_at = LockRequestStatus.EXPIRED, now
        tell_lock_expired(company=company, request=request, now=now)
    return expired


def _request(company: Company, *, period: str, request_id: UUID) -> LockRequest | None:
    return LockRequest.objects.of(company).filter(id=request_id, period__period=period).select_related("period").first()


def _require_pending(request: LockRequest, *, now: datetime) -> None:
    overdue = request.status == LockRequestStatus.PENDING and request.expires_at <= now
    if overdue or request.status == LockRequestStatus.EXPIRED:
        raise RequestExpired("The request was not approved within 48 hours. Ask for the lock again.", expired_at=request.expires_at)
    if request.status != LockRequestStatus.PENDING:
        raise RequestNotPending(f"The request was {request.status} by {request.decided_by}.", request_status=request.status)


def _require_approver(company: Company, actor: Actor, request: LockRequest, *, today: date) -> None:
    may_approve = people_who_may_approve(company=company, today=today)
    if actor.person_id == request.requested_by_person_id and may_approve != {actor.person_id}:
        raise SelfApprovalDenied(
            "The lock is approved by someone other than the person who asked for it.", requested_by=request.requested_by
        )
    if actor.person_id not in may_approve:
        raise Forbidden("Locks are approved by owners, administrators and accountants.")


def _require_order(company: Company, period: Period) -> None:
    earlier = earlier_open_period(company=company, period=period.period)
    if earlier is not None:
        raise EarlierPeriodOpen(f"Lock period {earlier} first: periods are locked in order.", period=earlier)


def _decide(request: LockRequest, *, status: LockRequestStatus, actor: Actor, now: datetime) -> None:
    request.status, request.decided_by_person_id, request.decided_by, request.decided_at = status, actor.person_id, actor.label, now
    request.save(update_fields=["status", "decided_by_person", "decided_by", "decided_at"])


def _seal(company: Company, period: Period, *, by: str, now: datetime) -> None:
    """Lock the period; the database recomputes the hash and its place in the chain before it believes them."""
    closed = Period.objects.of(company)
    position = closed.aggregate(last=Max("closing_position"))["last"] or 0
    before = closed.filter(closing_position=position).first() if position else None
    period.closing_prev_hash = (before and before.closing_hash) or FIRST_PREV_HASH
    period.closing_hash = closing_digest(company_id=company.id, period=period.period).closing_hash(period.closing_prev_hash)
    period.closing_position = position + 1
    period.status, period.locked_by, period.locked_at = PeriodStatus.LOCKED, by, now
    period.save(update_fields=["status", "locked_by", "locked_at", "closing_hash", "closing_prev_hash", "closing_position"])
