"""Background work of companies: sending the mail that waits."""

from typing import Final
from uuid import UUID

from celery import shared_task

from ledgerlou import clock
from ledgerlou.companies.services.delivery import send_next_mail
from ledgerlou.companies.services.mail import SEND_TASK

_MAILS_PER_RUN: Final = 200


@shared_task(name=SEND_TASK)  # type: ignore[untyped-decorator]  # Celery ships no types
def send_waiting_mail() -> int:
    """Send what waits, each mail in a transaction of its own; how many were tried. May run twice and side by side."""
    tried: set[UUID] = set()
    while len(tried) < _MAILS_PER_RUN:
        mail_id = send_next_mail(now=clock.now(), skip=tried)
        if mail_id is None:
            break
        tried.add(mail_id)
    return len(tried)
