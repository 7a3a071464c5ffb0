"""Mails that wait to be sent: a row in the transaction that causes them, so that none is lost and none is sent for nothing."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from celery import current_app
from django.db import transaction
from django.template.loader import render_to_string
from kombu.exceptions import OperationalError

from ledgerlou.companies.models.people import MailPurpose, OutgoingMail

logger = logging.getLogger(__name__)

SEND_TASK: Final = "companies.send_waiting_mail"
_WAKE_UP_EXPIRES_SECONDS: Final = 300  # the scheduler looks for waiting mail every minute anyway
_SUBJECT_LENGTH: Final = 200


def queue_mail(
    *, recipient: str, template: str, language: str, context: Mapping[str, object], now: datetime, reply_to: str = ""
) -> OutgoingMail:
    """Write a mail from `templates/email/<template>.<language>.txt` and have it sent once this transaction is committed."""
    subject, body = rendered(template=template, language=language, context=context)
    mail = OutgoingMail.objects.create(recipient=recipient, subject=subject, body=body, reply_to=reply_to, created_at=now)
    wake_sender()
    return mail


def queue_password_reset(*, recipient: str, now: datetime) -> OutgoingMail:
    """Note that a reset was asked for. Who that is, if anybody, is looked up when it is sent: asking looks the same for every address."""
    mail = OutgoingMail.objects.create(
        recipient=recipient, purpose=MailPurpose.PASSWORD_RESET, subject="", body="", reply_to="", created_at=now
    )
    wake_sender()
    return mail


def rendered(*, template: str, language: str, context: Mapping[str, object]) -> tuple[str, str]:
    """Subject (the template's first line) and body (the rest). All texts but `message` become one line, so that none enters a header."""
    lines = {key: _one_line(value) if isinstance(value, str) and key != "message" else value for key, value in context.items()}
    subject, _, body = render_to_string(f"email/{template}.{language}.txt", lines).partition("\n")
    return _one_line(subject)[:_SUBJECT_LENGTH], body.strip() + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def wake_sender() -> None:
    """Tell a worker after the commit. When the broker is away the mail goes out with the scheduler's next look."""
    transaction.on_commit(_send_wake_up, robust=True)


def _send_wake_up() -> None:
    try:
        current_app.send_task(SEND_TASK, retry=False, expires=_WAKE_UP_EXPIRES_SECONDS)
    except (OperationalError, OSError) as fault:
        logger.warning("the broker cannot be reached, mail waits for the scheduler: %s", fault)
