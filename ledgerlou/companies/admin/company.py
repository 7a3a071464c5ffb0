"""The company itself."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ledgerlou.admin.base import ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.companies.models.company import Company


@admin.register(Company, site=site)
class CompanyPage(ReadOnlyAdmin):
    """One page: the company at hand. The others are a switch away."""

    read_scope = "config:read"

    def get_queryset(self, request: CompanyRequest) -> QuerySet[Model]:
        """This company alone."""
        rows: QuerySet[Model] = self.model._default_manager.filter(pk=request.company.pk)
        return rows

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A list of one is its page."""
        return HttpResponseRedirect(reverse("admin:companies_company_change", args=[request.company.pk]))

    def trail(self, row: Model | None = None) -> list[tuple[str, str | None]]:
        """There is no list above it."""
        return [(_("Company"), reverse("admin:companies_company_changelist"))]

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Address and tax, chart and year."""
        if not isinstance(row, Company):
            return []
        address: list[tuple[str, object]] = [
            (_("Name"), row.name),
            (_("Legal form"), row.legal_form),
            (_("Street"), row.street),
            (_("Postal code and city"), f"{row.postal_code} {row.city}".strip()),
            (_("Country"), row.country),
            (_("Tax number"), row.tax_number),
            (_("VAT id"), row.vat_id),
        ]
        books: list[tuple[str, object]] = [
            (_("Standard chart"), row.get_chart_display()),
            (_("First month of the fiscal year"), row.fiscal_year_start_month),
            (_("VAT return"), row.get_vat_period_display()),
            (_("Small business (§ 19 UStG)"), row.is_small_business),
            (_("Language of documents"), row.get_locale_display()),
            (_("Opened"), row.created_at),
        ]
        return [Section(title=_("Company"), facts=address), Section(title=_("Books"), facts=books)]
