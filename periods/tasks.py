"""Background work of periods: noticing that nobody approved a request in time."""

from typing import Final

from celery import shared_task

from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import all_company_ids, company_transaction, current_company
from periods.closing import expire_lock_requests

EXPIRE_TASK: Final = "periods.expire_lock_requests"


@shared_task(name=EXPIRE_TASK)  # type: ignore[untyped-decorator]  # Celery ships no types
def expire_all_lock_requests() -> int:
    """Mark overdue requests of every company and mail those who asked; how many there were. May run twice: an expired one is left alone."""
    expired = 0
    for company_id in all_company_ids():
        with company_transaction(company_id, actor=system_actor("LedgerLou", "task")):
            expired += len(expire_lock_requests(company=current_company(company_id), now=clock.now()))
    return expired
