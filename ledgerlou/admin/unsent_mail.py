"""Mail to people of this company that the mail server does not take."""

from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from ledgerlou.admin.request import Visit
from ledgerlou.admin.waiting import MOST, SHOWN, Waiting, WaitingRow
from ledgerlou.companies.models.people import Membership, OutgoingMail
from ledgerlou.companies.services.delivery import MAX_ATTEMPTS

WRITE: Final = "admin"


def mail_that_fails(visit: Visit) -> Waiting | None:
    """Mail that was tried in vain, newest first, for those who manage people. Mail has no company: its recipients have.

    The index over unsent mail is short, so this reads a handful of rows.
    """
    if not visit.may(WRITE):
        return None
    people = Membership.objects.of(visit.company).values("person__email")
    failing = OutgoingMail.objects.filter(sent_at=None, attempts__gt=0, recipient__in=people).order_by("-created_at", "-id")[:MOST]
    mails = list(failing.only("recipient", "subject", "attempts", "purpose"))
    return Waiting(
        title=_("Mail that could not be sent"),
        count=len(mails),
        address=reverse("admin:companies_membership_changelist"),
        icon="unsubscribe",
        rows=[_row(mail) for mail in mails[:SHOWN]],
        is_grave=True,
    )


def _row(mail: OutgoingMail) -> WaitingRow:
    tried = _("given up after %(count)s attempts") if mail.attempts >= MAX_ATTEMPTS else _("attempts so far: %(count)s")
    return WaitingRow(
        title=mail.recipient, remark=tried % {"count": mail.attempts}, address=reverse("admin:companies_membership_changelist")
    )
