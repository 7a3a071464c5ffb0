"""Templates of recurring bookings as people pick them."""

from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from accounting.models.booking_template import BookingTemplate, BookingTemplateLine
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import NotFound
from ledgerlou.money import ZERO


def templates_of(*, company: Company) -> QuerySet[BookingTemplate]:
    """The templates in use by name, each with `total`, the sum of its debit lines."""
    found = BookingTemplate.objects.of(company).filter(is_active=True)
    return found.annotate(total=Coalesce(Sum("lines__debit"), ZERO)).order_by("sort_key", "id")


def template_with_lines(*, company: Company, template_id: UUID) -> tuple[BookingTemplate, list[BookingTemplateLine]]:
    """A template in use and its lines in order. Raises NotFound, also for one that is switched off."""
    template = BookingTemplate.objects.of(company).filter(id=template_id, is_active=True).first()
    if template is None:
        raise NotFound("There is no such recurring booking.", template_id=template_id)
    return template, list(BookingTemplateLine.objects.of(company).filter(template=template).order_by("position"))
