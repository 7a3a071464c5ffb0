"""Verifications that people ask for: a row first, a worker that recomputes the books, and the result in the row."""

import logging
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, connection, transaction
from kombu.exceptions import OperationalError

from accounting.verify import verify_books
from accounting.verify_findings import BookFault, BooksReport
from accounting.verify_source import books_snapshot
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.verification import MAX_ATTEMPTS, VerificationRun
from ledgerlou.errors import WrongState

logger = logging.getLogger(__name__)

VERIFY_TASK: Final = "accounting.verify_company"
_MESSAGE_EXPIRES_SECONDS: Final = 300  # the scheduler looks for unfinished verifications anyway
_TEXT_LENGTH: Final = 300
_ERROR_LENGTH: Final = 200
_GAVE_UP: Final = f"{MAX_ATTEMPTS} workers began and none came to an end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """The report of a verification with what the report does not know: who asked, when, whether document files were read."""

    report: BooksReport
    asked_by: str
    started_at: datetime
    finished_at: datetime
    with_files: bool = True


@transaction.atomic(savepoint=False)
def ask_for_verification(*, company: Company, actor: Actor, now: datetime) -> VerificationRun:
    """Have the company's books recomputed by a worker. Raises WrongState while a verification waits or runs."""
    try:
        with transaction.atomic():
            run = VerificationRun.objects.create(company=company, asked_by=actor.label, asked_at=now)
    except IntegrityError as error:  # two people, or two clicks
        if "verification_one_at_a_time" not in str(error):
            raise
        raise WrongState("A verification is under way already. Its result appears here.") from error
    call_worker(company_id=company.id, run_id=run.id)
    return run


def call_worker(*, company_id: UUID, run_id: UUID) -> None:
    """Tell a worker after the commit. When the broker is away the scheduler's next look does it."""

    def send() -> None:
        try:
            current_app.send_task(
                VERIFY_TASK,
                kwargs={"company_id": str(company_id), "run_id": str(run_id)},
                retry=False,
                expires=_MESSAGE_EXPIRES_SECONDS,
            )
        except (OperationalError, OSError) as fault:
            logger.warning("the broker cannot be reached, a verification waits for the scheduler: %s", fault)

    transaction.on_commit(send, robust=True)


@transaction.atomic(savepoint=False)
def begin_verification(*, company_id: UUID, run_id: UUID, now: datetime) -> bool:
    """Take a verification on. Not where it has a result, where another worker is on it, or where three workers died of it."""
    run = VerificationRun.objects.of(company_id).select_for_update().filter(id=run_id, finished_at=None).first()
    if run is None:
        return False
    if not _is_alone_with(run_id):
        return False
    if run.attempts >= MAX_ATTEMPTS:
        run.finished_at, run.error = now, _GAVE_UP
        run.save(update_fields=["finished_at", "error"])
        return False
    run.started_at, run.attempts = now, run.attempts + 1
    run.save(update_fields=["started_at", "attempts"])
    return True


def recompute(*, company_id: UUID, run_id: UUID) -> BooksReport | None:
    """Recompute the books in a view of their own; None when another worker is doing just that. Opens its own transaction."""
    with books_snapshot(company_id), connection.cursor() as cursor:
        return verify_books(cursor, company_id=company_id) if _is_alone_with(run_id) else None


@transaction.atomic(savepoint=False)
def keep_result(*, company_id: UUID, run_id: UUID, report: BooksReport, now: datetime) -> None:
    """Write what was found, unless another worker was quicker."""
    run = VerificationRun.objects.of(company_id).select_for_update().filter(id=run_id, finished_at=None).first()
    if run is not None:
        for field, value in _result(report).items():
            setattr(run, field, value)
        run.finished_at = now
        run.save(update_fields=[*_result(report), "finished_at"])


@transaction.atomic(savepoint=False)
def keep_failure(*, company_id: UUID, run_id: UUID, error: Exception, now: datetime) -> None:
    """Write why there is no result, unless another worker has one."""
    run = VerificationRun.objects.of(company_id).select_for_update().filter(id=run_id, finished_at=None).first()
    if run is not None:
        run.finished_at, run.error = now, f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]
        run.save(update_fields=["finished_at", "error"])


@transaction.atomic(savepoint=False)
def record_verification(*, company_id: UUID, verified: Verified) -> VerificationRun:
    """Keep the result of a verification that nobody asked for on a page: `manage.py verify`."""
    return VerificationRun.objects.create(
        company_id=company_id,
        asked_by=verified.asked_by,
        asked_at=verified.started_at,
        started_at=verified.started_at,
        attempts=1,
        finished_at=verified.finished_at,
        with_files=verified.with_files,
        **_result(verified.report),
    )


def unfinished_verification(*, company_id: UUID) -> UUID | None:
    """The verification of this company that waits or runs, if there is one."""
    return VerificationRun.objects.of(company_id).filter(finished_at=None).values_list("id", flat=True).first()


def _is_alone_with(run_id: UUID) -> bool:
    """Whether nobody else is at this verification. Held until the transaction ends, so a worker that was killed holds nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledgerlou verification {run_id}"])
        [alone] = cursor.fetchone() or [False]
    return bool(alone)


def _result(report: BooksReport) -> dict[str, Any]:
    return {
        "line_count": report.events,
        "fault_count": sum(report.fault_counts.values()),
        "faults": [_fault(fault) for fault in report.faults],
        "head_hash": report.head_hash,
        "seconds": Decimal(str(report.seconds)),
    }


def _fault(fault: BookFault) -> dict[str, object]:
    return {
        "kind": fault.kind,
        "place": fault.place[:_TEXT_LENGTH],
        "stored": None if fault.stored is None else fault.stored[:_TEXT_LENGTH],
        "recomputed": None if fault.recomputed is None else fault.recomputed[:_TEXT_LENGTH],
        "journal_number": fault.journal_number,
    }
