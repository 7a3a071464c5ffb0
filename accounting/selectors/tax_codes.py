"""Tax codes as people choose them."""

from django.db.models import QuerySet

from accounting.models.tax_code import TaxCode
from ledgerlou.companies.models.company import Company


def tax_codes_of(*, company: Company, include_inactive: bool = False) -> QuerySet[TaxCode]:
    """The codes of the chart in the order in which people look for them, then the company's own, oldest first."""
    codes = TaxCode.objects.of(company).order_by("-is_system", "id")
    return codes if include_inactive else codes.filter(is_active=True)
