"""Mails about locks: both people know what was asked, until when, and how it ended. Each is written in the language of its reader.

Only members whose role counts today get one. A mail holds no secret: its link leads to the page of the period, behind the sign-in.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import translation

from accounting.wording import period_name
from ledgerlou import clock
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Person
from ledgerlou.companies.roles import APPROVING_ROLES
from ledgerlou.companies.services.mail import queue_mail
from periods.models import LockRequest
from periods.people import active_members

PERIOD_PATH: Final = "/admin/periods/period/"  # the back office's page of a period; a test compares it with the real one


def tell_lock_requested(*, company: Company, request: LockRequest, now: datetime) -> None:
    """Ask everybody who may approve to look at the request, and confirm it to the person who made it."""
    for person in _readers(company, {request.requested_by_person_id}, with_approvers=True, now=now):
        is_own = person.id == request.requested_by_person_id
        _queue("period_lock_asked" if is_own else "period_lock_requested", company=company, request=request, person=person, now=now)


def tell_lock_approved(*, company: Company, request: LockRequest, now: datetime) -> None:
    """Send the closing hash to both people: kept outside the books, it shows later that nothing was changed."""
    both = {request.requested_by_person_id, request.decided_by_person_id}
    for person in _readers(company, both, with_approvers=False, now=now):
        _queue("period_locked", company=company, request=request, person=person, now=now)


def tell_lock_cancelled(*, company: Company, request: LockRequest, now: datetime) -> None:
    """Tell the person who asked and those who were asked that nothing is to be approved any more; who withdrew it knows."""
    for person in _readers(company, {request.requested_by_person_id}, with_approvers=True, now=now):
        if person.id != request.decided_by_person_id:
            _queue("period_lock_cancelled", company=company, request=request, person=person, now=now)


def tell_lock_expired(*, company: Company, request: LockRequest, now: datetime) -> None:
    """Tell the person who asked that nobody approved in time, and that the period takes bookings again."""
    for person in _readers(company, {request.requested_by_person_id}, with_approvers=False, now=now):
        _queue("period_lock_expired", company=company, request=request, person=person, now=now)


def period_link(period: str) -> str:
    """The address of the page of a period."""
    return f"{settings.BASE_URL}{PERIOD_PATH}{period}/"


def _readers(company: Company, people: Iterable[UUID | None], *, with_approvers: bool, now: datetime) -> list[Person]:
    """These people as far as they still belong to the company, and everybody who may approve; in a fixed order."""
    wanted = Q(person_id__in=[person_id for person_id in people if person_id])
    if with_approvers:
        wanted |= Q(role__in=APPROVING_ROLES)
    members = active_members(company=company, today=clock.legal_day(now)).filter(wanted)
    return [member.person for member in members.select_related("person").order_by("person__email")]


def _queue(template: str, *, company: Company, request: LockRequest, person: Person, now: datetime) -> None:
    period = request.period
    with translation.override(person.language):
        name = period_name(period.period)
    context: dict[str, object] = {
        "name": person.name,
        "company": company.name,
        "period": name,
        "asked_by": request.requested_by,
        "asked_at": request.created_at,
        "until": request.expires_at,
        "note": request.note,
        "decided_by": request.decided_by,
        "is_soft_locked": period.status == "soft_locked",
        "closing_hash": period.closing_hash or "",
        "link": period_link(period.period),
    }
    queue_mail(recipient=person.email, template=template, language=person.language, context=context, now=now)
