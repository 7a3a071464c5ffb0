"""Background work of accounting: tidying up after uploads that were not kept."""

import logging
from datetime import timedelta
from typing import Final

from celery import shared_task

from accounting.services.documents import remove_unreferenced_files
from ledgerlou import clock
from ledgerlou.companies.context import all_company_ids, company_transaction

logger = logging.getLogger(__name__)
_LEFT_ALONE_FOR: Final = timedelta(days=1)  # no transaction lasts that long


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
