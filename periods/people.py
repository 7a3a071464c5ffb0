"""Who asks for locks and who approves them: members of the company whose role counts today."""

from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Membership
from ledgerlou.companies.roles import APPROVING_ROLES


def active_members(*, company: Company, today: date) -> QuerySet[Membership]:
    """Memberships in force today of people who can sign in; the last day of a membership is included."""
    in_force = Q(valid_until=None) | Q(valid_until__gte=today)
    return Membership.objects.of(company).filter(in_force, person__is_active=True)


def people_who_may_approve(*, company: Company, today: date) -> set[UUID]:
    """Active people whose role in the company, in force today, allows them to approve a lock."""
    members = active_members(company=company, today=today).filter(role__in=APPROVING_ROLES)
    return set(members.values_list("person_id", flat=True))
