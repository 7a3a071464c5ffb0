"""Hands waiting mail over to the mail server, one at a time, with growing pauses after failures."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core.mail import BadHeaderError, EmailMessage
from django.db import transaction
from django.db.models import Q

from ledgerlou.companies.models.people import MailPurpose, OutgoingMail
from ledgerlou.companies.services.mail import rendered
from ledgerlou.companies.services.passwords import RESET_IS_VALID, has_fresh_token, issue_password_token, password_link
from ledgerlou.companies.services.people import active_person

logger = logging.getLogger(__name__)

# The k-th attempt comes 2**k - 1 minutes after the mail was written: at once, 1, 3, 7 ... minutes, the last one after 17 hours.
MAX_ATTEMPTS: Final = 11
# What a mail server or a header that cannot be written raises; anything else is a fault of ours and ends the task.
_FAILURES: Final = (OSError, BadHeaderError, UnicodeError)


def is_waiting(mail: OutgoingMail | None) -> bool:
    """Whether a mail will still be tried without anybody doing anything."""
    return mail is not None and mail.sent_at is None and mail.attempts < MAX_ATTEMPTS


@transaction.atomic(savepoint=False)
def send_next_mail(*, now: datetime, skip: Collection[UUID] = ()) -> UUID | None:
    """Send the oldest mail that is due and that no other worker holds; its id, or nothing when none is due.

    A failure is noted in the row and tried again later. `skip` names the mails already tried in this run. A worker that is killed
    between the hand-over and its commit leaves the mail to be sent once more; it is never lost.
    """
    due = OutgoingMail.objects.filter(_due(now), sent_at=None).exclude(id__in=skip)
    mail = due.select_for_update(skip_locked=True).order_by("created_at", "id").first()
    if mail is None:
        return None
    try:
        with transaction.atomic():  # a link whose mail did not leave is forgotten with it
            mail.last_error = _hand_over(mail, now=now)
    except _FAILURES as error:
        mail.attempts += 1
        mail.last_error = f"{type(error).__name__}: {error}"[:200]
        logger.warning("mail %s was not sent, attempt %d of %d: %s", mail.id, mail.attempts, MAX_ATTEMPTS, type(error).__name__)
        mail.save(update_fields=["attempts", "last_error"])
        return mail.id
    mail.attempts += 1
    mail.sent_at = now
    mail.body = ""  # it may hold a link that sets a password
    mail.save(update_fields=["attempts", "last_error", "sent_at", "body"])
    return mail.id


def _due(now: datetime) -> Q:
    waiting = Q()
    for attempts in range(MAX_ATTEMPTS):
        waiting |= Q(attempts=attempts, created_at__lte=now - timedelta(minutes=2**attempts - 1))
    return waiting


def _hand_over(mail: OutgoingMail, *, now: datetime) -> str:
    """Give the mail to the mail server. Returns a remark for the row when there was nothing to send."""
    subject, body = mail.subject, mail.body
    if mail.purpose == MailPurpose.PASSWORD_RESET:
        person = active_person(email=mail.recipient)
        if person is None:
            return "not sent: nobody signs in with this address"
        if has_fresh_token(person=person, now=now):
            return "not sent: a link is on its way already"
        link = password_link(issue_password_token(person=person, valid_for=RESET_IS_VALID, now=now))
        subject, body = rendered(template="password_reset", language=person.language, context={"name": person.name, "link": link})
    message = EmailMessage(
        subject=subject,
        body=body,
        to=[mail.recipient],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834, section 5: no out-of-office replies, please
    )
    message.send()
    return ""
