"""Background work of accounting: tidying up after uploads that were not kept, and recomputing books that somebody wants verified."""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError

from accounting.services.documents import remove_unreferenced_files
from accounting.services.verification import (
    VERIFY_TASK,
    begin_verification,
    call_worker,
    keep_failure,
    keep_result,
    recompute,
    unfinished_verification,
)
from ledgerlou import clock
from ledgerlou.companies.context import all_company_ids, company_transaction

logger = logging.getLogger(__name__)
_LEFT_ALONE_FOR: Final = timedelta(days=1)  # no transaction lasts that long
_VERIFY_LIMIT_SECONDS: Final = 50 * 60  # below the hour after which Valkey hands an unconfirmed message to another worker


@shared_task(name="accounting.sweep_unreferenced_files")  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep_unreferenced_files() -> int:
    """Delete files of more than a day that no document names, company by company; how many. May run twice and side by side."""
    before = clock.now() - _LEFT_ALONE_FOR
    total = 0
    for company_id in all_company_ids():
        with company_transaction(company_id):
            removed = remove_unreferenced_files(company_id=company_id, before=before)
        if removed:
            logger.info("removed %d unreferenced files of company %s", removed, company_id)
        total += removed
    return total


@shared_task(name=VERIFY_TASK, time_limit=_VERIFY_LIMIT_SECONDS)  # type: ignore[untyped-decorator]  # Celery ships no types
def verify_company(*, company_id: str, run_id: str) -> None:
    """Carry out one verification that somebody asked for. May run twice and side by side: one result is kept."""
    company, run = UUID(company_id), UUID(run_id)
    with company_transaction(company):
        is_ours = begin_verification(company_id=company, run_id=run, now=clock.now())
    if not is_ours:
        return
    try:
        report = recompute(company_id=company, run_id=run)
    except (DatabaseError, OSError) as error:
        with company_transaction(company):
            keep_failure(company_id=company, run_id=run, error=error, now=clock.now())
        raise
    if report is not None:
        with company_transaction(company):
            keep_result(company_id=company, run_id=run, report=report, now=clock.now())


@shared_task(name="accounting.resume_verifications")  # type: ignore[untyped-decorator]  # Celery ships no types
def resume_verifications() -> int:
    """Call a worker for every verification without a result: its message, or the worker that had it, may be gone; how many."""
    resumed = 0
    for company_id in all_company_ids():
        with company_transaction(company_id):
            run_id = unfinished_verification(company_id=company_id)
            if run_id is not None:
                call_worker(company_id=company_id, run_id=run_id)
                resumed += 1
    return resumed
